type Listener = () => void

/**
 * Tells the SDK that an attempt is over. Every attempt needs one, and hardly any is ever fired: with the
 * listeners that the SDK adds to it, an `AbortSignal` costs about a tenth of the processor time of a call.
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

/** What a client takes to be told that an attempt is over. */
export type AnySignal = AttemptSignal | AbortSignal

/** The signal as `client` takes it. */
export function signalFor(client: object, signal: AttemptSignal): AnySignal {
  if (takesAnySignal(client)) return signal
  const controller = new AbortController()
  if (signal.aborted) controller.abort()
  else signal.addEventListener('abort', () => controller.abort())
  return controller.signal
}

// `@smithy/node-http-handler`, the default in Node, takes any object with these members, as do the SDK's own
// layers above it (`HttpHandlerOptions` of `@smithy/types`); `fetch` takes nothing but an `AbortSignal`.
function takesAnySignal(client: { config?: unknown }): boolean {
  const config = client.config as
    | { requestHandler?: { metadata?: { handlerProtocol?: unknown } } }
    | undefined
  return config?.requestHandler?.metadata?.handlerProtocol === 'http/1.1'
}
