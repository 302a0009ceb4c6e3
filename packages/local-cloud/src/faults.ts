import { ACCOUNT, AwsError, SERVICES, type ServiceName } from './aws.js'

/** Which calls a fault hits: those to one service in one region, and only one operation if it is named. */
export interface FaultScope {
  readonly region: string
  readonly service: ServiceName
  readonly operation?: string
}

/** What happens to the calls that a fault hits. */
export type FaultEffect =
  /** The connection is destroyed without an answer. */
  | { readonly kind: 'refuse' }
  /** Never answered; the connection is dropped when the fault is healed or the client goes away. */
  | { readonly kind: 'hang' }
  /** Answered after `delay`, plus up to `jitter`, milliseconds; spread evenly, not at random. */
  | { readonly kind: 'slow'; readonly delay: number; readonly jitter?: number }
  /**
   * Answered with an AWS error: by default KMSInternalException or InternalServerError with 500.
   * `status` defaults to what AWS uses for that error. `times`: only the next so many calls.
   */
  | { readonly kind: 'error'; readonly error?: string; readonly status?: number; readonly times?: number }
  /**
   * Access is withdrawn: AccessDeniedException. `principal`: only for this access key id. `unlessContext`
   * (KMS): only when the encryption context does not have all of these pairs.
   */
  | {
      readonly kind: 'deny'
      readonly principal?: string
      readonly unlessContext?: Readonly<Record<string, string>>
    }
  /** This share of the calls, from 0 to 1, is throttled; spread evenly, not at random. */
  | { readonly kind: 'throttle'; readonly share: number }

/** Replication between two regions is cut, both ways. What was written meanwhile arrives after healing. */
export interface Cut {
  readonly kind: 'cut'
  readonly between: readonly [string, string]
}

export type Fault = (FaultScope & FaultEffect) | Cut

type ServiceFault = FaultScope & FaultEffect

/** What a call meets on its way in. */
export type Verdict =
  | { readonly outcome: 'pass' }
  | { readonly outcome: 'drop' }
  | { readonly outcome: 'fail'; readonly error: AwsError }

/** What faults look at. */
export interface IncomingCall {
  readonly region: string
  readonly service: ServiceName
  readonly operation: string
  /** Access key id. */
  readonly principal: string
  readonly body: Buffer
}

interface ActiveFault {
  readonly fault: ServiceFault
  /** How many calls it has hit. */
  hits: number
  /** Resolves when it is healed. */
  readonly healed: Promise<void>
  readonly markHealed: () => void
}

const PASS: Verdict = { outcome: 'pass' }
const DROP: Verdict = { outcome: 'drop' }

export class ServiceFaults {
  #active: ActiveFault[] = []

  add(fault: ServiceFault): () => void {
    let markHealed = () => {}
    const healed = new Promise<void>(resolve => {
      markHealed = resolve
    })
    const active: ActiveFault = { fault: { ...fault }, hits: 0, healed, markHealed }
    this.#active.push(active)
    return () => this.#remove(active)
  }

  heal(): void {
    for (const active of this.#active.slice()) this.#remove(active)
  }

  #remove(active: ActiveFault): void {
    this.#active = this.#active.filter(other => other !== active)
    active.markHealed()
  }

  /**
   * Takes a call through the faults that are active now: all delays first, then the first fault that
   * ends it. Resolves early when the client goes away.
   */
  async meet(call: IncomingCall, clientGone: AbortSignal): Promise<Verdict> {
    const hitting = this.#active.filter(({ fault }) => hits(fault, call))
    for (const active of hitting) {
      if (active.fault.kind !== 'slow') continue
      const { delay, jitter = 0 } = active.fault
      await pause(delay + jitter * evenly(active.hits++), active.healed, clientGone)
      if (clientGone.aborted) return DROP
    }
    for (const active of hitting) {
      const { fault } = active
      switch (fault.kind) {
        case 'slow':
          break
        case 'refuse':
          return DROP
        case 'hang':
          await pause(undefined, active.healed, clientGone)
          return DROP
        case 'error':
          active.hits++
          if (fault.times !== undefined && active.hits >= fault.times) this.#remove(active)
          return { outcome: 'fail', error: injectedError(fault.service, fault.error, fault.status) }
        case 'deny':
          if (denies(fault, call)) return { outcome: 'fail', error: accessDenied(call) }
          break
        case 'throttle': {
          // Bresenham's line: of any n calls in a row, share * n (rounded) are throttled.
          const before = Math.floor(active.hits * fault.share)
          active.hits++
          if (Math.floor(active.hits * fault.share) > before)
            return { outcome: 'fail', error: throttled(fault.service) }
        }
      }
    }
    return PASS
  }
}

/** Throws when a fault could not do what it says, because of a typing mistake for example. */
export function checkFault(fault: Fault, regions: readonly string[]): void {
  const named = fault.kind === 'cut' ? fault.between : [fault.region]
  for (const region of named) {
    if (!regions.includes(region))
      throw new RangeError(
        `No region ${region} in this local cloud; it was started with ${regions.join(', ')}`,
      )
  }
  if (fault.kind === 'cut') {
    if (fault.between[0] === fault.between[1]) throw new RangeError('A cut is between two different regions')
    return
  }
  if (!SERVICES.includes(fault.service))
    throw new RangeError(`No service ${fault.service}; there is ${SERVICES.join(' and ')}`)
  switch (fault.kind) {
    case 'slow':
      checkRange('delay', fault.delay, Number.MAX_SAFE_INTEGER)
      checkRange('jitter', fault.jitter ?? 0, Number.MAX_SAFE_INTEGER)
      break
    case 'throttle':
      checkRange('share', fault.share, 1)
      break
    case 'error':
      if (fault.times !== undefined && !(Number.isInteger(fault.times) && fault.times > 0))
        throw new RangeError(`times must be a positive integer, not ${fault.times}`)
      break
    case 'refuse':
    case 'hang':
    case 'deny':
      break
    default:
      throw new RangeError(`No kind of fault called ${JSON.stringify((fault as { kind: unknown }).kind)}`)
  }
}

function checkRange(name: string, value: number, max: number): void {
  if (!(value >= 0 && value <= max))
    throw new RangeError(`${name} must be between 0 and ${max}, not ${value}`)
}

function hits(fault: ServiceFault, call: IncomingCall): boolean {
  return (
    fault.region === call.region &&
    fault.service === call.service &&
    (fault.operation === undefined || fault.operation === call.operation)
  )
}

function injectedError(service: ServiceName, name?: string, status?: number): AwsError {
  const error = name ?? (service === 'kms' ? 'KMSInternalException' : 'InternalServerError')
  return new AwsError(error, 'Injected by a fault of the local cloud.', status)
}

function denies(fault: Extract<ServiceFault, { kind: 'deny' }>, call: IncomingCall): boolean {
  if (fault.principal !== undefined && fault.principal !== call.principal) return false
  if (fault.unlessContext === undefined) return true
  const context = encryptionContext(call.body)
  return Object.entries(fault.unlessContext).some(([name, value]) => context[name] !== value)
}

function encryptionContext(body: Buffer): Readonly<Record<string, unknown>> {
  try {
    const { EncryptionContext, SourceEncryptionContext } = JSON.parse(body.toString())
    return EncryptionContext ?? SourceEncryptionContext ?? {}
  } catch {
    return {}
  }
}

function accessDenied({ service, operation, principal }: IncomingCall): AwsError {
  const action = `${service}:${operation}`
  return new AwsError(
    'AccessDeniedException',
    `User: arn:aws:iam::${ACCOUNT}:user/${principal} is not authorized to perform: ${action} on this resource ` +
      `because no identity-based policy allows the ${action} action`,
  )
}

function throttled(service: ServiceName): AwsError {
  return service === 'kms'
    ? new AwsError(
        'ThrottlingException',
        'You have exceeded the rate at which you may call KMS. Reduce the frequency of your calls.',
      )
    : new AwsError(
        'ProvisionedThroughputExceededException',
        'The level of configured provisioned throughput for the table was exceeded. ' +
          'Consider increasing your provisioning level with the UpdateTable API.',
      )
}

/** The n-th of a sequence that fills [0, 1) evenly: multiples of the golden ratio, modulo 1. */
function evenly(n: number): number {
  return (n * 0.618033988749895) % 1
}

/** Waits so many milliseconds (undefined: for ever), or until it is healed or the client goes away. */
function pause(delay: number | undefined, healed: Promise<void>, clientGone: AbortSignal): Promise<void> {
  return new Promise(resolve => {
    if (clientGone.aborted) return resolve()
    const timer = delay === undefined ? undefined : setTimeout(done, delay)
    function done() {
      clearTimeout(timer)
      clientGone.removeEventListener('abort', done)
      resolve()
    }
    clientGone.addEventListener('abort', done)
    healed.then(done)
  })
}
