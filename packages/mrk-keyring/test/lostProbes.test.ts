import { describe, expect, it } from 'vitest'
import { setUp } from './racing.js'
import { awsError, type Behaviour, replicasIn } from './scriptedRegions.js'

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
