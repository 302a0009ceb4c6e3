import { normalizeNumber } from '@dynaseal/core'
import { aligned, type Decimal, decimal } from '../values/decimal.js'
import { EvaluationError } from './errors.js'

/** Negative, zero or positive, as numbers compare and not their texts. */
export function compareNumbers(a: string, b: string): number {
  const [left, right] = aligned(number(a), number(b))
  return left < right ? -1 : left > right ? 1 : 0
}

/**
 * The sum or difference, exactly.
 *
 * @throws {EvaluationError} `number-overflow`
 */
export function addNumbers(a: string, sign: '+' | '-', b: string): string {
  const [left, right, exponent] = aligned(number(a), number(b))
  const sum = sign === '+' ? left + right : left - right
  try {
    return normalizeNumber(`${sum}E${exponent}`)
  } catch {
    throw new EvaluationError(
      'number-overflow',
      'The result of an update has more than 38 significant digits, or is out of the range of numbers.',
    )
  }
}

/** In the one spelling of it, which refuses what is none. */
function number(text: string): Decimal {
  return decimal(normalizeNumber(text))!
}
