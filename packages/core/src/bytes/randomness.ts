import { randomFillSync } from 'node:crypto'

/** One call into the generator serves 256 message ids. Not part of Buffer's shared pool. */
const pool = Buffer.allocUnsafeSlow(256 * 32)
let used = pool.length

/** Copies fresh random bytes into a buffer; each pooled byte is given out once and then zeroed. */
export function fillRandom(target: Buffer, offset: number, length: number): void {
  if (used + length > pool.length) {
    randomFillSync(pool)
    used = 0
  }
  for (let index = 0; index < length; index++) {
    target[offset + index] = pool[used]!
    pool[used++] = 0
  }
}
