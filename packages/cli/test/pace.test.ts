import { describe, expect, it } from 'vitest'
import type { Clock } from '../src/engine/clock.js'
import { Pace } from '../src/engine/pace.js'
import { paced, persistently } from '../src/engine/persistently.js'

/** Time passes only where somebody sleeps. */
function standing(): Clock & { time: number } {
  const clock = {
    time: 0,
    now: () => clock.time,
    async sleep(milliseconds: number) {
      clock.time += milliseconds
    },
  }
  return clock
}

/** @returns units per second over so many calls, one after the other */
async function rateOf(pace: Pace, clock: { time: number }, calls: number, units: number): Promise<number> {
  const start = clock.time
  for (let call = 0; call < calls; call++) (await pace.take())(units)
  return (calls * units * 1000) / (clock.time - start)
}

describe('a pace', () => {
  it.each([
    [10, 1],
    [10, 7.5],
    [100, 3],
    [5, 128],
  ])('of %d units a second is held with calls of %d', async (max, units) => {
    const clock = standing()
    const pace = new Pace(max, clock)
    await rateOf(pace, clock, 50, units) // the burst
    const rate = await rateOf(pace, clock, 300, units)
    expect(rate).toBeGreaterThan(max * 0.9)
    expect(rate).toBeLessThan(max * 1.01)
  })

  it('is held by many callers at once', async () => {
    const clock = standing()
    const pace = new Pace(100, clock)
    let used = 0
    const caller = async () => {
      for (let call = 0; call < 50; call++) {
        const settle = await pace.take()
        await Promise.resolve()
        settle(4)
        used += 4
      }
    }
    await Promise.all(Array.from({ length: 20 }, caller))
    expect((used * 1000) / clock.time).toBeLessThan(110)
  })

  it('waits for nothing without a limit', async () => {
    const clock = standing()
    const pace = new Pace(undefined, clock)
    for (let call = 0; call < 1000; call++) (await pace.take())(1000)
    expect(clock.time).toBe(0)
  })

  it('goes below what was used when it is throttled, and up again', async () => {
    const clock = standing()
    const pace = new Pace(1000, clock)
    await rateOf(pace, clock, 2000, 10)
    pace.throttled()
    const throttled = pace.rate
    expect(throttled).toBeLessThan(800)
    await rateOf(pace, clock, 2000, 10)
    expect(pace.rate).toBeGreaterThan(throttled)
    expect(pace.rate).toBeLessThanOrEqual(1000)
  })

  it('ends waiting when the signal fires', async () => {
    const pace = new Pace(1, standing())
    for (let call = 0; call < 3; call++) (await pace.take())(5)
    await expect(pace.take(AbortSignal.abort(new Error('enough')))).rejects.toThrow('enough')
  })
})

const named = (name: string) => Object.assign(new Error(name), { name })

describe('a call', () => {
  const signal = new AbortController().signal

  it('is made again as long as it is throttled', async () => {
    const clock = standing()
    let calls = 0
    const call = async () => {
      if (++calls < 500) throw named('ProvisionedThroughputExceededException')
      return { ConsumedCapacity: { CapacityUnits: 2 } }
    }
    expect(await paced(call, new Pace(100, clock), { signal, clock })).toEqual({
      ConsumedCapacity: { CapacityUnits: 2 },
    })
    expect(calls).toBe(500)
  })

  it('is made again for a while after a failure that may pass', async () => {
    const clock = standing()
    let calls = 0
    const failing = async () => {
      calls++
      throw named('InternalServerError')
    }
    await expect(persistently(failing, { signal, clock, patience: 60_000 })).rejects.toThrow(
      'InternalServerError',
    )
    expect(calls).toBeGreaterThan(5)
    expect(clock.time).toBeGreaterThan(60_000)
  })

  it.each([
    [named('AccessDeniedException'), 1],
    [named('ConditionalCheckFailedException'), 1],
    [Object.assign(named('SealError'), { code: 'key-unavailable', cause: { permanent: true } }), 1],
  ])('is not made again after %s', async (error, expected) => {
    let calls = 0
    const failing = async () => {
      calls++
      throw error
    }
    await expect(persistently(failing, { signal, clock: standing() })).rejects.toBe(error)
    expect(calls).toBe(expected)
  })

  it('is made again when no region gave a data key', async () => {
    let calls = 0
    const failing = async () => {
      if (++calls < 4)
        throw Object.assign(named('SealError'), { code: 'key-unavailable', cause: { permanent: false } })
      return calls
    }
    expect(await persistently(failing, { signal, clock: standing() })).toBe(4)
  })
})
