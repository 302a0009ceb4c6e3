import { SERVICES, type ServiceName } from './aws.js'
import { checkDelay, checkRange, type Delay, shown } from './delays.js'
import { refuseUnknown } from './members.js'

/** Which calls a fault hits: those to one region, and of these only what else is named. */
export interface FaultScope {
  readonly region: string
  readonly service?: ServiceName
  readonly operation?: string
  /** Access key id: only the calls of one caller. */
  readonly principal?: string
}

/** What happens to the calls that a fault hits. */
export type FaultEffect =
  /** The connection is destroyed without an answer. */
  | { readonly kind: 'refuse' }
  /** Never answered; the connection is dropped when the fault is healed or the client goes away. */
  | { readonly kind: 'hang' }
  /** Answered late; spread evenly, not at random. */
  | ({ readonly kind: 'slow' } & Delay)
  /**
   * Answered with an AWS error: by default KMSInternalException or InternalServerError with 500.
   * `status` defaults to what AWS uses for that error. `times`: only the next so many calls.
   */
  | { readonly kind: 'error'; readonly error?: string; readonly status?: number; readonly times?: number }
  /**
   * Access is withdrawn: AccessDeniedException. `unlessContext` (KMS): only when the encryption context does not
   * have all of these pairs.
   */
  | {
      readonly kind: 'deny'
      readonly unlessContext?: Readonly<Record<string, string>>
    }
  /** This share of the calls, from 0 to 1, is throttled; spread evenly, not at random. */
  | { readonly kind: 'throttle'; readonly share: number }

/** Replication between two regions is cut, both ways. What was written meanwhile arrives after healing. */
export interface Cut {
  readonly kind: 'cut'
  readonly between: readonly [string, string]
}

/**
 * A region's clock is wrong: KMS's dates, and when waiting periods end; the time by which DynamoDB decides who wrote
 * last; the `date` of its answers. Requests that are signed by another clock are refused, as AWS refuses them:
 * InvalidSignatureException when the two are more than 5 minutes (KMS) or 15 minutes (DynamoDB) apart.
 */
export interface ClockShift {
  readonly kind: 'clock'
  readonly region: string
  /** Milliseconds that it is ahead, or behind when below 0. Of several, the sum. */
  readonly shift: number
}

export type Fault = (FaultScope & FaultEffect) | Cut | ClockShift

/** Ten years, in milliseconds: longer than anything in KMS waits. */
const MAX_SHIFT = 10 * 365 * 86_400_000

/** What of a fault is no text and no number. */
const OF_PARTS = ['between', 'percentiles', 'unlessContext']

const SCOPE = ['region', 'service', 'operation', 'principal']
const MEMBERS: Record<Fault['kind'], readonly string[]> = {
  refuse: SCOPE,
  hang: SCOPE,
  slow: [...SCOPE, 'delay', 'jitter', 'percentiles'],
  error: [...SCOPE, 'error', 'status', 'times'],
  deny: [...SCOPE, 'unlessContext'],
  throttle: [...SCOPE, 'share'],
  cut: ['between'],
  clock: ['region', 'shift'],
}
/** `Decrypt`, and not `decrypt`, `kms:Decrypt` or `DecryptCommand`, which no call would be. */
const OPERATION = /^(?!.*Command$)[A-Z][A-Za-z]+$/

/** Throws RangeError when a fault could not do what it says, because of a typing mistake for example. */
export function checkFault(fault: Fault, regions: readonly string[]): void {
  if (typeof fault !== 'object' || fault === null) throw new RangeError('A fault is an object')
  for (const [name, value] of Object.entries(fault))
    if (
      !OF_PARTS.includes(name) &&
      value !== undefined &&
      typeof value !== 'string' &&
      typeof value !== 'number'
    )
      throw new RangeError(`${name} is a text or a number, not ${shown(value)}`)
  if (!Object.hasOwn(MEMBERS, fault.kind))
    throw new RangeError(
      `No kind of fault called ${JSON.stringify(fault.kind)}; there are ${Object.keys(MEMBERS).join(', ')}`,
    )
  refuseUnknown(`A fault of kind ${fault.kind}`, fault, ['kind', ...MEMBERS[fault.kind]])
  if (fault.kind === 'cut' && !(Array.isArray(fault.between) && fault.between.length === 2))
    throw new RangeError('A cut is between two regions: between: [one, other]')
  const named = fault.kind === 'cut' ? fault.between : [fault.region]
  for (const region of named) {
    if (region === undefined)
      throw new RangeError(`A fault of kind ${fault.kind} takes a region: ${regions.join(' or ')}`)
    if (!regions.includes(region))
      throw new RangeError(
        `No region ${shown(region)} in this local cloud; it was started with ${regions.join(', ')}`,
      )
  }
  if (fault.kind === 'cut') {
    if (fault.between[0] === fault.between[1]) throw new RangeError('A cut is between two different regions')
    return
  }
  if (fault.kind === 'clock') {
    if (!(Number.isInteger(fault.shift) && Math.abs(fault.shift) <= MAX_SHIFT))
      throw new RangeError(
        `shift must be whole milliseconds between -${MAX_SHIFT} and ${MAX_SHIFT}, not ${fault.shift}`,
      )
    return
  }
  if (fault.service !== undefined && !SERVICES.includes(fault.service))
    throw new RangeError(`No service ${fault.service}; there is ${SERVICES.join(' and ')}`)
  if (fault.operation !== undefined && !OPERATION.test(fault.operation))
    throw new RangeError(
      `No operation ${JSON.stringify(fault.operation)}; they are called as AWS calls them, such as Decrypt or PutItem`,
    )
  checkText('principal', fault.principal)
  switch (fault.kind) {
    case 'slow':
      checkDelay(fault)
      break
    case 'throttle':
      checkRange('share', fault.share, 1)
      break
    case 'error': {
      const { error, status = 500, times = 1 } = fault
      checkText('error', error)
      if (!(Number.isInteger(status) && status >= 400 && status <= 599))
        throw new RangeError(`status must be that of an error, 400 to 599, not ${status}`)
      if (!(Number.isInteger(times) && times > 0))
        throw new RangeError(`times must be a positive integer, not ${times}`)
      break
    }
    case 'deny':
      checkContext(fault.unlessContext)
      break
  }
}

function checkText(name: string, value: unknown): void {
  if (value !== undefined && (typeof value !== 'string' || value === ''))
    throw new RangeError(`${name} is a name, not ${shown(value)}`)
}

function checkContext(context: unknown): void {
  if (context === undefined) return
  const texts =
    typeof context === 'object' &&
    context !== null &&
    !Array.isArray(context) &&
    Object.values(context).every(value => typeof value === 'string')
  if (!texts) throw new RangeError("unlessContext is texts by name, for example { tenant: 'acme' }")
}
