/**
 * What is made of a text before its token, so that spellings of one thing are found by each other.
 *
 * - `trim`: no white space at the ends, as `String.prototype.trim` has it
 * - `lowerCase`: the default case conversion of Unicode, whatever the locale
 * - `nfkc`: Unicode normalization form KC: composed, and full-width and other presentation forms made plain. With hundreds of
 *   combining marks in a row a text has none
 * - `email`: `nfkc`, `trim`, `lowerCase`, and `nfkc` again, since there are small letters with a mark whose capitals take two
 *   characters. Dots and what follows a plus sign stay: they are other mailboxes at most providers
 * - `phoneDigits`: `nfkc`, then without white space and the characters `+ - . ( ) /`, the hyphens and dashes U+2010 to
 *   U+2015 and the minus sign U+2212. No country is guessed: give numbers with their country code
 *
 * A function is given the text and returns the other; it must return the same each time, or what is stored is not found.
 */
export type Normalizer = NormalizerName | ((text: string) => string)

export type NormalizerName = keyof typeof NAMED

/** Code units; no writing system has as many in a row. */
const MOST_MARKS = 256
/** The two that are no marks are made such. */
const BETWEEN_MARKS = /[^\p{M}\uff9e\uff9f]+/u

/** ASCII is the same in all normalization forms (UAX #15, 1.3), and most texts are; to ask ICU costs more than to look. */
function nfkc(text: string): string {
  if (isAscii(text)) return text
  // To put them in order takes ICU the square of their number: of a text of 400 KB, half a minute.
  if (text.length > MOST_MARKS && text.split(BETWEEN_MARKS).some(marks => marks.length > MOST_MARKS))
    throw new RangeError()
  return text.normalize('NFKC')
}
const trim = (text: string) => text.trim()
const lowerCase = (text: string) => text.toLowerCase()

const NAMED = {
  trim,
  lowerCase,
  nfkc,
  email: (text: string) => nfkc(lowerCase(trim(nfkc(text)))),
  phoneDigits: (text: string) => nfkc(text).replace(/[\s+\-.()/\u2010-\u2015\u2212]/g, ''),
} satisfies Record<string, (text: string) => string>

function isAscii(text: string): boolean {
  for (let index = 0; index < text.length; index++) if (text.charCodeAt(index) > 0x7f) return false
  return true
}

/** Undefined for what is none. */
export function normalizerOf(normalizer: unknown): ((text: string) => string) | undefined {
  if (typeof normalizer === 'function') return normalizer as (text: string) => string
  return typeof normalizer === 'string' && Object.hasOwn(NAMED, normalizer)
    ? NAMED[normalizer as NormalizerName]
    : undefined
}

export const NORMALIZER_NAMES = Object.keys(NAMED)
