import { hmac } from '../hmac.js'

/** The most bits that a beacon can have (search-config.md, "Beacon Length"). */
export const MAX_LENGTH = 63

const HASH_BYTES = 8
const BITS_PER_DIGIT = 4

const hash = Buffer.alloc(HASH_BYTES)
const partitionByte = Buffer.alloc(1)
const NO_PARTITION = Buffer.alloc(0)

/**
 * A beacon: the last `length` bits of the first 8 bytes of an HMAC, in hexadecimal (aws-database-encryption-sdk-dynamodb,
 * searchable-encryption/beacons.md, "basicHash"; the digits of a length that is no multiple of 4 begin with zeros).
 *
 * @param bytes what the beacon is of
 * @param partition 0 to 254; the first one adds nothing to the bytes
 */
export function beaconText(key: Uint8Array, bytes: Uint8Array, length: number, partition = 0): string {
  partitionByte[0] = partition
  hmac('sha384', key, [bytes, partition === 0 ? NO_PARTITION : partitionByte], hash)
  const digits = Math.ceil(length / BITS_PER_DIGIT)
  const text = hash.toString('hex').slice(-digits)
  const bits = length % BITS_PER_DIGIT
  if (bits === 0) return text
  return (Number.parseInt(text[0]!, 16) & ((1 << bits) - 1)).toString(16) + text.slice(1)
}

/** Whether a stored text can be a beacon of so many bits. */
export function isBeacon(stored: unknown, length: number): stored is string {
  return (
    typeof stored === 'string' && stored.length === Math.ceil(length / BITS_PER_DIGIT) && HEX.test(stored)
  )
}

/** Whether it can be one of any length. */
export function looksLikeBeacon(stored: unknown): boolean {
  return typeof stored === 'string' && stored.length <= 2 * HASH_BYTES && HEX.test(stored)
}

const HEX = /^[0-9a-f]+$/
