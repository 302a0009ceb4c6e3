/**
 * How a token is written: the version of its search key in decimal, a full stop, and its bits in base64url (RFC 4648,
 * section 5) without padding; bits that are left over in the last character are zero.
 */

const ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_'
const BITS_PER_CHARACTER = 6
const TOKEN = /^([1-9][0-9]{0,2})\.([A-Za-z0-9_-]{2,43})$/

/**
 * @param version of the search key
 * @param digest 256 bits in base64url
 */
export function tokenText(version: number, digest: string, bits: number): string {
  const last = Math.ceil(bits / BITS_PER_CHARACTER) - 1
  const unused = (last + 1) * BITS_PER_CHARACTER - bits
  if (unused === 0) return `${version}.${digest.slice(0, last + 1)}`
  const sextet = (ALPHABET.indexOf(digest[last]!) >> unused) << unused
  return `${version}.${digest.slice(0, last)}${ALPHABET[sextet]}`
}

/** Undefined for what is no token of `bits` bits. */
export function versionOf(token: unknown, bits: number): number | undefined {
  if (typeof token !== 'string') return undefined
  const [, version, text = ''] = TOKEN.exec(token) ?? []
  if (version === undefined || text.length !== Math.ceil(bits / BITS_PER_CHARACTER)) return undefined
  return Number(version)
}
