import { setTimeout } from 'node:timers/promises'

/** Time, so that tests need not wait for it. */
export interface Clock {
  /** Milliseconds, from any start. */
  now(): number
  /** Ends early, without an error, when the signal fires. */
  sleep(milliseconds: number, signal?: AbortSignal): Promise<void>
}

export const systemClock: Clock = {
  now: () => performance.now(),
  async sleep(milliseconds, signal) {
    try {
      await setTimeout(milliseconds, undefined, signal === undefined ? {} : { signal })
    } catch (error) {
      if (signal?.aborted !== true) throw error
    }
  },
}
