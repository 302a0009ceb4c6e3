/** The header of a sealed item: a Binary attribute. */
export const HEADER = 'aws_dbe_head'
/** The footer of a sealed item: a Binary attribute. */
export const FOOTER = 'aws_dbe_foot'
/** The attribute of a beacon: this, and the beacon's name. */
export const BEACON_PREFIX = 'aws_dbe_b_'
/** Attributes of the format's own begin so: header, footer, beacons. They are never signed, and never handed out. */
export const RESERVED_PREFIX = 'aws_dbe_'
/** Pairs of the encryption context begin so, hence no attribute that is configured may. */
export const CONTEXT_PREFIX = 'aws-crypto-'

/** Compares texts by their UTF-8 bytes, which is the order of their code points and not that of `<`. */
export function compareUtf8(a: string, b: string): number {
  const length = Math.min(a.length, b.length)
  for (let index = 0; index < length; index++) {
    const difference = inOrder(a.charCodeAt(index)) - inOrder(b.charCodeAt(index))
    if (difference !== 0) return difference
  }
  return a.length - b.length
}

/** The same texts by their UTF-8 bytes. To sort what is sorted takes longer than to see it. */
export function sortedByUtf8(texts: readonly string[]): readonly string[] {
  for (let index = 1; index < texts.length; index++)
    if (compareUtf8(texts[index - 1]!, texts[index]!) > 0) return texts.toSorted(compareUtf8)
  return texts
}

/** UTF-16 code units, moved so that surrogates, which stand for the highest code points, come last. */
function inOrder(unit: number): number {
  if (unit >= 0xe000) return unit - 0x800
  return unit >= 0xd800 ? unit + 0x2000 : unit
}

/**
 * Compares names of attributes by their canonical paths: these have the length before the name, so the shorter comes first
 * (aws-database-encryption-sdk-dynamodb, structured-encryption/header.md, "Canonical Path").
 */
export function comparePaths(a: string, b: string): number {
  return a.length - b.length || compareUtf8(a, b)
}

/** Whether two lists have the same names in the same order. */
export function areSame(some: readonly string[], others: readonly string[]): boolean {
  if (some.length !== others.length) return false
  for (let index = 0; index < some.length; index++) if (some[index] !== others[index]) return false
  return true
}
