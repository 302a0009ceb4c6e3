import { InvalidArgumentError } from 'commander'

/** For options: a whole number of at least so many. */
export function atLeast(least: number): (text: string) => number {
  return text => {
    const number = Number(text)
    if (!/^\d+$/.test(text) || !Number.isSafeInteger(number) || number < least)
      throw new InvalidArgumentError(`It takes a whole number of at least ${least}.`)
    return number
  }
}
