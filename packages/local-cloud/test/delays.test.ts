import { afterEach, describe, expect, it } from 'vitest'
import { type Delay, delayOf } from '../src/delays.js'
import { type LocalCloud, startLocalCloud } from '../src/index.js'
import { kmsClient } from './clients.js'

const NEAR = 'us-east-1'
const FAR = 'eu-west-1'

let cloud: LocalCloud

afterEach(() => cloud?.stop())

/** The delays of a thousand calls in a row, shortest first. */
function thousand(delay: Delay): number[] {
  return Array.from({ length: 1000 }, (_, n) => delayOf(delay, n)).sort((a, b) => a - b)
}

describe('delays', () => {
  it('are spread between the delay and its jitter', () => {
    expect(thousand({ delay: 5 })).toEqual(new Array(1000).fill(5))
    const delays = thousand({ delay: 100, jitter: 50 })
    expect(delays[0]).toBeGreaterThanOrEqual(100)
    expect(delays[500]).toBeCloseTo(125, 0)
    expect(delays[999]).toBeLessThan(150)
  })

  it('are distributed as their percentiles say', () => {
    const delays = thousand({ percentiles: { 99: 900, 50: 20, 90: 80, 100: 5000 } })
    const within = (limit: number) => delays.filter(delay => delay <= limit).length
    expect(within(10)).toBeGreaterThan(240)
    expect(within(10)).toBeLessThan(260)
    expect(within(20)).toBeGreaterThan(495)
    expect(within(20)).toBeLessThan(505)
    expect(within(80)).toBeGreaterThan(895)
    expect(within(80)).toBeLessThan(905)
    expect(within(900)).toBeGreaterThan(985)
    expect(within(900)).toBeLessThan(995)
    expect(delays.at(-1)).toBeGreaterThan(2500)
    expect(within(5000)).toBe(1000)
  })

  it('are none longer than the highest percentile, none shorter than percentile 0', () => {
    const delays = thousand({ percentiles: { 0: 10, 90: 40 } })
    expect(delays[0]).toBeGreaterThanOrEqual(10)
    expect(delays.filter(delay => delay === 40).length).toBeGreaterThanOrEqual(99)
    expect(delays.at(-1)).toBe(40)
  })
})

describe('latency', () => {
  it('makes the nearest region answer first, and is no fault', async () => {
    cloud = await startLocalCloud({ regions: [NEAR, FAR], latency: { [FAR]: 3_600_000 } })
    cloud.heal()
    const abort = new AbortController()
    const far = kmsClient(cloud, FAR).listKeys({}, { abortSignal: abort.signal })
    const aborted = expect(far).rejects.toMatchObject({ name: 'AbortError' })
    const near = kmsClient(cloud, NEAR).listKeys({})
    expect(await Promise.race([far.then(() => FAR), near.then(() => NEAR)])).toBe(NEAR)
    abort.abort()
    await aborted
  })

  it('passes', async () => {
    cloud = await startLocalCloud({ regions: [NEAR, FAR], latency: { [FAR]: 1 } })
    await kmsClient(cloud, FAR).listKeys({})
  })

  it.each([
    [{ 'mars-1': 1 }, 'There is a latency for mars-1, but no such region'],
    [{ [FAR]: -1 }, 'delay must be between 0'],
  ])('%j is refused', async (latency, message) => {
    await expect(startLocalCloud({ regions: [NEAR, FAR], latency })).rejects.toThrow(message)
  })
})
