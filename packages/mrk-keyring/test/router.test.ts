import { beforeEach, describe, expect, it } from 'vitest'
import { type Attempt, type AttemptOutcome, AttemptTimeoutError, type Operation } from '../src/attempt.js'
import { Router, type RouterOptions } from '../src/router.js'
import { ManualClock } from './manualClock.js'
import { arnIn, awsError, replicasIn } from './scriptedRegions.js'

let clock: ManualClock
beforeEach(() => {
  clock = new ManualClock()
})

function makeRouter(options: Partial<RouterOptions> = {}): Router {
  return new Router({
    ownRegion: 'us-east-1',
    breaker: { failures: 3, probeInterval: 5_000 },
    hedge: {},
    clock,
    random: () => 1,
    ...options,
  })
}

const REGIONS = ['eu-west-1', 'us-west-2', 'us-east-1', 'us-east-2']

function order(router: Router, operation: Operation = 'Decrypt', regions = REGIONS): string[] {
  return router.rank(replicasIn(...regions), operation).map(({ region }) => region)
}

/** Asks a region and lets it end in a way; returns why it was asked. */
function ask(
  router: Router,
  region: string,
  outcome: AttemptOutcome,
  {
    durationMs = 10,
    error,
    operation = 'Decrypt',
    slow = false,
  }: { durationMs?: number; error?: Error; operation?: Operation; slow?: boolean } = {},
): Attempt['reason'] {
  const [standing] = router.rank(replicasIn(region), operation)
  const reason = router.start(standing!) ? 'probe' : 'first'
  router.record(
    standing!,
    operation,
    { region, arn: arnIn(region), reason, durationMs, outcome, error },
    slow,
  )
  return reason
}

const serverError = awsError('KMSInternalException', 500)
const denied = awsError('AccessDeniedException')
const throttled = awsError('ThrottlingException')

function state(router: Router, region = 'us-east-1', operation: Operation = 'Decrypt') {
  return router.rank(replicasIn(region), operation)[0]!.state
}

describe('the order of regions', () => {
  it('is the own region, then by distance', () => {
    expect(order(makeRouter())).toEqual(['us-east-1', 'us-east-2', 'us-west-2', 'eu-west-1'])
  })

  it('puts regions that the table does not know last, in the order given', () => {
    const regions = ['xx-moon-1', 'xx-mars-1', ...REGIONS]
    expect(order(makeRouter(), 'Decrypt', regions).slice(-2)).toEqual(['xx-moon-1', 'xx-mars-1'])
  })

  it('is the order given where the own region is not known', () => {
    expect(order(makeRouter({ ownRegion: undefined }))).toEqual(REGIONS)
  })

  it('is by distance from an own region that holds no replica', () => {
    const router = makeRouter({ ownRegion: 'eu-central-1' })
    expect(order(router)).toEqual(['eu-west-1', 'us-east-1', 'us-east-2', 'us-west-2'])
  })

  it('goes by observed latency once there is one', () => {
    const router = makeRouter()
    ask(router, 'us-east-2', 'answered', { durationMs: 400 })
    ask(router, 'us-west-2', 'answered', { durationMs: 60 })
    expect(order(router)).toEqual(['us-east-1', 'us-west-2', 'eu-west-1', 'us-east-2'])
  })

  it('stays with a region that was observed unless another promises half of its latency', () => {
    const router = makeRouter()
    // By distance, eu-west-1 is 83 ms away.
    ask(router, 'us-west-2', 'answered', { durationMs: 160 })
    expect(order(router, 'Decrypt', ['us-west-2', 'eu-west-1'])).toEqual(['us-west-2', 'eu-west-1'])
    const slower = makeRouter()
    ask(slower, 'us-west-2', 'answered', { durationMs: 170 })
    expect(order(slower, 'Decrypt', ['us-west-2', 'eu-west-1'])).toEqual(['eu-west-1', 'us-west-2'])
  })

  it('does not change for a burst of slow answers, and does for seconds of them', async () => {
    const router = makeRouter()
    const regions = ['us-west-2', 'eu-west-1']
    ask(router, 'us-west-2', 'answered', { durationMs: 60 })
    ask(router, 'eu-west-1', 'answered', { durationMs: 140 })
    await clock.advance(1_000)
    for (let i = 0; i < 32; i++) ask(router, 'us-west-2', 'answered', { durationMs: 300 })
    expect(order(router, 'Decrypt', regions)).toEqual(regions)
    for (let i = 0; i < 32; i++) {
      await clock.advance(250)
      ask(router, 'us-west-2', 'answered', { durationMs: 300 })
    }
    expect(order(router, 'Decrypt', regions)).toEqual(['eu-west-1', 'us-west-2'])
  })

  it('keeps the own region first however slow it was', () => {
    const router = makeRouter()
    ask(router, 'us-east-1', 'answered', { durationMs: 400 })
    expect(order(router)[0]).toBe('us-east-1')
  })

  it('forgets what it observed long ago', async () => {
    const router = makeRouter()
    ask(router, 'us-east-2', 'answered', { durationMs: 400 })
    await clock.advance(5 * 60_000 + 1)
    expect(order(router)[1]).toBe('us-east-2')
  })

  it('is explained in words', () => {
    const router = makeRouter()
    ask(router, 'us-west-2', 'answered', { durationMs: 61 })
    const routes = router.explain(replicasIn('us-east-1', 'us-west-2', 'xx-moon-1'), 'Decrypt')
    expect(routes.map(({ why }) => why)).toEqual([
      'own region, about 1 ms away',
      'answers in 61 ms',
      'distance unknown',
    ])
  })
})

describe('the breaker of a region', () => {
  it('opens on consecutive transient failures, and the region is asked last', () => {
    const router = makeRouter()
    ask(router, 'us-east-1', 'failed', { error: serverError })
    ask(router, 'us-east-1', 'timeout', { durationMs: 1_000, error: new AttemptTimeoutError(1_000) })
    expect(order(router)[0]).toBe('us-east-1')
    ask(router, 'us-east-1', 'failed', { error: serverError })
    expect(order(router).at(-1)).toBe('us-east-1')
    expect(router.explain(replicasIn('us-east-1'), 'Decrypt')[0]!.why).toBe(
      'own region, about 1 ms away, breaker open, next probe in 5000 ms',
    )
  })

  it('does not count failures that are not consecutive', () => {
    const router = makeRouter()
    for (let i = 0; i < 10; i++) {
      ask(router, 'us-east-1', 'failed', { error: serverError })
      ask(router, 'us-east-1', 'failed', { error: serverError })
      expect(state(router)).toBe('available')
      ask(router, 'us-east-1', 'answered')
    }
  })

  it.each([
    ['refusals', 'region-refused', denied],
    ['refused messages', 'message-refused', awsError('InvalidCiphertextException')],
    ['what the caller gave up', 'aborted', undefined],
    ['hedges that lost', 'outpaced', undefined],
    ['expired credentials', 'failed', awsError('ExpiredTokenException')],
  ] as const)('does not count %s', (_, outcome, error) => {
    const router = makeRouter()
    for (let i = 0; i < 10; i++) ask(router, 'us-east-1', outcome, error === undefined ? {} : { error })
    expect(router.explain(replicasIn('us-east-1'), 'Decrypt')[0]!.why).not.toContain('breaker')
  })

  it('counts races lost against a region that was asked later', () => {
    const router = makeRouter()
    for (let i = 0; i < 3; i++) ask(router, 'us-east-1', 'outpaced', { slow: true })
    expect(state(router)).toBe('open')
  })

  it('closes for a region that has not got what it was asked for, which is an answer', () => {
    const router = makeRouter()
    for (let i = 0; i < 2; i++) ask(router, 'us-east-1', 'failed', { error: serverError })
    ask(router, 'us-east-1', 'absent')
    ask(router, 'us-east-1', 'failed', { error: serverError })
    expect(state(router)).toBe('available')
    expect(router.rank(replicasIn('us-east-1'), 'GetItem')[0]).toMatchObject({ observed: true })
  })

  it('does not count an attempt that the end of the call cut short', () => {
    const router = makeRouter()
    for (let i = 0; i < 10; i++)
      ask(router, 'us-east-1', 'timeout', { durationMs: 5, error: new AttemptTimeoutError(5) })
    expect(state(router)).toBe('available')
  })

  it('lets one probe through in an interval, and closes when that succeeds', async () => {
    const router = makeRouter()
    for (let i = 0; i < 3; i++) ask(router, 'us-east-1', 'failed', { error: serverError })
    await clock.advance(4_999)
    expect(state(router)).toBe('open')
    await clock.advance(1)
    expect(order(router)[0]).toBe('us-east-1')

    const [standing] = router.rank(replicasIn('us-east-1'), 'Decrypt')
    expect(router.start(standing!)).toBe(true)
    expect(state(router)).toBe('open')
    await clock.advance(60_000)
    expect(state(router)).toBe('open')
    router.record(
      standing!,
      'Decrypt',
      { region: 'us-east-1', arn: arnIn('us-east-1'), reason: 'probe', durationMs: 1, outcome: 'answered' },
      false,
    )
    expect(state(router)).toBe('available')
    expect(ask(router, 'us-east-1', 'answered')).toBe('first')
  })

  it('waits another interval when the probe fails', async () => {
    const router = makeRouter()
    for (let i = 0; i < 3; i++) ask(router, 'us-east-1', 'failed', { error: serverError })
    await clock.advance(5_000)
    expect(ask(router, 'us-east-1', 'failed', { error: serverError })).toBe('probe')
    await clock.advance(4_999)
    expect(state(router)).toBe('open')
    await clock.advance(1)
    expect(state(router)).toBe('available')
  })

  it('tells those who wait for the region when it opens', () => {
    const router = makeRouter()
    let told = 0
    const stop = router.onOpen('us-east-1', () => told++)
    router.onOpen('us-west-2', () => told++)
    for (let i = 0; i < 5; i++) ask(router, 'us-east-1', 'failed', { error: serverError })
    expect(told).toBe(1)
    stop()
  })
})

describe('a region that throttles', () => {
  it('is asked later for a while, and longer each time', async () => {
    const router = makeRouter({ breaker: { failures: 100 } })
    for (const span of [100, 200, 400, 800, 1_600, 3_200, 5_000, 5_000]) {
      ask(router, 'us-east-1', 'failed', { error: throttled })
      await clock.advance(span - 1)
      expect(order(router).at(-1)).toBe('us-east-1')
      await clock.advance(1)
      expect(order(router)[0]).toBe('us-east-1')
    }
  })

  it('starts with a short while again after it answered', async () => {
    const router = makeRouter({ breaker: { failures: 100 } })
    for (let i = 0; i < 5; i++) {
      ask(router, 'us-east-1', 'failed', { error: throttled })
      await clock.advance(5_000)
    }
    ask(router, 'us-east-1', 'answered')
    ask(router, 'us-east-1', 'failed', { error: throttled })
    await clock.advance(100)
    expect(state(router)).toBe('available')
  })

  it('is not made to wait longer by calls that were under way together', async () => {
    const router = makeRouter({ breaker: { failures: 100 } })
    for (let i = 0; i < 32; i++) ask(router, 'us-east-1', 'failed', { error: throttled })
    await clock.advance(100)
    expect(state(router)).toBe('available')
  })

  it('is asked before regions whose breaker is open', () => {
    const router = makeRouter()
    for (let i = 0; i < 3; i++) ask(router, 'us-east-2', 'failed', { error: serverError })
    ask(router, 'us-east-1', 'failed', { error: throttled })
    expect(order(router)).toEqual(['us-west-2', 'eu-west-1', 'us-east-1', 'us-east-2'])
  })
})

describe('a region that refuses what another one does', () => {
  it('is asked last for that operation, for a while', async () => {
    const router = makeRouter()
    router.demote('us-east-1', 'Decrypt')
    expect(order(router).at(-1)).toBe('us-east-1')
    expect(order(router, 'GenerateDataKey')[0]).toBe('us-east-1')
    await clock.advance(30_000)
    expect(order(router)[0]).toBe('us-east-1')
  })

  it('is back as soon as it answers', () => {
    const router = makeRouter()
    router.demote('us-east-1', 'Decrypt')
    ask(router, 'us-east-1', 'answered')
    expect(order(router)[0]).toBe('us-east-1')
  })
})

describe('the delay before a hedge', () => {
  const delay = (router: Router) => router.rank(replicasIn('us-east-1'), 'Decrypt')[0]!.hedgeAfter

  it('is the cap before anything was observed', () => {
    expect(delay(makeRouter())).toBe(300)
    expect(delay(makeRouter({ hedge: { max: 80 } }))).toBe(80)
  })

  it('is the floor where answers come fast and regularly', () => {
    const router = makeRouter()
    for (let i = 0; i < 50; i++) ask(router, 'us-east-1', 'answered', { durationMs: 2 })
    expect(delay(router)).toBe(30)
  })

  const answers = async (router: Router, count: number, every: number, durationMs: (i: number) => number) => {
    for (let i = 0; i < count; i++) {
      await clock.advance(every)
      ask(router, 'us-east-1', 'answered', { durationMs: durationMs(i) })
    }
  }

  it('follows answers that take longer, or come irregularly', async () => {
    const router = makeRouter()
    await answers(router, 50, 1_000, () => 97)
    // In steps of 10 ms.
    expect(delay(router)).toBe(100)
    await answers(router, 50, 1_000, i => (i % 2 === 0 ? 90 : 110))
    expect(delay(router)).toBeGreaterThan(120)
  })

  it('remembers a burst of slow answers for some seconds, because the next may be as slow', async () => {
    const router = makeRouter()
    await answers(router, 2_000, 10, () => 60)
    expect(delay(router)).toBeLessThanOrEqual(70)
    await answers(router, 32, 0, i => 60 + i)
    const burst = delay(router)
    expect(burst).toBeGreaterThan(90)
    await answers(router, 100, 10, () => 60)
    expect(delay(router)).toBeGreaterThan(85)
    await answers(router, 2_000, 10, () => 60)
    expect(delay(router)).toBeLessThanOrEqual(70)
  })

  it('never exceeds the cap', () => {
    const router = makeRouter()
    for (let i = 0; i < 50; i++) ask(router, 'us-east-1', 'answered', { durationMs: 2_000 })
    expect(delay(router)).toBe(300)
  })

  it('is the same for a probe', async () => {
    const router = makeRouter()
    for (let i = 0; i < 50; i++) ask(router, 'us-east-1', 'answered', { durationMs: 200 })
    const before = delay(router)
    for (let i = 0; i < 3; i++) ask(router, 'us-east-1', 'failed', { error: serverError })
    await clock.advance(5_000)
    expect(delay(router)).toBe(before)
  })

  it('is none where hedging is off', () => {
    expect(delay(makeRouter({ hedge: false }))).toBeUndefined()
  })
})
