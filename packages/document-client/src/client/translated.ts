import { DocumentClientError } from '../errors.js'
import type { Dialect } from '../tables/dialect.js'

/** What was thrown, as the client's users know it, and with where it was thrown. */
export function translated(dialect: Dialect, error: unknown): unknown {
  if (!(error instanceof Error) || Object.getPrototypeOf(error) !== DocumentClientError.prototype)
    return error
  const { code, message, stack } = error as DocumentClientError
  const known = dialect.refusal(code, message)
  known.stack = upToMessage(known) + (stack?.slice(upToMessage(error).length) ?? '')
  return known
}

/** What comes before the frames of a stack: a name, and the message. */
function upToMessage({ stack = '', message }: Error): string {
  return stack.slice(0, stack.indexOf(message) + message.length)
}
