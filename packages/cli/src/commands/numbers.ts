import { InvalidArgumentError } from 'commander'

/** For options: a whole number of at least so many, and at most so many. */
export function atLeast(least: number, most = Number.MAX_SAFE_INTEGER): (text: string) => number {
  const range =
    most === Number.MAX_SAFE_INTEGER
      ? `of at least ${least}`
      : `from ${least} to ${most.toLocaleString('en-US')}`
  return text => {
    const number = Number(text)
    if (!/^\d+$/.test(text) || number < least || number > most)
      throw new InvalidArgumentError(`It takes a whole number ${range}.`)
    return number
  }
}

/** Of one table ("Scan", TotalSegments, in DynamoDB's API reference). */
export const MAX_SEGMENTS = 1_000_000
