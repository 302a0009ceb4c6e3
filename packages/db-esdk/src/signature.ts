import { createPublicKey, generateKeyPairSync, type KeyObject, sign, verify } from 'node:crypto'

/** Bytes of a signature in the footer: DER of other lengths is not written, and not accepted. */
export const SIGNATURE_BYTES = 103
/** Bytes of a P-384 point, compressed. */
const POINT_BYTES = 49
const COORDINATE_BYTES = 48

/** SubjectPublicKeyInfo of a compressed point on P-384, up to the point (RFC 5480). */
const COMPRESSED_KEY = Buffer.from('3046301006072a8648ce3d020106052b81040022033200', 'hex')
const HASH = 'sha384'

/** Signs one item: each has a key pair of its own. */
export class Signer {
  readonly #privateKey: KeyObject
  /** The public key as it stands in the encryption context: its compressed point in base64. */
  readonly publicKey: string

  constructor() {
    const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-384' })
    this.#privateKey = privateKey
    const point = publicKey.export({ type: 'spki', format: 'der' }).subarray(-2 * COORDINATE_BYTES)
    const compressed = Buffer.alloc(POINT_BYTES)
    compressed[0] = 2 + (point[2 * COORDINATE_BYTES - 1]! & 1)
    compressed.set(point.subarray(0, COORDINATE_BYTES), 1)
    this.publicKey = compressed.toString('base64')
  }

  /** Of the digest as a message, so that it is hashed once more. Every second signature or so has the right length. */
  sign(digest: Uint8Array): Buffer {
    for (;;) {
      const signature = sign(HASH, digest, { key: this.#privateKey, dsaEncoding: 'der' })
      if (signature.length === SIGNATURE_BYTES) return signature
    }
  }
}

/** The point of a public key as it stands in the encryption context; undefined where it is none. */
export function pointOf(publicKey: string | undefined): Buffer | undefined {
  if (publicKey === undefined) return undefined
  const point = Buffer.from(publicKey, 'base64')
  return point.length === POINT_BYTES && point.toString('base64') === publicKey ? point : undefined
}

/** Whether a signature is that of the digest. Never throws. */
export function isSignatureOf(digest: Uint8Array, signature: Uint8Array, point: Uint8Array): boolean {
  try {
    const key = createPublicKey({ key: Buffer.concat([COMPRESSED_KEY, point]), format: 'der', type: 'spki' })
    return verify(HASH, digest, { key, dsaEncoding: 'der' }, signature)
  } catch {
    return false
  }
}
