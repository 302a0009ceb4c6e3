/**
 * US dollars, of the Standard table class in on-demand mode, and of KMS: https://aws.amazon.com/dynamodb/pricing/on-demand/
 * (its prices since 1 November 2024) and https://aws.amazon.com/kms/pricing/. Provisioned capacity is paid by the hour,
 * whether it is used or not.
 */
export const PRICES = {
  /** The region that the prices are of: others cost up to some 60 percent more. */
  region: 'us-east-1',
  readUnit: 0.125 / 1_000_000,
  /** The same for each replica of a global table. */
  writeUnit: 0.625 / 1_000_000,
  kmsCall: 0.03 / 10_000,
} as const

export interface Usage {
  readonly readUnits: number
  /** In all regions. */
  readonly writeUnits: number
  readonly kmsCalls: number
}

export function price({ readUnits, writeUnits, kmsCalls }: Usage): number {
  return readUnits * PRICES.readUnit + writeUnits * PRICES.writeUnit + kmsCalls * PRICES.kmsCall
}
