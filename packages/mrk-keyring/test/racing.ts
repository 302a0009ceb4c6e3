// A race over scripted regions, by a clock that tests advance.
import type { HedgeOptions } from '../src/hedge.js'
import { Race, type RaceResult } from '../src/race.js'
import { Router } from '../src/router.js'
import { ManualClock } from './manualClock.js'
import { type Behaviour, replicasIn, ScriptedRegions } from './scriptedRegions.js'

export const REGIONS = ['us-east-1', 'us-west-2', 'eu-west-1']

export function setUp(behaviours: Record<string, Behaviour>, hedge: HedgeOptions | false = false) {
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

export function outcomes({ attempts }: RaceResult<string>): string[] {
  return attempts.map(({ region, outcome }) => `${region} ${outcome}`)
}
