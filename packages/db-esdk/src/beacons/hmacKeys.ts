import { hmac } from '../hmac.js'

const HMAC_KEY_BYTES = 64
const BEACON = Buffer.from('AWS_DBE_SCAN_BEACON', 'latin1')
const PARTITION = Buffer.from('dynaseal:db-esdk:v1:partition', 'latin1')
const FIRST_BLOCK = Buffer.of(1)
const NO_SALT = new Uint8Array()

/** What the beacons of a name are computed with. The caller zeroes it. */
export function beaconHmacKey(beaconKey: Uint8Array, name: string): Buffer {
  return hmacKey(beaconKey, [BEACON, Buffer.from(name, 'utf8')])
}

/** What the partition of an item is computed with. The caller zeroes it. */
export function partitionHmacKey(beaconKey: Uint8Array): Buffer {
  return hmacKey(beaconKey, [PARTITION])
}

/** HKDF with SHA-512 and no salt (RFC 5869): one block of output key material. */
function hmacKey(beaconKey: Uint8Array, info: readonly Uint8Array[]): Buffer {
  const pseudorandomKey = Buffer.allocUnsafeSlow(64)
  try {
    hmac('sha512', NO_SALT, [beaconKey], pseudorandomKey)
    return hmac('sha512', pseudorandomKey, [...info, FIRST_BLOCK], Buffer.allocUnsafeSlow(HMAC_KEY_BYTES))
  } finally {
    pseudorandomKey.fill(0)
  }
}
