import { randomFillSync } from 'node:crypto'

/** Asking for random bytes costs more than sealing a data key with them: they are fetched by the page. */
const PAGE = 4096

let page = Buffer.alloc(0)

/** So many random bytes, given to nobody else. */
export function random(length: number): Buffer {
  if (length > page.length) {
    if (length > PAGE) throw new RangeError(`At most ${PAGE} bytes at a time, not ${length}`)
    page = randomFillSync(Buffer.allocUnsafeSlow(PAGE))
  }
  const bytes = page.subarray(0, length)
  page = page.subarray(length)
  return bytes
}
