import { type Failure, failureOf } from './failure.js'

/** A client of the AWS SDK, in whichever copy. */
export interface Sender {
  send(command: object, options: { abortSignal: AbortSignal }): Promise<unknown>
}

/** What a call brought, and what was seen on the way. */
export interface Answer<O> {
  readonly output?: O
  readonly failure?: Failure
  /** Milliseconds that the answer took, without what the SDK does before and after; undefined where there was none. */
  readonly ms: number | undefined
  /** Milliseconds that the region's clock is ahead of this machine's, to the second; below 0, behind. */
  readonly skewMs: number | undefined
}

interface HttpAnswer {
  readonly response?: { readonly headers?: Readonly<Record<string, string>> }
}
type Handler = (args: object) => Promise<HttpAnswer>
interface Stack {
  add(middleware: (next: Handler) => Handler, options: object): void
}

/** When calls end without an answer. */
export interface Limits {
  /** Milliseconds, of each call. */
  readonly timeout: number
  readonly signal: AbortSignal | undefined
}

/** A signature is refused when it is 5 minutes (KMS) or 15 (DynamoDB) off; the SDK signs the next one by the answer's date. */
const WORTH_ANOTHER_TRY = 60_000

/**
 * Sends a command, and never throws for what AWS answers.
 *
 * @param make the command, anew for each attempt
 * @param action as policies have it: `kms:Decrypt`
 */
export async function ask<O>(
  client: Sender,
  action: string,
  make: () => object,
  limits: Limits,
): Promise<Answer<O>> {
  const first = await attempt<O>(client, action, make(), limits)
  const isLate = Math.abs(first.skewMs ?? 0) > WORTH_ANOTHER_TRY
  return first.failure?.kind === 'credentials' && isLate ? attempt<O>(client, action, make(), limits) : first
}

async function attempt<O>(
  client: Sender,
  action: string,
  command: object,
  limits: Limits,
): Promise<Answer<O>> {
  let ms: number | undefined
  let skewMs: number | undefined
  const watch = (next: Handler): Handler => {
    return async args => {
      const start = performance.now()
      const answer = await next(args)
      ms = performance.now() - start
      const date = Date.parse(answer.response?.headers?.date ?? '')
      // The header has whole seconds: half a second more is its middle.
      if (!Number.isNaN(date)) skewMs = Math.round((date + 500 - Date.now()) / 1000) * 1000
      return answer
    }
  }
  // Of this command alone, so that the application's client stays as it is; nearest to the wire, before errors are made of answers.
  const { middlewareStack } = command as { middlewareStack: Stack }
  middlewareStack.add(watch, { step: 'deserialize', priority: 'low', name: 'dynasealDoctor' })
  const late = AbortSignal.timeout(limits.timeout)
  const abortSignal = limits.signal === undefined ? late : AbortSignal.any([late, limits.signal])
  try {
    const output = (await client.send(command, { abortSignal })) as O
    return { output, ms, skewMs }
  } catch (error) {
    if (!late.aborted) return { failure: failureOf(action, error), ms, skewMs }
    const reason = `no answer within ${limits.timeout / 1000} s`
    return { failure: { kind: 'unreachable', action, reason }, ms, skewMs }
  }
}
