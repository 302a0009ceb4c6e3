import { normalizeNumber } from '@dynaseal/core'
import { EvaluationError } from './errors.js'

/** A number of DynamoDB, of up to 38 digits: `digits · 10^exponent`. */
interface Decimal {
  readonly digits: bigint
  readonly exponent: number
}

/** Negative, zero or positive, as numbers compare and not their texts. */
export function compareNumbers(a: string, b: string): number {
  const [left, right] = aligned(decimal(a), decimal(b))
  return left < right ? -1 : left > right ? 1 : 0
}

/**
 * The sum or difference, exactly.
 *
 * @throws {EvaluationError} `number-overflow`
 */
export function addNumbers(a: string, sign: '+' | '-', b: string): string {
  const [left, right, exponent] = aligned(decimal(a), decimal(b))
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

function decimal(text: string): Decimal {
  const canonical = normalizeNumber(text)
  const [whole = '', fraction = ''] = canonical.split('.')
  return {
    digits: BigInt(whole.replace('-', '') + fraction) * (canonical.startsWith('-') ? -1n : 1n),
    exponent: -fraction.length,
  }
}

/** The digits of both with the lower exponent. */
function aligned(a: Decimal, b: Decimal): [bigint, bigint, number] {
  const exponent = Math.min(a.exponent, b.exponent)
  const scaled = ({ digits, exponent: own }: Decimal) => digits * 10n ** BigInt(own - exponent)
  return [scaled(a), scaled(b), exponent]
}
