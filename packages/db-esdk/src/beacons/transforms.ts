/**
 * What the virtual fields of the AWS Database Encryption SDK make of texts, as the functions that `normalize` takes. Positions
 * count UTF-16 code units, negative ones from the end. A half of a surrogate pair that is left over is refused.
 * (aws-database-encryption-sdk-dynamodb, searchable-encryption/virtual.md; where its releases differ they are right.)
 */
export const transforms = {
  /** ASCII letters alone. */
  upper: (text: string) => text.replace(/[a-z]/g, letter => letter.toUpperCase()),
  /** ASCII letters alone. */
  lower: (text: string) => text.replace(/[A-Z]/g, letter => letter.toLowerCase()),
  /** Appends a text. */
  insert: (literal: string) => (text: string) => text + literal,
  /** The first so many; with a negative number, all but the last so many. */
  prefix: (length: number) => (text: string) =>
    length >= 0 ? text.slice(0, length) : text.slice(0, Math.max(0, text.length + length)),
  /** The last so many; with a negative number, all but the first so many. */
  suffix: (length: number) => (text: string) =>
    length >= 0 ? text.slice(Math.max(0, text.length - length)) : text.slice(-length),
  /** From `low` up to, and without, `high`. Never the last one: the releases cut both at the last position. */
  substring: (low: number, high: number) => (text: string) => text.slice(...range(low, high, text.length)),
  /** One of the pieces that a character parts; an empty text where there is none. */
  segment: (split: string, index: number) => (text: string) => {
    const pieces = text.split(split)
    return pieces[index < 0 ? pieces.length + index : index] ?? ''
  },
  /** Pieces from `low` up to, and without, `high`, joined again. Never the last one, as above. */
  segments: (split: string, low: number, high: number) => (text: string) => {
    const pieces = text.split(split)
    return pieces.slice(...range(low, high, pieces.length)).join(split)
  },
} as const

function range(low: number, high: number, count: number): [number, number] {
  const start = position(low, count)
  return [start, Math.max(start, position(high, count))]
}

function position(given: number, count: number): number {
  return Math.max(0, Math.min(count - 1, given < 0 ? count + given : given))
}
