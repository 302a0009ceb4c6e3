import { SealError } from '../errors.js'

const MAX_DIGITS = 38
/** Exponents of the first significant digit: 1E-130 up to 9.99…E+125. */
const MIN_EXPONENT = -130
const MAX_EXPONENT = 125

const NUMBER = /^([+-]?)(?:(\d+)(?:\.(\d*))?|\.(\d+))(?:[eE]([+-]?\d+))?$/

/**
 * The one spelling of a number, as DynamoDB normalizes it: no exponent, no plus sign, no leading or
 * trailing zeros beyond the one a fraction needs, no negative zero. `"1.50E1"` becomes `"15"`.
 *
 * @throws {SealError} `invalid-value` when it is not a decimal number, has more than 38 significant
 *   digits, or a magnitude outside of 1E-130 to 9.99…E+125
 */
export function normalizeNumber(text: string): string {
  const normalized = canonicalNumber(text)
  if (normalized === undefined) {
    throw new SealError(
      'invalid-value',
      'a number is not one that DynamoDB can hold: it takes a decimal number of at most 38 significant digits, between 1E-130 and 9.99E+125 in magnitude.',
    )
  }
  return normalized
}

/** As {@link normalizeNumber}, but `undefined` where that throws. */
export function canonicalNumber(text: string): string | undefined {
  const match = NUMBER.exec(text)
  if (match === null) return undefined
  const [, sign, whole = '', fraction = '', bareFraction = '', exponentText = '0'] = match
  const allDigits = whole + fraction + bareFraction
  const first = firstNonZero(allDigits)
  if (first === allDigits.length) return '0'
  const digits = allDigits.slice(first, endOfSignificant(allDigits))
  // The first significant digit stands at 10^exponent.
  const exponent = whole.length - 1 - first + Number(exponentText)
  if (digits.length > MAX_DIGITS || exponent < MIN_EXPONENT || exponent > MAX_EXPONENT) return undefined
  const minus = sign === '-' ? '-' : ''
  if (exponent < 0) return `${minus}0.${'0'.repeat(-exponent - 1)}${digits}`
  if (digits.length <= exponent + 1) return minus + digits.padEnd(exponent + 1, '0')
  return `${minus}${digits.slice(0, exponent + 1)}.${digits.slice(exponent + 1)}`
}

function firstNonZero(digits: string): number {
  let index = 0
  while (index < digits.length && digits[index] === '0') index++
  return index
}

function endOfSignificant(digits: string): number {
  let end = digits.length
  while (digits[end - 1] === '0') end--
  return end
}
