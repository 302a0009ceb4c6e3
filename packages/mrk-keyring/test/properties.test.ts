import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { HedgeOptions } from '../src/hedge.js'
import { Race, type RaceResult } from '../src/race.js'
import { Router } from '../src/router.js'
import { ManualClock } from './manualClock.js'
import { type Asked, awsError, type Behaviour, replicasIn, ScriptedRegions } from './scriptedRegions.js'

const REGIONS = ['us-east-1', 'us-east-2', 'us-west-2', 'eu-west-1', 'ap-northeast-1', 'sa-east-1']
const TIMEOUT = 5_000

const healthy = fc.integer({ min: 1, max: 150 }).map((after): Behaviour => ({ after, answer: 'key' }))
const failing = (...names: [string, number][]) =>
  fc
    .record({ after: fc.integer({ min: 0, max: 300 }), error: fc.constantFrom(...names) })
    .map(({ after, error: [name, status] }): Behaviour => ({ after, error: awsError(name, status) }))
const transient = failing(
  ['KMSInternalException', 500],
  ['DependencyTimeoutException', 500],
  ['KeyUnavailableException', 500],
  ['ThrottlingException', 400],
  ['TimeoutError', 0],
)
const refusing = failing(
  ['AccessDeniedException', 400],
  ['NotFoundException', 400],
  ['DisabledException', 400],
  ['KMSInvalidStateException', 400],
)
const slow = fc.integer({ min: 900, max: 20_000 }).map((after): Behaviour => ({ after, answer: 'key' }))
const fault = fc.oneof(fc.constant<Behaviour>('hang'), transient, refusing, slow)
const messageRefused = failing(['InvalidCiphertextException', 400], ['IncorrectKeyException', 400])

const hedge = fc.constantFrom<HedgeOptions | false>(
  false,
  {},
  { min: 5, max: 20, budget: 1 },
  { max: 40, budget: 0 },
)
const regions = fc.integer({ min: 1, max: REGIONS.length })

type World = ReturnType<typeof build>

function build(count: number, hedge: HedgeOptions | false, ownIndex: number) {
  const clock = new ManualClock()
  const names = REGIONS.slice(0, count)
  const scripted = new ScriptedRegions(clock, {})
  const router = new Router({ ownRegion: REGIONS[ownIndex], breaker: {}, hedge, clock, random: () => 0.5 })
  const isOpen = (region: string) => router.rank(replicasIn(region), 'Decrypt')[0]!.state === 'open'
  /** Of those that were asked, whose breaker was open then. */
  const probes = new Set<Asked>()
  const start = () =>
    new Race<string>(
      {
        operation: 'Decrypt',
        replicas: replicasIn(...names),
        send: (replica, signal) => {
          const wasOpen = isOpen(replica.region)
          const answer = scripted.send(replica, signal)
          if (wasOpen) probes.add(scripted.asked.at(-1)!)
          return answer
        },
        discard: scripted.discard,
        deadline: clock.now() + TIMEOUT,
        attemptTimeout: 1_000,
        signal: undefined,
      },
      router,
      clock,
      () => 0.5,
    ).run()
  return { clock, names, scripted, router, probes, start }
}

/** Starts `parallel` calls, and sees that they leave nothing behind. */
async function calls(
  world: World,
  parallel: number,
): Promise<{ results: RaceResult<string>[]; took: number }> {
  const { clock, scripted, start } = world
  const startedAt = clock.now()
  const finished: number[] = []
  const results = await clock.until(
    Promise.all(
      Array.from({ length: parallel }, async () => {
        const result = await start()
        finished.push(clock.now())
        return result
      }),
    ),
  )
  for (const { attempts } of results) expect(neverAskedAgainAfterRefusing(attempts)).toBe(true)
  const left = scripted.asked.filter(({ settled, aborted }) => !settled && !aborted)
  // Nothing outlives the call that made it but the probe of a breaker that was open, within the time of an attempt.
  expect(new Set(left.map(({ region }) => region)).size).toBe(left.length)
  for (const each of left) {
    expect(world.probes).toContain(each)
    expect(clock.now() - each.at).toBeLessThanOrEqual(1_000)
  }
  return { results, took: Math.max(...finished) - startedAt }
}

function neverAskedAgainAfterRefusing(attempts: RaceResult<string>['attempts']): boolean {
  const refused = new Set<string>()
  for (const { region, outcome } of attempts) {
    if (refused.has(region)) return false
    if (outcome === 'region-refused' || outcome === 'message-refused') refused.add(region)
  }
  return true
}

describe('for any assignment of faults to regions', () => {
  it('every call succeeds within the deadline while one healthy region remains', async () => {
    await fc.assert(
      fc.asyncProperty(
        regions,
        hedge,
        fc.nat(REGIONS.length),
        fc.array(
          fc.record({
            parallel: fc.integer({ min: 1, max: 8 }),
            healthyAt: fc.nat(),
            good: healthy,
            others: fc.array(fc.oneof(fault, healthy), {
              minLength: REGIONS.length,
              maxLength: REGIONS.length,
            }),
            pause: fc.integer({ min: 0, max: 8_000 }),
          }),
          { minLength: 1, maxLength: 6 },
        ),
        async (count, hedge, own, phases) => {
          const world = build(count, hedge, own)
          for (const { parallel, healthyAt, good, others, pause } of phases) {
            for (const [i, name] of world.names.entries()) world.scripted.set(name, others[i]!)
            world.scripted.set(world.names[healthyAt % count]!, good)
            const { results, took } = await calls(world, parallel)
            expect(results.every(({ won }) => won)).toBe(true)
            expect(took).toBeLessThan(TIMEOUT)
            await world.clock.advance(pause)
          }
        },
      ),
      { numRuns: 300 },
    )
  })

  it('every call ends by the deadline even when no region is left', async () => {
    await fc.assert(
      fc.asyncProperty(
        regions,
        hedge,
        fc.nat(REGIONS.length),
        fc.array(fault, { minLength: REGIONS.length, maxLength: REGIONS.length }),
        fc.integer({ min: 1, max: 8 }),
        async (count, hedge, own, faults, parallel) => {
          const world = build(count, hedge, own)
          for (const [i, name] of world.names.entries()) world.scripted.set(name, faults[i]!)
          const { results, took } = await calls(world, parallel)
          // Two times sums of fractions of the deadline.
          expect(took).toBeLessThanOrEqual(TIMEOUT + 0.001)
          for (const result of results)
            if (!result.won)
              expect(new Set(result.attempts.map(({ region }) => region))).toEqual(new Set(world.names))
        },
      ),
      { numRuns: 300 },
    )
  })

  it('nobody is asked after a verdict that is permanent for the message', async () => {
    await fc.assert(
      fc.asyncProperty(
        regions,
        hedge,
        fc.nat(REGIONS.length),
        fc.array(fc.oneof(fault, messageRefused), {
          minLength: REGIONS.length,
          maxLength: REGIONS.length,
        }),
        fc.nat(),
        messageRefused,
        async (count, hedge, own, behaviours, refusedAt, refusal) => {
          const world = build(count, hedge, own)
          for (const [i, name] of world.names.entries()) world.scripted.set(name, behaviours[i]!)
          world.scripted.set(world.names[refusedAt % count]!, refusal)
          const { results } = await calls(world, 1)
          const [result] = results
          const refusals = result!.attempts.filter(({ outcome }) => outcome === 'message-refused')
          expect(refusals.length).toBeLessThanOrEqual(1)
          if (refusals.length === 0) {
            expect(result!.won).toBe(true)
            return
          }
          expect(result).toMatchObject({ won: false, ended: 'message' })
          const verdictAt = world.clock.now()
          expect(world.scripted.asked.every(({ at }) => at <= verdictAt)).toBe(true)
          await world.clock.advance(60_000)
          expect(world.scripted.asked.every(({ at }) => at <= verdictAt)).toBe(true)
        },
      ),
      { numRuns: 300 },
    )
  })

  it('a region that is gone gets one probe in an interval', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.oneof(fc.constant<Behaviour>('hang'), transient),
        fc.constantFrom<HedgeOptions>({}, { min: 5, max: 20, budget: 1 }),
        fc.array(fc.record({ parallel: fc.integer({ min: 1, max: 8 }), pause: fc.nat(3_000) }), {
          minLength: 5,
          maxLength: 20,
        }),
        async (gone, hedge, load) => {
          const world = build(2, hedge, 0)
          world.scripted.set('us-east-1', gone)
          world.scripted.set('us-east-2', { after: 20, answer: 'key' })
          let openedAt: number | undefined
          for (const { parallel, pause } of load) {
            await calls(world, parallel)
            const [first] = world.router.rank(replicasIn('us-east-1'), 'Decrypt')
            if (first!.state === 'open') openedAt ??= world.clock.now()
            await world.clock.advance(pause)
          }
          if (openedAt === undefined) return
          const probes = world.scripted.asked
            .filter(({ region, at }) => region === 'us-east-1' && at > openedAt)
            .map(({ at }) => at)
          for (const [i, at] of probes.entries())
            if (i > 0) expect(at - probes[i - 1]!).toBeGreaterThanOrEqual(5_000)
        },
      ),
      { numRuns: 200 },
    )
  })
})
