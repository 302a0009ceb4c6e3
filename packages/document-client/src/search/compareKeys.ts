import { aligned, decimal } from '../values/decimal.js'

/** In which order DynamoDB has two values of one sort key: numbers by value, texts and binaries by their bytes. */
export function compareKeys(one: unknown, other: unknown): number {
  if (typeof one === 'string' && typeof other === 'string')
    return Buffer.compare(Buffer.from(one), Buffer.from(other))
  if (one instanceof Uint8Array && other instanceof Uint8Array) return Buffer.compare(one, other)
  return compareNumbers(String(numberOf(one)), String(numberOf(other)))
}

/** What the AWS SDK wraps in a class has its digits in `value`. */
export function numberOf(number: unknown): unknown {
  return typeof number === 'object' && number !== null ? (number as { value?: unknown }).value : number
}

function compareNumbers(one: string, other: string): number {
  const difference = Number(one) - Number(other)
  if (difference !== 0 && !Number.isNaN(difference)) return difference
  // Up to 38 digits, of which a number of JavaScript keeps 16.
  const [a, b] = [decimal(one), decimal(other)]
  if (a === undefined || b === undefined) return 0
  const [x, y] = aligned(a, b)
  return x < y ? -1 : x > y ? 1 : 0
}
