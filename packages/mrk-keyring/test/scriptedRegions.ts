import type { AttemptSignal } from '../src/attemptSignal.js'
import type { Replica } from '../src/replicas.js'
import type { ManualClock } from './manualClock.js'

export type Behaviour = { after: number; answer: string } | { after: number; error: Error } | 'hang'

export interface Asked {
  region: string
  /** When, on the test's clock. */
  at: number
  /** It answered or failed by itself. */
  settled: boolean
  aborted: boolean
}

export const KEY_ID = 'mrk-1234abcd12ab34cd56ef1234567890ab'

export function arnIn(region: string): string {
  return `arn:aws:kms:${region}:111122223333:key/${KEY_ID}`
}

export function replicasIn(...regions: string[]): Replica[] {
  return regions.map(region => ({ region, arn: arnIn(region) }))
}

export function awsError(name: string, httpStatusCode = 400): Error {
  return Object.assign(new Error(`${name} says the test`), { name, $metadata: { httpStatusCode } })
}

/** Regions that do what the test says, on the test's clock. */
export class ScriptedRegions {
  readonly asked: Asked[] = []
  readonly discarded: string[] = []
  readonly #clock: ManualClock
  readonly #behaviours: Record<string, Behaviour>

  constructor(clock: ManualClock, behaviours: Record<string, Behaviour>) {
    this.#clock = clock
    this.#behaviours = behaviours
  }

  set(region: string, behaviour: Behaviour): void {
    this.#behaviours[region] = behaviour
  }

  readonly send = ({ region }: Replica, signal: AttemptSignal): Promise<string> => {
    const asked: Asked = { region, at: this.#clock.now(), settled: false, aborted: false }
    this.asked.push(asked)
    const behaviour = this.#behaviours[region]
    return new Promise((resolve, reject) => {
      signal.addEventListener('abort', () => {
        asked.aborted = true
        reject(awsError('AbortError', 0))
      })
      if (behaviour === undefined || behaviour === 'hang') return
      this.#clock.after(behaviour.after, () => {
        asked.settled = true
        if ('error' in behaviour) reject(behaviour.error)
        else resolve(behaviour.answer)
      })
    })
  }

  readonly discard = (answer: string): void => {
    this.discarded.push(answer)
  }
}
