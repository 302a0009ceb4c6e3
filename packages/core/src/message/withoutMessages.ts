import { FieldError, invalidOption } from '../errors.js'
import { isMessage, notSealed } from './header.js'
import type { Messages } from './messages.js'

/**
 * For a format that neither reads nor writes format 1. A message is still known for what it is, and does not open.
 *
 * @param wayOut sentences: what is missing, and how it is had
 */
export function withoutMessages(wayOut: string): Messages {
  const refuse = (option: string): never => {
    throw invalidOption(`The option ${option} is about format 1. ${wayOut}`)
  }
  return (_, codec, allowSigned) => {
    if (codec !== 'own') refuse('codec')
    if (allowSigned) refuse('allowSuites')
    return {
      writer: () => refuse("format: 'message'"),
      read(field) {
        throw isMessage(field)
          ? new FieldError('unsupported-version', `it is a message of format 1. ${wayOut}`)
          : notSealed()
      },
    }
  }
}
