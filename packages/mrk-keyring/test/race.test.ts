import { describe, expect, it } from 'vitest'
import { AbsentError } from '../src/attempt.js'
import { absentEverywhere, refusedEverywhere } from '../src/regionalService.js'
import { outcomes, REGIONS, setUp } from './racing.js'
import { awsError, replicasIn } from './scriptedRegions.js'

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
