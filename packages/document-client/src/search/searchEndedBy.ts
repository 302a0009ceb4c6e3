import type { TokenMaker } from '@dynaseal/core'
import { ender, isAbortSignal } from '../client/abortSignal.js'

/** What makes the tokens of one call of `send`, ended by what ends its request. */
export function searchEndedBy(maker: TokenMaker, abortSignal: unknown): TokenMaker {
  if (!isAbortSignal(abortSignal)) return maker
  const ended = ender(abortSignal)
  const options = { signal: abortSignal }
  return {
    checkIncomplete: subject => maker.checkIncomplete?.(subject),
    write: subjects => ended(maker.write(subjects, options)),
    find: subjects => ended(maker.find(subjects, options)),
    check: claims => ended(maker.check(claims, options)),
  }
}
