import { describe, expect, it } from 'vitest'
import { AbsentError } from '../src/attempt.js'
import type { HedgeOptions } from '../src/hedge.js'
import { Race, type RaceResult } from '../src/race.js'
import { absentEverywhere, refusedEverywhere } from '../src/regionalService.js'
import { Router } from '../src/router.js'
import { ManualClock } from './manualClock.js'
import { awsError, type Behaviour, replicasIn, ScriptedRegions } from './scriptedRegions.js'

const REGIONS = ['us-east-1', 'us-west-2', 'eu-west-1']

function setUp(behaviours: Record<string, Behaviour>, hedge: HedgeOptions | false = false) {
  const clock = new ManualClock()
  const regions = new ScriptedRegions(clock, behaviours)
  const router = new Router({ ownRegion: 'us-east-1', breaker: {}, hedge, clock, random: () => 0.5 })
  const start = ({ timeout = 5_000, signal }: { timeout?: number; signal?: AbortSignal } = {}) =>
    new Race<string>(
      {
        operation: 'Decrypt',
        replicas: replicasIn(...REGIONS),
        send: regions.send,
        discard: regions.discard,
        deadline: clock.now() + timeout,
        attemptTimeout: 1_000,
        signal,
      },
      router,
      clock,
      () => 0.5,
    ).run()
  return { clock, regions, router, start }
}

function outcomes({ attempts }: RaceResult<string>): string[] {
  return attempts.map(({ region, outcome }) => `${region} ${outcome}`)
}

describe('a call over the regions', () => {
  it('asks the own region, and nobody else when it answers', async () => {
    const { clock, regions, start } = setUp({ 'us-east-1': { after: 2, answer: 'east' } })
    const result = await clock.until(start())
    expect(result).toMatchObject({ won: true, answer: 'east', replica: { region: 'us-east-1' } })
    expect(regions.asked).toHaveLength(1)
    expect(clock.pending).toBe(0)
  })

  it('goes on to the next region when one fails', async () => {
    const { clock, start } = setUp({
      'us-east-1': { after: 2, error: awsError('KMSInternalException', 500) },
      'us-west-2': { after: 60, answer: 'west' },
    })
    const result = await clock.until(start())
    expect(result).toMatchObject({ won: true, answer: 'west' })
    expect(outcomes(result)).toEqual(['us-east-1 failed', 'us-west-2 answered'])
    expect(clock.now()).toBe(62)
  })

  it('gives up a hung region at the deadline of the attempt, and aborts it', async () => {
    const { clock, regions, start } = setUp({
      'us-east-1': 'hang',
      'us-west-2': { after: 60, answer: 'west' },
    })
    const result = await clock.until(start())
    expect(outcomes(result)).toEqual(['us-east-1 timeout', 'us-west-2 answered'])
    expect(clock.now()).toBe(1_060)
    expect(regions.asked[0]!.aborted).toBe(true)
  })

  it('asks nobody else when the message is refused', async () => {
    const { clock, regions, start } = setUp({
      'us-east-1': { after: 2, error: awsError('InvalidCiphertextException') },
    })
    const result = await clock.until(start())
    expect(result).toMatchObject({ won: false, ended: 'message' })
    expect(regions.asked).toHaveLength(1)
    expect(clock.pending).toBe(0)
  })

  it('asks a region that refuses for good only once', async () => {
    const { clock, regions, start } = setUp({
      'us-east-1': { after: 2, error: awsError('AccessDeniedException') },
      'us-west-2': { after: 2, error: awsError('KMSInternalException', 500) },
      'eu-west-1': { after: 2, error: awsError('DisabledException') },
    })
    const result = await clock.until(start())
    expect(result).toMatchObject({ won: false, ended: 'exhausted' })
    expect(regions.asked.map(({ region }) => region)).toEqual([
      'us-east-1',
      'us-west-2',
      'eu-west-1',
      'us-west-2',
      'us-west-2',
    ])
  })

  it('does not ask again where every region refuses for good', async () => {
    const error = awsError('AccessDeniedException')
    const { clock, start } = setUp({
      'us-east-1': { after: 2, error },
      'us-west-2': { after: 2, error },
      'eu-west-1': { after: 2, error },
    })
    expect(outcomes(await clock.until(start()))).toHaveLength(3)
    expect(clock.now()).toBe(6)
  })

  it('asks again, after a pause, where every region failed for the moment', async () => {
    const { clock, regions, start } = setUp({
      'us-east-1': { after: 2, error: awsError('ThrottlingException') },
      'us-west-2': { after: 2, error: awsError('ThrottlingException') },
      'eu-west-1': { after: 2, error: awsError('ThrottlingException') },
    })
    const result = start()
    await clock.advance(10)
    regions.set('us-east-1', { after: 2, answer: 'east' })
    expect(await clock.until(result)).toMatchObject({ won: true, answer: 'east' })
  })

  describe('where a region has not got what it is asked for', () => {
    const absent = { after: 2, error: new AbsentError('no such item') }

    it('asks the next one, which may have it, and demotes none for it', async () => {
      const { clock, router, start } = setUp({
        'us-east-1': absent,
        'us-west-2': { after: 60, answer: 'west' },
      })
      const result = await clock.until(start())
      expect(result).toMatchObject({ won: true, answer: 'west' })
      expect(outcomes(result)).toEqual(['us-east-1 absent', 'us-west-2 answered'])
      expect(router.next(replicasIn(...REGIONS), 'Decrypt')).toMatchObject({
        region: 'us-east-1',
        state: 'available',
      })
    })

    it('ends when none has it, each asked once', async () => {
      const { clock, start } = setUp({ 'us-east-1': absent, 'us-west-2': absent, 'eu-west-1': absent })
      const result = await clock.until(start())
      expect(result).toMatchObject({ won: false, ended: 'exhausted' })
      expect(result.attempts).toHaveLength(3)
      expect(absentEverywhere(replicasIn(...REGIONS), result.attempts)).toBe(true)
      expect(refusedEverywhere(replicasIn(...REGIONS), result.attempts)).toBe(true)
    })

    it('asks it again with those that failed: it may have arrived meanwhile', async () => {
      const { clock, regions, start } = setUp({
        'us-east-1': absent,
        'us-west-2': { after: 2, error: awsError('InternalServerError', 500) },
        'eu-west-1': absent,
      })
      const call = start()
      await clock.advance(6)
      regions.set('eu-west-1', { after: 2, answer: 'arrived' })
      const result = await clock.until(call)
      expect(result).toMatchObject({ won: true, answer: 'arrived' })
      expect(absentEverywhere(replicasIn(...REGIONS), result.attempts)).toBe(false)
    })

    it('says that not all were asked when one failed to the end', async () => {
      const { clock, start } = setUp({
        'us-east-1': absent,
        'us-west-2': { after: 2, error: awsError('InternalServerError', 500) },
        'eu-west-1': absent,
      })
      const result = await clock.until(start())
      expect(result).toMatchObject({ won: false, ended: 'exhausted' })
      expect(refusedEverywhere(replicasIn(...REGIONS), result.attempts)).toBe(false)
    })
  })

  it('ends at the deadline of the call, with every region tried', async () => {
    const { clock, regions, start } = setUp({})
    const result = await clock.until(start({ timeout: 1_500 }))
    expect(result).toMatchObject({ won: false })
    expect(clock.now()).toBeCloseTo(1_500)
    expect(outcomes(result)).toEqual(['us-east-1 timeout', 'us-west-2 timeout', 'eu-west-1 timeout'])
    expect(regions.asked.every(({ aborted }) => aborted)).toBe(true)
    expect(clock.pending).toBe(0)
  })

  it('ends when the caller says so, and aborts what is under way', async () => {
    const { clock, regions, start } = setUp({})
    const caller = new AbortController()
    const result = start({ signal: caller.signal })
    await clock.advance(5)
    caller.abort()
    expect(await clock.until(result)).toMatchObject({ won: false, ended: 'aborted' })
    expect(regions.asked).toMatchObject([{ region: 'us-east-1', aborted: true }])
    expect(clock.pending).toBe(0)
  })

  it('asks nobody when the caller had given up before', async () => {
    const { clock, regions, start } = setUp({})
    expect(await clock.until(start({ signal: AbortSignal.abort() }))).toMatchObject({ ended: 'aborted' })
    expect(regions.asked).toEqual([])
  })

  it('destroys an answer that comes after its deadline', async () => {
    const { clock, regions, start } = setUp({ 'us-west-2': { after: 60, answer: 'west' } })
    const { send } = regions
    Object.assign(regions, {
      // A client that pays no heed to the signal.
      send: (...[replica, signal]: Parameters<typeof send>) =>
        replica.region === 'us-east-1'
          ? new Promise(resolve => clock.after(1_030, () => resolve('too late')))
          : send(replica, signal),
    })
    expect(await clock.until(start())).toMatchObject({ answer: 'west' })
    expect(regions.discarded).toEqual(['too late'])
  })

  it('hears nothing more of a region that fails after its deadline', async () => {
    const { clock, regions, router, start } = setUp({ 'us-west-2': { after: 60, answer: 'west' } })
    const { send } = regions
    Object.assign(regions, {
      send: (...[replica, signal]: Parameters<typeof send>) =>
        replica.region === 'us-east-1'
          ? new Promise((_, reject) => clock.after(1_030, () => reject(awsError('DisabledException'))))
          : send(replica, signal),
    })
    expect(outcomes(await clock.until(start()))).toEqual(['us-east-1 timeout', 'us-west-2 answered'])
    expect(router.rank(replicasIn('us-east-1'), 'Decrypt')[0]!.state).toBe('available')
  })

  it('stops listening for what becomes of a region', async () => {
    const { clock, router, start } = setUp({ 'us-west-2': { after: 60, answer: 'west' } })
    let listening = 0
    const onOpen = router.onOpen.bind(router)
    router.onOpen = (region, listener) => {
      listening++
      const stop = onOpen(region, listener)
      return () => {
        listening--
        stop()
      }
    }
    await clock.until(start())
    expect(listening).toBe(0)
  })

  it('treats a client that throws like one that rejects', async () => {
    const { clock, regions, start } = setUp({ 'us-west-2': { after: 60, answer: 'west' } })
    const send = regions.send
    Object.assign(regions, {
      send: (...[replica, signal]: Parameters<typeof send>) => {
        if (replica.region === 'us-east-1') throw new Error('no such client')
        return send(replica, signal)
      },
    })
    expect(outcomes(await clock.until(start()))).toEqual(['us-east-1 failed', 'us-west-2 answered'])
  })
})

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

describe('a probe that loses the race', () => {
  const gone: Behaviour = { after: 2, error: awsError('KMSInternalException', 500) }

  /** The own region's breaker is open, and a probe is due. */
  async function probeDue() {
    const world = setUp({ 'us-east-1': gone, 'us-west-2': { after: 30, answer: 'west' } }, { max: 40 })
    for (let i = 0; i < 5; i++) await world.clock.until(world.start())
    expect(stateOf(world)).toBe('open')
    await world.clock.advance(5_000)
    world.regions.asked.length = 0
    return world
  }

  function stateOf({ router }: ReturnType<typeof setUp>) {
    return router.rank(replicasIn('us-east-1'), 'Decrypt')[0]!.state
  }

  async function lose(world: ReturnType<typeof setUp>, behaviour: Behaviour) {
    world.regions.set('us-east-1', behaviour)
    const startedAt = world.clock.now()
    expect(await world.clock.until(world.start())).toMatchObject({ won: true, answer: 'west' })
    expect(world.clock.now() - startedAt).toBe(70)
    expect(world.regions.asked).toMatchObject([
      { region: 'us-east-1', aborted: false, settled: false },
      { region: 'us-west-2', settled: true },
    ])
    expect(stateOf(world)).toBe('open')
  }

  it('closes the breaker when it answers after all, and destroys the answer', async () => {
    const world = await probeDue()
    await lose(world, { after: 200, answer: 'east' })
    await world.clock.advance(129)
    expect(stateOf(world)).toBe('open')
    expect(world.regions.discarded).toEqual([])
    await world.clock.advance(1)
    expect(stateOf(world)).toBe('available')
    expect(world.regions.discarded).toEqual(['east'])
    expect(world.regions.asked[0]!.aborted).toBe(false)
    expect(world.clock.pending).toBe(0)
    world.regions.set('us-east-1', { after: 2, answer: 'east' })
    expect(await world.clock.until(world.start())).toMatchObject({ answer: 'east' })
  })

  it('does not hold the process', async () => {
    const world = await probeDue()
    await lose(world, 'hang')
    expect(world.clock.pending).toBe(1)
    expect(world.clock.holding).toBe(0)
  })

  it('is aborted at its own deadline, and the next one waits for its interval', async () => {
    const world = await probeDue()
    await lose(world, 'hang')
    await world.clock.advance(929)
    expect(world.regions.asked[0]!.aborted).toBe(false)
    await world.clock.advance(1)
    expect(world.regions.asked[0]!.aborted).toBe(true)
    expect(world.clock.pending).toBe(0)
    await world.clock.advance(3_999)
    expect(stateOf(world)).toBe('open')
    await world.clock.advance(1)
    expect(stateOf(world)).toBe('available')
  })

  it('leaves the breaker open when it fails', async () => {
    const world = await probeDue()
    await lose(world, { after: 200, error: awsError('KMSInternalException', 500) })
    await world.clock.advance(200)
    expect(stateOf(world)).toBe('open')
    expect(world.clock.pending).toBe(0)
    expect(world.regions.asked).toHaveLength(2)
  })

  it('has the region asked last when it refuses what another one did', async () => {
    const world = await probeDue()
    await lose(world, { after: 200, error: awsError('AccessDeniedException') })
    await world.clock.advance(200)
    expect(stateOf(world)).toBe('demoted')
  })

  it('ends no call when it refuses the message', async () => {
    const world = await probeDue()
    await lose(world, { after: 200, error: awsError('InvalidCiphertextException') })
    await world.clock.advance(200)
    expect(stateOf(world)).toBe('available')
    expect(world.regions.asked).toHaveLength(2)
  })

  it('destroys an answer that comes after its deadline', async () => {
    const world = await probeDue()
    const { send } = world.regions
    Object.assign(world.regions, {
      // A client that pays no heed to the signal.
      send: (...[replica, signal]: Parameters<typeof send>) =>
        replica.region === 'us-east-1'
          ? new Promise(resolve => world.clock.after(1_030, () => resolve('too late')))
          : send(replica, signal),
    })
    await world.clock.until(world.start())
    await world.clock.advance(1_000)
    expect(world.regions.discarded).toEqual(['too late'])
    expect(stateOf(world)).toBe('open')
  })

  it('is given up with the caller, like every attempt, when the call has no answer yet', async () => {
    const world = await probeDue()
    world.regions.set('us-east-1', 'hang')
    const caller = new AbortController()
    const result = world.start({ signal: caller.signal })
    await world.clock.advance(5)
    caller.abort()
    expect(await world.clock.until(result)).toMatchObject({ won: false, ended: 'aborted' })
    expect(world.regions.asked).toMatchObject([{ region: 'us-east-1', aborted: true }])
    expect(world.clock.pending).toBe(0)
  })
})
