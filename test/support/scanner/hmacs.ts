// Search tokens and beacons a second time, on node:crypto alone, from their specifications: docs/format.md and docs/db-esdk.md.
import { createHmac, hkdfSync } from 'node:crypto'

/** What stands in a table, and what it was cut from. */
export interface Cut {
  /** As it is stored. */
  readonly text: string
  /** The same with more bits than were chosen, as far as there are some, the shortest first. */
  readonly longer: readonly string[]
  /** Bytes that have more of the HMAC than was chosen, or nothing but what was cut off. */
  readonly parts: readonly { readonly name: string; readonly bytes: Buffer }[]
  /** Whether the first bit that was cut off is set, so that every longer cut differs from the one that is stored. */
  readonly isDistinct: boolean
}

/** Makes the tokens of one attribute, and tells which keys it makes them with. */
export interface CutMaker {
  cut(value: string): Cut
  readonly keys: readonly { readonly name: string; readonly bytes: Buffer }[]
}

/** Fewer bits may stand somewhere by chance. */
const LEAST_BITS = 48

/** Search tokens of a text. @param dataKey that of the search key */
export function tokenMaker(
  dataKey: Uint8Array,
  {
    version = 1,
    table,
    attribute,
    bits,
  }: { version?: number; table: string; attribute: string; bits: number },
): CutMaker {
  const info = Buffer.concat([Buffer.from('dynaseal:search:v1:root'), Buffer.of(version)])
  const root = Buffer.from(hkdfSync('sha256', dataKey, Buffer.alloc(0), info, 32))
  const path = Buffer.concat([u32(1), Buffer.of(0), sized(Buffer.from(attribute))])
  const scope = Buffer.concat([sized(Buffer.from(table)), Buffer.of(0), u32(1), path])
  const label = Buffer.from('dynaseal:search:v1:token\0')
  const tokenKey = createHmac('sha256', root)
    .update(Buffer.concat([u32(1), label, scope, u32(256)]))
    .digest()
  return {
    keys: halves({ 'data key': Buffer.from(dataKey), root, 'token key': tokenKey }),
    cut(value) {
      const message = sized(Buffer.concat([Buffer.from([0, 1]), Buffer.from(value)]))
      const digest = createHmac('sha256', tokenKey).update(message).digest()
      const text = (length: number) => `${version}.${inSextets(digest, length)}`
      // Six bits are a character, and whoever cuts later than that has this character, too.
      const lengths = [1, 2, 3, 4, 5, 6].map(more => bits + more).filter(length => length <= 256)
      const beyond = Math.max(LEAST_BITS, bits + 1)
      return {
        text: text(bits),
        longer: lengths.flatMap(length =>
          length < LEAST_BITS
            ? [`"${text(length)}`]
            : [inSextets(digest, length), inSextets(digest, length, 'base64'), inDigits(digest, length)],
        ),
        parts: [
          // In base64, four of the last bits are in a character with what comes after them.
          { name: 'the beginning of an HMAC', bytes: digest.subarray(0, Math.ceil((beyond + 4) / 8)) },
          { name: 'the end of an HMAC', bytes: digest.subarray(-8) },
        ],
        isDistinct: (digest[bits >> 3]! & (0x80 >> (bits & 7))) !== 0,
      }
    },
  }
}

/** Beacons of a text, of the AWS Database Encryption SDK. */
export function beaconMaker(beaconKey: Uint8Array, { name, bits }: { name: string; bits: number }): CutMaker {
  const key = Buffer.from(hkdfSync('sha512', beaconKey, Buffer.alloc(0), `AWS_DBE_SCAN_BEACON${name}`, 64))
  return {
    keys: halves({ 'beacon key': Buffer.from(beaconKey), 'HMAC key': key }),
    cut(value) {
      const digest = createHmac('sha384', key).update(value).digest()
      const number = digest.readBigUInt64BE()
      const text = (length: number) =>
        (number & ((1n << BigInt(length)) - 1n)).toString(16).padStart(Math.ceil(length / 4), '0')
      const lengths = Array.from({ length: 64 - bits }, (_, more) => bits + 1 + more)
      const beyond = Math.max(LEAST_BITS, bits + 1)
      return {
        text: text(bits),
        longer: lengths.map(length => (length < LEAST_BITS ? `"${text(length)}"` : text(length))),
        parts: [
          // It is the last bits of the first eight bytes.
          { name: 'more of an HMAC', bytes: digest.subarray(8 - Math.ceil(beyond / 8), 8) },
          { name: 'the rest of an HMAC', bytes: digest.subarray(8, 16) },
          { name: 'the end of an HMAC', bytes: digest.subarray(-8) },
        ],
        isDistinct: ((number >> BigInt(bits)) & 1n) === 1n,
      }
    },
  }
}

/** The first bits in base64url; those that are left over in the last character are zero. */
function inSextets(digest: Buffer, bits: number, encoding: 'base64' | 'base64url' = 'base64url'): string {
  return firstBits(digest, bits)
    .toString(encoding)
    .slice(0, Math.ceil(bits / 6))
}

function inDigits(digest: Buffer, bits: number): string {
  return firstBits(digest, bits)
    .toString('hex')
    .slice(0, Math.ceil(bits / 4))
}

function firstBits(digest: Buffer, bits: number): Buffer {
  const cut = Buffer.from(digest.subarray(0, Math.ceil(bits / 8)))
  const left = bits & 7
  if (left !== 0) cut[cut.length - 1]! &= 0xff00 >> left
  return cut
}

/** Whoever sees one of them has not the other, but is not to have it either. */
function halves(keys: Record<string, Buffer>): { name: string; bytes: Buffer }[] {
  return Object.entries(keys).flatMap(([name, key]) => [
    { name: `the first half of the ${name}`, bytes: key.subarray(0, key.length / 2) },
    { name: `the second half of the ${name}`, bytes: key.subarray(key.length / 2) },
  ])
}

const u32 = (value: number) =>
  Buffer.from([value >>> 24, (value >> 16) & 255, (value >> 8) & 255, value & 255])
const sized = (bytes: Uint8Array) => Buffer.concat([u32(bytes.length), bytes])
