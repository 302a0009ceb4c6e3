/** Where time comes from. Injected by tests; {@link systemClock} otherwise. */
export interface Clock {
  /** Milliseconds on a clock that never jumps. */
  now(): number
  /**
   * Runs `run` after `ms` milliseconds, and returns what cancels it. A background timer does not keep
   * the process alive.
   */
  after(ms: number, run: () => void, background?: boolean): () => void
}

// performance.now() and not Date.now(): a clock that NTP sets back must not stretch a deadline.
export const systemClock: Clock = {
  now: () => performance.now(),
  after(ms, run, background = false) {
    const timer = setTimeout(run, ms)
    if (background) timer.unref()
    return () => clearTimeout(timer)
  },
}
