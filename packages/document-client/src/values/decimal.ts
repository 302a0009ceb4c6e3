/** A number of DynamoDB, of up to 38 digits: `digits · 10^exponent`. */
export interface Decimal {
  readonly digits: bigint
  readonly exponent: number
}

/** In any spelling; undefined for what is no number. */
export function decimal(text: string): Decimal | undefined {
  const [, sign, whole, fraction = '', exponent = '0'] =
    /^([+-]?)(\d+)(?:\.(\d*))?(?:[eE]([+-]?\d+))?$/.exec(text) ?? []
  if (whole === undefined) return undefined
  const digits = BigInt(whole + fraction) * (sign === '-' ? -1n : 1n)
  return { digits, exponent: Number(exponent) - fraction.length }
}

/** The digits of both with the lower exponent, and that. */
export function aligned(a: Decimal, b: Decimal): [bigint, bigint, number] {
  const exponent = Math.min(a.exponent, b.exponent)
  const scaled = ({ digits, exponent: own }: Decimal) => digits * 10n ** BigInt(own - exponent)
  return [scaled(a), scaled(b), exponent]
}
