type Listener = () => void

/**
 * Tells the SDK that an attempt is over. Every attempt needs one, and hardly any is ever fired: an
 * `AbortController` with the two listeners that the SDK adds costs a twentieth of a whole call. The SDK takes
 * anything with these members (`HttpHandlerOptions` of `@smithy/types`).
 */
export class AttemptSignal {
  aborted = false
  onabort: Listener | null = null
  #listeners: Listener[] | undefined

  addEventListener(_type: 'abort', listener: Listener): void {
    this.#listeners ??= []
    this.#listeners.push(listener)
  }

  removeEventListener(_type: 'abort', listener: Listener): void {
    this.#listeners = this.#listeners?.filter(other => other !== listener)
  }

  abort(): void {
    if (this.aborted) return
    this.aborted = true
    const listeners = this.#listeners ?? []
    this.#listeners = undefined
    this.onabort?.()
    for (const listener of listeners) listener()
  }
}
