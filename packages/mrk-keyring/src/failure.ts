import type { Attempt, Operation } from './attempt.js'
import { MrkKeyringError, type MrkKeyringErrorCode } from './errors.js'
import type { RaceResult } from './race.js'
import {
  type CallLimits,
  hadNoCredentials,
  type RegionalService,
  refusedEverywhere,
} from './regionalService.js'
import type { Replica } from './replicas.js'

/** What a failure asks of the service that failed. */
type Service = Pick<RegionalService<object>, 'replicas' | 'elapsed'>

/** A call that no region answered. */
export type Failure = Extract<RaceResult<unknown>, { won: false }>

const PERMANENT: ReadonlySet<MrkKeyringErrorCode> = new Set([
  'NO_MATCHING_DATA_KEY',
  'MESSAGE_REFUSED',
  'REFUSED_EVERYWHERE',
])

/** The error that says what was tried, over all data keys of a message. */
export function failure(
  operation: Operation,
  key: string,
  service: Service,
  failures: readonly Failure[],
  limits: CallLimits,
  encryptionContext?: Readonly<Record<string, string>>,
): MrkKeyringError {
  const codes = failures.map(({ ended, attempts }) => codeOf(ended, attempts, service))
  const code =
    codes.find(code => code === 'ABORTED') ??
    // What an honest writer encrypted under this key, no region refuses: one that is refused says enough of the
    // message, whatever became of the others.
    codes.find(code => code === 'MESSAGE_REFUSED') ??
    codes.find(code => !PERMANENT.has(code)) ??
    codes.at(-1) ??
    'NO_MATCHING_DATA_KEY'
  return new MrkKeyringError(code, operation, {
    key,
    // Credentials that are unknown everywhere have been taken away; all else about them may be mended by the next call.
    permanent:
      PERMANENT.has(code) ||
      (code === 'CREDENTIALS' &&
        failures.every(({ attempts }) => refusedEverywhere(service.replicas, attempts))),
    attempts: failures.flatMap(({ attempts }) => attempts),
    elapsedMs: service.elapsed(limits),
    encryptionContext,
    ...(code === 'ABORTED' ? { cause: limits.signal?.reason } : {}),
  })
}

function codeOf(
  ended: Failure['ended'],
  attempts: readonly Attempt[],
  service: Service,
): MrkKeyringErrorCode {
  switch (ended) {
    case 'aborted':
      return 'ABORTED'
    case 'deadline':
      return 'TIMEOUT'
    case 'message':
      return 'MESSAGE_REFUSED'
    case 'exhausted':
      if (hadNoCredentials(attempts)) return 'CREDENTIALS'
      return refusedEverywhere(service.replicas, attempts) ? 'REFUSED_EVERYWHERE' : 'UNAVAILABLE'
  }
}

/** The id that all replicas share. */
export function idOf([first]: readonly Replica[]): string {
  return first!.arn.slice(first!.arn.lastIndexOf('/') + 1)
}
