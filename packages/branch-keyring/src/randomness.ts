import { randomFillSync } from 'node:crypto'

/** One call into the generator serves a hundred data keys. Not part of Buffer's shared pool. */
const pool = Buffer.allocUnsafeSlow(8192)
let used = pool.length

/** Fills bytes of `target` with random ones; each of the pool is given out once, and then zeroed. */
export function fillRandom(target: Uint8Array, start = 0, end = target.length): void {
  for (let index = start; index < end; index++) {
    // Here, since who asks for more than all of it would get zeros.
    if (used === pool.length) {
      randomFillSync(pool)
      used = 0
    }
    target[index] = pool[used]!
    pool[used++] = 0
  }
}
