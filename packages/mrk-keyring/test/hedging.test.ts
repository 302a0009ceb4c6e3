import { describe, expect, it } from 'vitest'
import { outcomes, setUp } from './racing.js'
import { awsError } from './scriptedRegions.js'

describe('hedging', () => {
  it('asks the next region as well when one is late, takes the first answer and aborts the loser', async () => {
    const { clock, regions, start } = setUp(
      { 'us-east-1': 'hang', 'us-west-2': { after: 30, answer: 'west' } },
      { max: 40 },
    )
    const result = await clock.until(start())
    expect(outcomes(result)).toEqual(['us-east-1 outpaced', 'us-west-2 answered'])
    expect(clock.now()).toBe(70)
    expect(regions.asked[0]!.aborted).toBe(true)
    expect(clock.pending).toBe(0)
  })

  it('keeps the late region in the race', async () => {
    const { clock, regions, start } = setUp(
      { 'us-east-1': { after: 45, answer: 'east' }, 'us-west-2': { after: 60, answer: 'west' } },
      { max: 40 },
    )
    expect(await clock.until(start())).toMatchObject({ answer: 'east' })
    expect(regions.asked[1]).toMatchObject({ region: 'us-west-2', aborted: true })
  })

  it('stops at its budget', async () => {
    const { clock, regions, start } = setUp(
      { 'us-east-1': { after: 45, answer: 'east' }, 'us-west-2': { after: 60, answer: 'west' } },
      { min: 40, max: 40, budget: 0.1 },
    )
    for (let call = 0; call < 600; call++) await clock.until(start())
    const hedges = regions.asked.filter(({ region }) => region === 'us-west-2')
    // A tenth of all calls, and the 50 that were saved up.
    expect(hedges.length).toBeGreaterThan(60)
    expect(hedges.length).toBeLessThanOrEqual(110)
  })

  it('lets calls that wait for a region alone go on when its breaker opens', async () => {
    const { clock, start } = setUp(
      { 'us-east-1': 'hang', 'us-west-2': { after: 60, answer: 'west' } },
      { min: 40, max: 40, budget: 0.1 },
    )
    const results = await clock.until(Promise.all(Array.from({ length: 80 }, () => start())))
    expect(results.every(({ won }) => won)).toBe(true)
    // 50 hedges are allowed at once; the fifth lost race opens the breaker, at 100 ms.
    expect(clock.now()).toBe(160)
  })

  it('needs no budget to leave a region whose breaker opened before it was late', async () => {
    const { clock, regions, start } = setUp(
      { 'us-east-1': 'hang', 'us-west-2': { after: 60, answer: 'west' } },
      { min: 40, max: 40, budget: 0 },
    )
    const waiting = start()
    regions.set('us-east-1', { after: 1, error: awsError('KMSInternalException', 500) })
    await clock.until(Promise.all(Array.from({ length: 5 }, () => start())))
    expect(outcomes(await clock.until(waiting))).toEqual(['us-east-1 outpaced', 'us-west-2 answered'])
    expect(clock.now()).toBe(100)
  })
})
