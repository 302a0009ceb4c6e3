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

/** A timer this late, in ms, says that the process was stalled, and not that a region is slow. */
const STALLED = 50
/** Milliseconds for the answers that arrived during a stall to be read before a deadline strikes. */
const CATCH_UP = 20

export const systemClock: Clock = {
  // And not Date.now(): a clock that is set back must not stretch a deadline.
  now: () => performance.now(),

  // After a stall Node runs the timers that are due before it reads the sockets, so that every region would
  // seem to have missed its deadline.
  after(ms, run, background = false) {
    const due = performance.now() + ms
    let timer = setTimeout(() => {
      if (performance.now() - due <= STALLED) return run()
      timer = setTimeout(run, CATCH_UP)
      if (background) timer.unref()
    }, ms)
    if (background) timer.unref()
    return () => clearTimeout(timer)
  },
}
