import { createPublicKey, generateKeyPairSync, type KeyObject, sign, verify } from 'node:crypto'

/** Bytes of a signature in the footer: DER of other lengths is not written, and not accepted. */
export const SIGNATURE_BYTES = 103
/** Bytes of a P-384 point, compressed. */
const POINT_BYTES = 49
const COORDINATE_BYTES = 48

/** SubjectPublicKeyInfo of a compressed point on P-384, up to the point (RFC 5480). */
const COMPRESSED_KEY = Buffer.from('3046301006072a8648ce3d020106052b81040022033200', 'hex')
const HASH = 'sha384'
const ORDER =
  0xffffffffffffffffffffffffffffffffffffffffffffffffc7634d81f4372ddf581a0db248b0a77aecec196accc52973n

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

  /** Of the digest as a message, so that it is hashed once more. */
  sign(digest: Uint8Array): Buffer {
    for (;;) {
      const signature = sign(HASH, digest, { key: this.#privateKey, dsaEncoding: 'ieee-p1363' })
      const der = inDer(signature.subarray(0, COORDINATE_BYTES), signature.subarray(COORDINATE_BYTES))
      if (der !== undefined) return der
    }
  }
}

/**
 * A signature (r, s) in DER of 103 bytes, which it has when one of the two takes a byte more for its sign: when its highest bit
 * is set. Of s and n − s, which verifies just as well, one has it. Undefined where a number is shorter than 48 bytes.
 */
function inDer(r: Buffer, s: Buffer): Buffer | undefined {
  const isHigh = (number: Buffer) => number[0]! >= 0x80
  const other = isHigh(r) === isHigh(s) ? minus(s) : s
  if (r[0] === 0 || other[0] === 0 || isHigh(r) === isHigh(other)) return undefined
  const integer = (number: Buffer) =>
    isHigh(number)
      ? [Buffer.from([2, COORDINATE_BYTES + 1, 0]), number]
      : [Buffer.from([2, COORDINATE_BYTES]), number]
  return Buffer.concat([Buffer.from([0x30, SIGNATURE_BYTES - 2]), ...integer(r), ...integer(other)])
}

/** n − s, where n is the order of P-384 (SEC 2, 2.5.1). */
function minus(s: Buffer): Buffer {
  const difference = ORDER - BigInt(`0x${s.toString('hex')}`)
  return Buffer.from(difference.toString(16).padStart(2 * COORDINATE_BYTES, '0'), 'hex')
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
