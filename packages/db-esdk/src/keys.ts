import { createCipheriv } from 'node:crypto'
import { copyBytes, copyLatin1, Hmac } from '@dynaseal/core/formats'

/** Bytes of every key here: data key, intermediate key, and what is derived from them. */
export const KEY_BYTES = 32
export const MESSAGE_ID_BYTES = 32
const NONCE_BYTES = 12

/** HKDF's last block counter: no key here is longer than one block of SHA-512, so it is the only one. */
const COUNTER = Buffer.of(1)
const WRAP = infoOf('AWS_MPL_INTERMEDIATE_KEYWRAP_ENC')
const SIGN = infoOf('AWS_MPL_INTERMEDIATE_KEYWRAP_MAC')
// The message id stands between label and counter.
const COMMIT = infoOf('AWS_DBE_COMMIT_KEY', MESSAGE_ID_BYTES)
const ENCRYPT = infoOf('AWS_DBE_DERIVE_KEY', MESSAGE_ID_BYTES)
const LABEL_BYTES = COMMIT.length - MESSAGE_ID_BYTES - COUNTER.length

function infoOf(label: string, room = 0): Buffer {
  return Buffer.concat([Buffer.from(label, 'latin1'), Buffer.alloc(room), COUNTER])
}

const extraction = new Hmac(KEY_BYTES)
const expansionOfItem = new Hmac(COMMIT.length)
const expansionOfRecipient = new Hmac(WRAP.length)
/** No salt is all zeros, as what a key lacks to a block of HMAC: so the extraction has none. */
const NO_KEY = new Uint8Array(KEY_BYTES)
/** HKDF's pseudorandom key: HMAC takes words, and gives bytes. */
const pseudorandomKey = new Uint32Array(16)
const pseudorandomBytes = Buffer.from(pseudorandomKey.buffer)

/**
 * HKDF with SHA-512 and no salt (RFC 5869) for two keys, which share the extraction. `hkdfSync` does one key in several
 * times as long.
 *
 * @param expansion its messages are as long as the two infos
 */
function deriveTwo(
  inputKey: Uint8Array,
  expansion: Hmac,
  [firstInfo, secondInfo]: readonly [Buffer, Buffer],
  first: Buffer,
  second: Buffer,
): void {
  try {
    extraction.setMessage(inputKey)
    copyLatin1(pseudorandomBytes, extraction.digest())
    expansion.setKey(pseudorandomKey)
    expansion.setMessage(firstInfo)
    copyLatin1(first, expansion.digest())
    expansion.setMessage(secondInfo)
    copyLatin1(second, expansion.digest())
  } finally {
    extraction.setMessage(NO_KEY)
    extraction.clear()
    expansion.clear()
    pseudorandomKey.fill(0)
  }
}

/** Keys of the item that is sealed or opened at the moment. */
const commit = Buffer.allocUnsafeSlow(KEY_BYTES)
const root = Buffer.allocUnsafeSlow(KEY_BYTES)

/**
 * Does something with the keys that a data key gives for the item with a message id, and zeroes them.
 *
 * @param use neither awaits nor keeps them
 */
export function withItemKeys<T>(
  dataKey: Uint8Array,
  messageId: Uint8Array,
  use: (commit: Uint8Array, root: Uint8Array) => T,
): T {
  try {
    COMMIT.set(messageId, LABEL_BYTES)
    ENCRYPT.set(messageId, LABEL_BYTES)
    deriveTwo(dataKey, expansionOfItem, ITEM_INFOS, commit, root)
    return use(commit, root)
  } finally {
    commit.fill(0)
    root.fill(0)
  }
}

const ITEM_INFOS = [COMMIT, ENCRYPT] as const
const RECIPIENT_INFOS = [WRAP, SIGN] as const

/** Fills in what an intermediate key gives: the key that wraps the data key, and that of the recipient's tag. */
export function expandIntermediateKey(intermediateKey: Uint8Array, wrap: Buffer, sign: Buffer): void {
  deriveTwo(intermediateKey, expansionOfRecipient, RECIPIENT_INFOS, wrap, sign)
}

/** First counter block of the stream that attributes have their keys from; the last four bytes count. */
const FIRST_BLOCK = Buffer.concat([
  Buffer.from('AwsDbeField', 'latin1'),
  Buffer.from([KEY_BYTES + NONCE_BYTES, 0, 0, 0, 0]),
])
/** A key and a nonce take 44 bytes of three blocks. */
const BYTES_PER_FIELD = 48
const ZEROS = Buffer.alloc(50 * BYTES_PER_FIELD)

/** Key and nonce of each encrypted attribute, one after the other. All are one stretch of key stream. */
export class FieldKeys {
  readonly #stream: Buffer
  #position = 0
  /** Those of the attribute that it has come to. */
  readonly key = fieldKey
  readonly nonce = fieldNonce

  constructor(root: Uint8Array, count: number) {
    const length = count * BYTES_PER_FIELD
    const zeros = length <= ZEROS.length ? ZEROS.subarray(0, length) : Buffer.alloc(length)
    this.#stream = createCipheriv('aes-256-ctr', root, FIRST_BLOCK).update(zeros)
  }

  next(): void {
    copyBytes(fieldKey, this.#stream, this.#position)
    copyBytes(fieldNonce, this.#stream, this.#position + KEY_BYTES)
    this.#position += BYTES_PER_FIELD
  }

  zero(): void {
    this.#stream.fill(0)
    fieldKey.fill(0)
    fieldNonce.fill(0)
  }
}

/** Copies, since a view of the stream for each attribute takes longer to make. */
const fieldKey = Buffer.alloc(KEY_BYTES)
const fieldNonce = Buffer.alloc(NONCE_BYTES)
