/**
 * A call into the keyring that several wait for. Each may go when its own signal fires; the call is aborted when the
 * last has gone, and never for one of them.
 */
export class Flight<T> {
  readonly #landed: Promise<T>
  #resolve!: (value: T) => void
  #reject!: (error: unknown) => void
  #controller: AbortController | undefined
  readonly #onDeserted: () => void
  #waiters = 0
  /** Somebody waits who cannot go. */
  #isAnchored = false
  #isAborted = false
  #isOver = false

  /** @param onDeserted the last who waited has gone */
  constructor(onDeserted: () => void) {
    this.#onDeserted = onDeserted
    this.#landed = new Promise((resolve, reject) => {
      this.#resolve = resolve
      this.#reject = reject
    })
    // Who waits hears of it; nobody may be left who does.
    this.#landed.catch(() => {})
  }

  /** For the keyring. None where somebody waits who cannot go, so that it would never fire: it takes as long to make as to decrypt. */
  get signal(): AbortSignal | undefined {
    if (this.#isAnchored) return undefined
    this.#controller ??= new AbortController()
    return this.#controller.signal
  }

  get isAborted(): boolean {
    return this.#isAborted
  }

  /** Those who wait, and when it has landed, those who still did: each of them resumes. */
  get waiters(): number {
    return this.#waiters
  }

  land(value: T): void {
    this.#isOver = true
    this.#resolve(value)
  }

  fail(error: unknown): void {
    this.#isOver = true
    this.#reject(error)
  }

  abort(): void {
    this.#isAborted = true
    this.#controller?.abort()
  }

  /** Rejects with what the call fails with, or as soon as `signal` fires with its reason. It has not fired yet. */
  wait(signal: AbortSignal | undefined): Promise<T> {
    this.#waiters++
    if (signal === undefined) {
      this.#isAnchored = true
      return this.#landed
    }
    return new Promise((resolve, reject) => {
      const leave = () => {
        // What has landed was counted out to each who waited, and must be taken.
        if (this.#isOver) return
        reject(signal.reason)
        this.#waiters--
        if (this.#waiters === 0) this.#onDeserted()
      }
      signal.addEventListener('abort', leave, { once: true })
      const stay = () => signal.removeEventListener('abort', leave)
      this.#landed.then(resolve, reject).finally(stay)
    })
  }
}
