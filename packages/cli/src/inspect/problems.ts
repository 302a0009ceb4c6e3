import type { FieldError } from '@dynaseal/core'

/** Why something is not as it should be: the code of a `FieldError`, or one of these. */
export interface Problem {
  readonly code: string
  readonly reason: string
}

export const IN_CLEAR: Problem = {
  code: 'clear',
  reason: 'a value in clear stands where ciphertext belongs.',
}
export const STRAY: Problem = {
  code: 'not-declared',
  reason: 'it is ciphertext, and nothing that is registered has an encrypted attribute there.',
}

export function lacksKey(keyNames: readonly string[]): Problem {
  return { code: 'invalid-location', reason: `the item lacks its key (${keyNames.join(', ')}).` }
}

export function problemOf({ code, reason, cause }: FieldError): Problem {
  return { code, reason: cause instanceof Error ? `${reason} (${cause.name}: ${cause.message})` : reason }
}

export const IN_CLEAR_ITEM: Problem = {
  code: 'clear',
  reason: 'the item is in clear: it has neither header nor footer.',
}
export const OTHER_FORMAT: Problem = {
  code: 'other-format',
  reason:
    "the configuration's client seals otherwise: one of the two has the format of the AWS Database Encryption SDK, which seals items as wholes.",
}

export function lacks(name: string): Problem {
  return {
    code: 'missing-envelope',
    reason: `the item has no ${name}. Was it read as a whole? Otherwise somebody took it away.`,
  }
}
