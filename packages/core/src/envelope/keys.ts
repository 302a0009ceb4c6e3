import { hash, hkdfSync } from 'node:crypto'
import { copyLatin1 } from '../bytes/copy.js'
import type { DataKey } from '../dataKeyCache/dataKey.js'
import { BLOCK_BYTES, HmacSha256 } from '../hmacSha256.js'
import type { EncryptionContext } from '../materials/context.js'
import { COMMITMENT_BYTES, MARKER, Shape } from './layout.js'

const HASH = 'sha256'
/** Of the root and of item keys, for AES-256. */
export const ITEM_KEY_BYTES = 32

const COMMIT_LABEL = Buffer.from('dynaseal:v2:commit', 'ascii')
const ENCRYPT_LABEL = Buffer.from('dynaseal:v2:encrypt', 'ascii')

/**
 * What goes into the KDF around the location: counter 1 and label before it, the length of the key in bits after it
 * (NIST SP 800-108 Rev. 1, 4.1).
 */
const BEFORE_LOCATION = Buffer.concat([
  Buffer.of(0, 0, 0, 1),
  Buffer.from('dynaseal:v2:item', 'ascii'),
  Buffer.of(0),
])
const AFTER_LOCATION = Buffer.of(0, 0, 1, 0)

/**
 * What is derived from a data key, once: the commitment to it, and the root that item keys come from. Both depend on
 * encryption context and encrypted data keys as well, so that whoever changes one of these has another key.
 */
export class EnvelopeKeys {
  readonly commitment: Buffer
  /** The envelope attribute: the same for all items under this data key. */
  readonly envelope: Buffer
  readonly #root: HmacSha256

  constructor(secret: Uint8Array, context: EncryptionContext, encryptedDataKeys: Uint8Array) {
    const binding = Buffer.from(hash(HASH, Buffer.concat([context.bytes, encryptedDataKeys])), 'hex')
    const derive = (label: Buffer, length: number) =>
      Buffer.from(hkdfSync(HASH, secret, '', Buffer.concat([label, binding]), length))
    this.commitment = derive(COMMIT_LABEL, COMMITMENT_BYTES)
    this.envelope = Buffer.concat([
      Buffer.of(...MARKER, Shape.ENVELOPE),
      context.tag,
      encryptedDataKeys,
      this.commitment,
    ])
    const root = derive(ENCRYPT_LABEL, ITEM_KEY_BYTES)
    this.#root = new HmacSha256(root)
    root.fill(0)
  }

  /**
   * The key of one item: one block of the KDF in counter mode of NIST SP 800-108, with HMAC-SHA-256.
   *
   * @param location the item's canonical location
   * @param key filled with it, 32 bytes
   */
  deriveItemKey(location: Uint8Array, key: Buffer): void {
    const length = BLOCK_BYTES + BEFORE_LOCATION.length + location.length + AFTER_LOCATION.length
    const message = messageOf(length)
    message.set(BEFORE_LOCATION, BLOCK_BYTES)
    message.set(location, BLOCK_BYTES + BEFORE_LOCATION.length)
    message.set(AFTER_LOCATION, length - AFTER_LOCATION.length)
    copyLatin1(key, this.#root.digest(message, 'binary'))
  }

  /** Takes the root out of memory; nothing can be derived after that. */
  zero(): void {
    this.#root.zero()
  }
}

/** The keys of a data key, derived when they are first asked for and zeroed with it. */
export function envelopeKeys(key: DataKey, context: EncryptionContext): EnvelopeKeys {
  const known = key.derived
  if (known instanceof EnvelopeKeys) return known
  return key.keep(new EnvelopeKeys(key.secret, context, key.encryptedDataKeys), keys => keys.zero())
}

/** What is hashed, with room for the padded root before it. Holds no key between two calls. */
const scratch = Buffer.allocUnsafeSlow(1024)
let message = scratch

/** The same view as before where it fits: keys of a table are often as long as one another, and views are garbage. */
function messageOf(length: number): Buffer {
  if (length > scratch.length) return Buffer.allocUnsafeSlow(length)
  if (message.length !== length) message = scratch.subarray(0, length)
  return message
}
