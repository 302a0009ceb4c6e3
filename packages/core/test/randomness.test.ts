import { beforeEach, expect, it, vi } from 'vitest'

/** What the generator filled, and a copy of what it filled it with. */
const filled = vi.hoisted(() => [] as { pool: Uint8Array; bytes: Uint8Array }[])
vi.mock('node:crypto', async importOriginal => {
  const crypto = await importOriginal<typeof import('node:crypto')>()
  return {
    ...crypto,
    randomFillSync: (pool: Uint8Array) => {
      crypto.randomFillSync(pool)
      filled.push({ pool, bytes: Uint8Array.from(pool) })
      return pool
    },
  }
})

beforeEach(() => {
  vi.resetModules()
  filled.length = 0
})

it('each random byte is given out once, and not kept', async () => {
  const { fillRandom } = await import('../src/bytes/randomness.js')
  const given: Buffer[] = []
  for (let round = 0; round < 600; round++) {
    const target = Buffer.alloc(40)
    fillRandom(target, 5, 32)
    expect([...target.subarray(0, 5), ...target.subarray(37)].every(byte => byte === 0)).toBe(true)
    given.push(target.subarray(5, 37))
    const { pool, bytes } = filled.at(-1)!
    const used = (round % 256) * 32 + 32
    expect(pool.subarray(0, used).every(byte => byte === 0)).toBe(true)
    expect(Buffer.compare(pool.subarray(used), bytes.subarray(used))).toBe(0)
  }
  expect(filled).toHaveLength(3)
  const random = Buffer.concat(filled.map(({ bytes }) => bytes))
  expect(Buffer.concat(given).equals(random.subarray(0, 600 * 32))).toBe(true)
})
