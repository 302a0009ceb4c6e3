/** Deepest nesting of maps and lists inside one sealed value; a scalar or a set has depth 0. */
export const MAX_DEPTH = 32

/**
 * Longest message, in bytes, that is written or read. DynamoDB items end at 400 KB, so nothing that
 * was stored can be longer.
 */
export const MAX_MESSAGE_BYTES = 512 * 1024

/** Most encrypted data keys in one message: the replicas or wrapping keys of one data key. */
export const MAX_ENCRYPTED_DATA_KEYS = 32

/** Longest serialized encryption context, in bytes, without its own length field. */
export const MAX_CONTEXT_BYTES = 8192

/** Most pairs in an encryption context, the table's own pair included. */
export const MAX_CONTEXT_PAIRS = 64
