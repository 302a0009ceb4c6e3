export {
  type Attempt,
  type AttemptOutcome,
  type AttemptReason,
  AttemptTimeoutError,
  type Operation,
  UnusableResponseError,
} from './attempt.js'
export type { BreakerOptions } from './breaker.js'
export type { Clock } from './clock.js'
export { MrkKeyringConfigError, type MrkKeyringConfigErrorCode } from './configError.js'
export { MrkKeyringError, type MrkKeyringErrorCode } from './errors.js'
export {
  type AttemptEvent,
  type BreakerEvent,
  type ChoiceEvent,
  channelNames,
  type DiscoveryEvent,
  type Events,
  type HedgeEvent,
  type WarningEvent,
} from './events.js'
export type { HedgeOptions } from './hedge.js'
export type { MrkKeyringOptions } from './keyInRegions.js'
export type { KmsSender } from './kmsCalls.js'
export { type DiscoverOptions, MrkKeyring } from './mrkKeyring.js'
export type { RoutingOptions } from './options.js'
export type { Replica } from './replicas.js'
export type { Route, RouteState, Standing } from './router.js'
export { type Verdict, verdictOn, verdicts } from './verdicts.js'
