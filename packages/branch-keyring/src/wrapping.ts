import { createCipheriv, createDecipheriv, hash } from 'node:crypto'
import { BranchKeyError } from './errors.js'
import { fillRandom } from './randomness.js'

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
const SALT_START = BLOCK_BYTES + DERIVATION.length
/** What one data key is wrapped under. Zero between two calls. */
const key = Buffer.alloc(KEY_BYTES)
// Public parts of what is wrapped or unwrapped.
const iv = Buffer.alloc(IV)
const tag = Buffer.alloc(TAG)
const scratch = Buffer.alloc(1024)

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
  // Public, as all that is stored: it may share memory with other Buffers.
  const wrapped = Buffer.allocUnsafe(OVERHEAD + dataKey.byteLength)
  fillRandom(wrapped, 0, SALT + IV)
  wrapped.set(version, SALT + IV)
  copyBytes(iv, wrapped, SALT)
  try {
    derive(secret, wrapped)
    const cipher = createCipheriv(CIPHER, key, iv)
    cipher.setAAD(additionalData(branchKeyId, version, context))
    wrapped.set(cipher.update(dataKey), HEAD)
    cipher.final()
    wrapped.set(cipher.getAuthTag(), HEAD + dataKey.byteLength)
    return wrapped
  } finally {
    key.fill(0)
  }
}

/**
 * The UUID of the version that an encrypted data key was wrapped under; undefined where it is none for a data key of
 * `length` bytes.
 */
export function wrappedUnder(encryptedDataKey: Uint8Array, length: number): string | undefined {
  if (encryptedDataKey.byteLength !== OVERHEAD + length) return undefined
  if (!isLastVersion(encryptedDataKey)) {
    copyBytes(lastVersion, encryptedDataKey, SALT + IV)
    lastUuid = uuidOf(lastVersion)
  }
  return lastUuid
}

/** The version that was asked for last: most data keys are wrapped under the same, and its UUID takes longer to write than to know. */
const lastVersion = Buffer.alloc(VERSION)
let lastUuid = uuidOf(lastVersion)

function isLastVersion(encryptedDataKey: Uint8Array): boolean {
  for (let index = 0; index < VERSION; index++)
    if (encryptedDataKey[SALT + IV + index] !== lastVersion[index]) return false
  return true
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
  const keyEnd = encryptedDataKey.byteLength - TAG
  copyBytes(iv, encryptedDataKey, SALT)
  copyBytes(tag, encryptedDataKey, keyEnd)
  try {
    derive(secret, encryptedDataKey)
    const decipher = createDecipheriv(CIPHER, key, iv)
    decipher.setAAD(additionalData(branchKeyId, version, context))
    // All 16 bytes: Node.js would take shorter tags.
    decipher.setAuthTag(tag)
    const plaintext = decipher.update(encryptedDataKey.subarray(HEAD, keyEnd))
    const dataKey = new Uint8Array(plaintext)
    plaintext.fill(0)
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
  } finally {
    key.fill(0)
  }
}

/**
 * Fills in the key for one data key: one block of the KDF in counter mode (NIST SP 800-108r1, 4.1) with HMAC-SHA-256.
 *
 * @param wrapped begins with the salt
 */
function derive(secret: Uint8Array, wrapped: Uint8Array): void {
  try {
    // HMAC is written out (RFC 2104): one-shot hashes make no native object, which would take as long as all the rest.
    for (let index = 0; index < BLOCK_BYTES; index++) {
      const byte = index < secret.length ? secret[index]! : 0
      inner[index] = byte ^ INNER_PAD
      outer[index] = byte ^ OUTER_PAD
    }
    for (let index = 0; index < SALT; index++) inner[SALT_START + index] = wrapped[index]!
    copyLatin1(outer, BLOCK_BYTES, hash('sha256', inner, 'binary'))
    copyLatin1(key, 0, hash('sha256', outer, 'binary'))
  } finally {
    inner.fill(0, 0, BLOCK_BYTES)
    outer.fill(0)
  }
}

/** Fills `target`. For a few bytes: to make a view of them takes longer. */
function copyBytes(target: Buffer, source: Uint8Array, start: number): void {
  for (let index = 0; index < target.length; index++) target[index] = source[start + index]!
}

/** Bytes that are given as characters. */
function copyLatin1(target: Buffer, start: number, bytes: string): void {
  for (let index = 0; index < bytes.length; index++) target[start + index] = bytes.charCodeAt(index)
}

/** What the data key is bound to. Used before the next is made. */
function additionalData(branchKeyId: string, version: Uint8Array, context: Uint8Array): Buffer {
  const longest = PROVIDER.length + branchKeyId.length * 3 + version.length + context.length
  const bytes = longest <= scratch.length ? scratch : Buffer.allocUnsafe(longest)
  bytes.set(PROVIDER)
  let position = PROVIDER.length
  position += bytes.write(branchKeyId, position, 'utf8')
  bytes.set(version, position)
  position += version.length
  bytes.set(context, position)
  return bytes.subarray(0, position + context.length)
}

export function uuidOf(bytes: Uint8Array): string {
  const hex = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('hex')
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20)}`
}

export function uuidBytes(uuid: string): Buffer {
  return Buffer.from(uuid.replaceAll('-', ''), 'hex')
}
