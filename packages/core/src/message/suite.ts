/**
 * Constants of the AWS Encryption SDK message format 2.0 and algorithm suite 0x0478
 * (aws-encryption-sdk-specification: data-format/message-header.md, data-format/message-body.md,
 * framework/algorithm-suites.md).
 */

export const FORMAT_VERSION = 2

/** AES-256-GCM, HKDF-SHA-512 with key commitment, no signature. */
export const SUITE_ID = 0x0478

/** The same with an ECDSA signature, the AWS Encryption SDK's default. Read where the application allows it. */
export const SIGNED_SUITE_ID = 0x0578

/**
 * The suites of message format 1.0, whose messages are `version 01, type 80, suite(2), message id(16), context …`.
 * None has key commitment, and none is ever opened.
 */
export const UNCOMMITTED = {
  version: 1,
  type: 0x80,
  suiteIds: [0x0014, 0x0046, 0x0078, 0x0114, 0x0146, 0x0178, 0x0214, 0x0346, 0x0378],
  suiteOffset: 2,
  contextOffset: 20,
} as const

/** What keyrings are asked for: the length of the data key. */
export const DATA_KEY_BYTES = 32
export const MESSAGE_ID_BYTES = 32
export const COMMITMENT_BYTES = 32
export const IV_BYTES = 12
export const TAG_BYTES = 16

export const CIPHER = 'aes-256-gcm'

export const ContentType = { UNFRAMED: 1, FRAMED: 2 } as const

/** Where a frame's sequence number would stand, says that the frame is the last. */
export const FINAL_FRAME = 0xffffffff

/** Offset of the message id: after the version (1) and the suite (2). */
export const MESSAGE_ID_OFFSET = 3
/** Offset of the encryption context's length. */
export const CONTEXT_OFFSET = MESSAGE_ID_OFFSET + MESSAGE_ID_BYTES
