import { createCipheriv } from 'node:crypto'
import { hmac } from './hmac.js'

/** Bytes of every key here: data key, intermediate key, and what is derived from them. */
export const KEY_BYTES = 32
export const MESSAGE_ID_BYTES = 32
const NONCE_BYTES = 12

const COMMIT = Buffer.from('AWS_DBE_COMMIT_KEY', 'latin1')
const ENCRYPT = Buffer.from('AWS_DBE_DERIVE_KEY', 'latin1')
const WRAP = Buffer.from('AWS_MPL_INTERMEDIATE_KEYWRAP_ENC', 'latin1')
const SIGN = Buffer.from('AWS_MPL_INTERMEDIATE_KEYWRAP_MAC', 'latin1')
const BEACON = Buffer.from('AWS_DBE_SCAN_BEACON', 'latin1')
const PARTITION = Buffer.from('dynaseal:db-esdk:v1:partition', 'latin1')
const FIRST_BLOCK = Buffer.from([1])
/** Bytes that are missing to a block of HMAC are zero, and so is all of the salt. */
const NO_SALT = new Uint8Array()

/** HKDF's pseudorandom key. Holds none between two calls. */
const pseudorandomKey = Buffer.allocUnsafeSlow(64)

/** HKDF with SHA-512 and no salt (RFC 5869): one block of output key material for each `info`. */
function expand(
  inputKey: Uint8Array,
  infos: readonly (readonly Uint8Array[])[],
  targets: readonly Buffer[],
): void {
  try {
    hmac('sha512', NO_SALT, [inputKey], pseudorandomKey)
    for (const [index, info] of infos.entries())
      hmac('sha512', pseudorandomKey, [...info, FIRST_BLOCK], targets[index]!)
  } finally {
    pseudorandomKey.fill(0)
  }
}

const BEACON_HMAC_KEY_BYTES = 64

/** What the beacons of a name are computed with. The caller zeroes it. */
export function beaconHmacKey(beaconKey: Uint8Array, name: string): Buffer {
  return hmacKey(beaconKey, [BEACON, Buffer.from(name, 'utf8')])
}

/** What the partition of an item is computed with. The caller zeroes it. */
export function partitionHmacKey(beaconKey: Uint8Array): Buffer {
  return hmacKey(beaconKey, [PARTITION])
}

function hmacKey(beaconKey: Uint8Array, info: readonly Uint8Array[]): Buffer {
  const key = Buffer.allocUnsafeSlow(BEACON_HMAC_KEY_BYTES)
  expand(beaconKey, [info], [key])
  return key
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
    expand(
      dataKey,
      [
        [COMMIT, messageId],
        [ENCRYPT, messageId],
      ],
      [commit, root],
    )
    return use(commit, root)
  } finally {
    commit.fill(0)
    root.fill(0)
  }
}

/** Fills in what an intermediate key gives: the key that wraps the data key, and that of the recipient's tag. */
export function expandIntermediateKey(intermediateKey: Uint8Array, wrap: Buffer, sign: Buffer): void {
  expand(intermediateKey, [[WRAP], [SIGN]], [wrap, sign])
}

/** First counter block of the stream that attributes have their keys from; the last four bytes count. */
const COUNTER = Buffer.concat([
  Buffer.from('AwsDbeField', 'latin1'),
  Buffer.from([KEY_BYTES + NONCE_BYTES, 0, 0, 0, 0]),
])
/** A key and a nonce take 44 bytes of three blocks. */
const BYTES_PER_FIELD = 48
const ZEROS = Buffer.alloc(50 * BYTES_PER_FIELD)

/** Key and nonce of each encrypted attribute, by its number among them. All are one stretch of key stream. */
export class FieldKeys {
  readonly #stream: Buffer

  constructor(root: Uint8Array, count: number) {
    const length = count * BYTES_PER_FIELD
    const zeros = length <= ZEROS.length ? ZEROS.subarray(0, length) : Buffer.alloc(length)
    this.#stream = createCipheriv('aes-256-ctr', root, COUNTER).update(zeros)
  }

  key(index: number): Buffer {
    const start = index * BYTES_PER_FIELD
    return this.#stream.subarray(start, start + KEY_BYTES)
  }

  nonce(index: number): Buffer {
    const start = index * BYTES_PER_FIELD + KEY_BYTES
    return this.#stream.subarray(start, start + NONCE_BYTES)
  }

  zero(): void {
    this.#stream.fill(0)
  }
}
