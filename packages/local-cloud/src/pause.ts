/** That a fault is healed. Any number of calls wait for it, where Node takes many listeners of an `AbortSignal` for a leak. */
export class Healing {
  happened = false
  readonly waiting = new Set<() => void>()

  happen(): void {
    this.happened = true
    for (const done of [...this.waiting]) done()
  }
}

/** Waits so many milliseconds (undefined: for ever), or until it is healed or the client goes away. */
export function pause(
  delay: number | undefined,
  clientGone: AbortSignal,
  healing = new Healing(),
): Promise<void> {
  return new Promise(resolve => {
    const done = () => {
      clearTimeout(timer)
      clientGone.removeEventListener('abort', done)
      healing.waiting.delete(done)
      resolve()
    }
    const timer = delay === undefined ? undefined : setTimeout(done, delay)
    clientGone.addEventListener('abort', done)
    healing.waiting.add(done)
    if (clientGone.aborted || healing.happened) done()
  })
}
