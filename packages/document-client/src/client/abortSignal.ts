import type { Format } from '@dynaseal/core'

/** The format for one call of `send`, ended by what ends its request: the call's `abortSignal`. */
export function endedBy(format: Format, abortSignal: unknown): Format {
  // The signals of @aws-sdk/abort-controller, long deprecated, end the request alone.
  if (!isAbortSignal(abortSignal)) return format
  const ended = ender(abortSignal)
  const options = { signal: abortSignal }
  return {
    attributes: format.attributes,
    ...(format.wholeItems === undefined ? {} : { wholeItems: format.wholeItems }),
    covers: (table, name) => format.covers?.(table, name) !== false,
    uncovered: table => format.uncovered?.(table) ?? [],
    looksSealed: value => format.looksSealed(value),
    isSealed: (value, attributes) => format.isSealed(value, attributes),
    seal: items => ended(format.seal(items, options)),
    open: items => ended(format.open(items, options)),
  }
}

/** What ends with the signal, as the AWS SDK does. */
export function ender(signal: AbortSignal): <T>(work: Promise<T>) => Promise<T> {
  return async work => {
    try {
      return await work
    } catch (error) {
      throw signal.aborted && error === signal.reason ? abortError(signal.reason) : error
    }
  }
}

/** As the AWS SDK rejects when its request is aborted: applications tell it by the name. */
function abortError(reason: unknown): Error {
  const message = reason instanceof Error || !reason ? 'Request aborted' : String(reason)
  return Object.assign(new Error(message, { cause: reason }), { name: 'AbortError' })
}

/** The call's `abortSignal`, if it is one that more than the request ends with. */
export function signalOf(abortSignal: unknown): AbortSignal | undefined {
  return isAbortSignal(abortSignal) ? abortSignal : undefined
}

/** By what it can do: it may come from another realm. */
export function isAbortSignal(value: unknown): value is AbortSignal {
  const { throwIfAborted, addEventListener } = Object(value) as Partial<AbortSignal>
  return typeof throwIfAborted === 'function' && typeof addEventListener === 'function'
}
