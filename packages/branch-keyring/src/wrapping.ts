import { createCipheriv, createDecipheriv, hash, randomFillSync } from 'node:crypto'
import { BranchKeyError } from './errors.js'

/** The provider id of the hierarchical keyring. */
export const PROVIDER_ID = 'aws-kms-hierarchy'

/** Bytes of a branch key, and of the key that is derived from it for one data key. */
export const KEY_BYTES = 32

// aws-encryption-sdk-specification, framework/aws-kms/aws-kms-hierarchical-keyring.md, "Ciphertext":
// salt, IV, version, encrypted key, authentication tag.
const SALT = 16
const IV = 12
const VERSION = 16
const TAG = 16
const HEAD = SALT + IV + VERSION
const OVERHEAD = HEAD + TAG

const CIPHER = 'aes-256-gcm'
const PROVIDER = Buffer.from(PROVIDER_ID)
const LENGTH_IN_BITS = Buffer.from([0, 0, 1, 0])
/** What the key derivation is given before the salt: the counter, the label and the separator. */
const DERIVATION = Buffer.from([0, 0, 0, 1, ...PROVIDER, 0])

const BLOCK_BYTES = 64
const INNER_PAD = 0x36
const OUTER_PAD = 0x5c
/** What is hashed, the padded key first. Holds no key between two calls. */
const inner = Buffer.concat([Buffer.alloc(BLOCK_BYTES), DERIVATION, Buffer.alloc(SALT), LENGTH_IN_BITS])
const outer = Buffer.alloc(BLOCK_BYTES + KEY_BYTES)

/** What a data key is wrapped under, and bound to. */
export interface Wrapping {
  readonly secret: Uint8Array
  readonly branchKeyId: string
  /** The 16 bytes of the version's UUID. */
  readonly version: Uint8Array
  /** The encryption context as the specification serializes it. */
  readonly context: Uint8Array
}

/** The encrypted data key, 60 bytes longer than the data key. */
export function wrap(dataKey: Uint8Array, { secret, branchKeyId, version, context }: Wrapping): Uint8Array {
  const wrapped = Buffer.allocUnsafeSlow(OVERHEAD + dataKey.byteLength)
  randomFillSync(wrapped, 0, SALT + IV)
  wrapped.set(version, SALT + IV)
  const key = derive(secret, wrapped.subarray(0, SALT))
  const cipher = createCipheriv(CIPHER, key, wrapped.subarray(SALT, SALT + IV))
  cipher.setAAD(additionalData(branchKeyId, version, context))
  wrapped.set(cipher.update(dataKey), HEAD)
  cipher.final()
  wrapped.set(cipher.getAuthTag(), HEAD + dataKey.byteLength)
  key.fill(0)
  return wrapped
}

/**
 * The UUID of the version that an encrypted data key was wrapped under; undefined where it is none for a data key of
 * `length` bytes.
 */
export function wrappedUnder(encryptedDataKey: Uint8Array, length: number): string | undefined {
  if (encryptedDataKey.byteLength !== OVERHEAD + length) return undefined
  return uuidOf(encryptedDataKey.subarray(SALT + IV, HEAD))
}

/**
 * The data key, in memory of its own.
 *
 * @throws {BranchKeyError} `DATA_KEY_REFUSED`
 */
export function unwrap(
  encryptedDataKey: Uint8Array,
  { secret, branchKeyId, version, context }: Wrapping,
): Uint8Array {
  const key = derive(secret, encryptedDataKey.subarray(0, SALT))
  const decipher = createDecipheriv(CIPHER, key, encryptedDataKey.subarray(SALT, SALT + IV), {
    authTagLength: TAG,
  })
  decipher.setAAD(additionalData(branchKeyId, version, context))
  decipher.setAuthTag(encryptedDataKey.subarray(-TAG))
  const plaintext = decipher.update(encryptedDataKey.subarray(HEAD, -TAG))
  const dataKey = new Uint8Array(plaintext)
  plaintext.fill(0)
  key.fill(0)
  try {
    decipher.final()
    return dataKey
  } catch (cause) {
    dataKey.fill(0)
    throw new BranchKeyError(
      'DATA_KEY_REFUSED',
      `The encrypted data key does not open under version ${uuidOf(version)} of branch key ${JSON.stringify(branchKeyId)}: ` +
        'its bytes were changed, or the encryption context differs from the one it was wrapped with.',
      { cause },
    )
  }
}

/** The key for one data key: one block of the KDF in counter mode (NIST SP 800-108r1, 4.1) with HMAC-SHA-256. */
function derive(secret: Uint8Array, salt: Uint8Array): Buffer {
  const key = Buffer.allocUnsafeSlow(KEY_BYTES)
  try {
    // HMAC is written out (RFC 2104): one-shot hashes make no native object, which would take as long as all the rest.
    for (let index = 0; index < BLOCK_BYTES; index++) {
      const byte = index < secret.length ? secret[index]! : 0
      inner[index] = byte ^ INNER_PAD
      outer[index] = byte ^ OUTER_PAD
    }
    inner.set(salt, BLOCK_BYTES + DERIVATION.length)
    outer.write(hash('sha256', inner, 'binary'), BLOCK_BYTES, 'latin1')
    key.write(hash('sha256', outer, 'binary'), 'latin1')
    return key
  } finally {
    inner.fill(0, 0, BLOCK_BYTES)
    outer.fill(0)
  }
}

function additionalData(branchKeyId: string, version: Uint8Array, context: Uint8Array): Buffer {
  return Buffer.concat([PROVIDER, Buffer.from(branchKeyId, 'utf8'), version, context])
}

export function uuidOf(bytes: Uint8Array): string {
  const hex = Buffer.from(bytes).toString('hex')
  return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join('-')
}

export function uuidBytes(uuid: string): Buffer {
  return Buffer.from(uuid.replaceAll('-', ''), 'hex')
}
