/**
 * Every secret of the suite begins with a mark that occurs nowhere else, and texts end with one that needs escaping
 * in most notations: whatever is searched for the marks is searched for all secrets at once, also for those of
 * another case, and for values that were cut off on either side.
 */
export const TEXT_MARK = 'kelpVx9TideQ'
export const TEXT_END = '"flood\\tide\n\u2028ü🦭\''
export const NUMBER_MARK = '918273645'
export const BYTE_MARK = Uint8Array.from([0xfe, 0x9d, 0x03, 0xc1, 0x7a, 0xe4, 0x5b, 0x88, 0xd6, 0x2f])

/** Makes secrets, no two of them alike. */
export class Mint {
  #made = 0

  text(): string {
    return `${TEXT_MARK}${this.#next()}${TEXT_END}`
  }

  /** A key of a record: a text without dots and brackets, which mean something in paths. */
  key(): string {
    return `${TEXT_MARK}${this.#next()}`
  }

  /** 15 digits, which every JavaScript number keeps. */
  integer(): number {
    return Number(`${NUMBER_MARK}${this.#next()}`)
  }

  decimal(): number {
    return Number(`-${NUMBER_MARK}.${this.#next().replace(/0$/, '1')}`)
  }

  /** 36 of the 38 digits that DynamoDB keeps. */
  big(): bigint {
    return BigInt(`${NUMBER_MARK}${this.#next()}123456789012345678901`)
  }

  bytes(): Uint8Array {
    return Uint8Array.from([...BYTE_MARK, ...Buffer.from(this.#next())])
  }

  /** Nothing to search for, but each differs from the one before. */
  flag(): boolean {
    this.#made++
    return this.#made % 2 === 0
  }

  #next(): string {
    return String(++this.#made).padStart(6, '0')
  }
}
