import { ACCOUNT, AwsError, type ServiceName } from './aws.js'
import { delayOf } from './delays.js'
import type { Fault, FaultEffect } from './faults.js'
import { Happening, pause } from './pause.js'

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

interface Entry {
  readonly id: number
  readonly fault: Fault
  /** How many calls it has hit. */
  hits: number
  readonly healed: Happening
  readonly onHeal: () => void
}

const PASS: Verdict = { outcome: 'pass' }
const DROP: Verdict = { outcome: 'drop' }

/** What faults do that do not meet calls. Each answers the function that undoes it. */
export interface Breakable {
  /** Cuts replication between two regions. */
  cut(a: string, b: string): () => void
  /** Shifts a region's clock by so many milliseconds. */
  shiftClock(region: string, shift: number): () => void
}

/** The faults that are set, and what calls meet because of them. */
export class ActiveFaults {
  readonly #breakable: Breakable
  #entries: Entry[] = []
  #lastId = 0

  constructor(breakable: Breakable) {
    this.#breakable = breakable
  }

  /** Answers its id. */
  add(fault: Fault): number {
    const id = ++this.#lastId
    const onHeal = this.#break(fault)
    this.#entries.push({ id, fault: structuredClone(fault), hits: 0, healed: new Happening(), onHeal })
    return id
  }

  #break(fault: Fault): () => void {
    switch (fault.kind) {
      case 'cut':
        return this.#breakable.cut(...fault.between)
      case 'clock':
        return this.#breakable.shiftClock(fault.region, fault.shift)
      default:
        return () => {}
    }
  }

  /** In the order in which they were set. */
  list(): { id: number; fault: Fault }[] {
    return this.#entries.map(({ id, fault }) => ({ id, fault: structuredClone(fault) }))
  }

  /** False when there is none of this id, any more. */
  heal(id: number): boolean {
    const entry = this.#entries.find(one => one.id === id)
    if (entry === undefined) return false
    this.#entries = this.#entries.filter(one => one !== entry)
    entry.healed.happen()
    entry.onHeal()
    return true
  }

  healAll(): void {
    for (const { id } of this.#entries) this.heal(id)
  }

  /**
   * Takes a call through the faults: all delays first, then the first of the faults still set that ends it.
   * Resolves early when the client goes away.
   */
  meet(call: IncomingCall, clientGone: Happening): Promise<Verdict> | Verdict {
    return this.#entries.length === 0 ? PASS : this.#meetAll(call, clientGone)
  }

  async #meetAll(call: IncomingCall, clientGone: Happening): Promise<Verdict> {
    for (const entry of this.#hitting(call)) {
      if (entry.fault.kind !== 'slow') continue
      await pause(delayOf(entry.fault, entry.hits++), clientGone, entry.healed)
      if (clientGone.happened) return DROP
    }
    for (const entry of this.#hitting(call)) {
      const verdict = await this.#verdict(entry, call, clientGone)
      if (verdict.outcome !== 'pass') return verdict
    }
    return PASS
  }

  #hitting(call: IncomingCall): Entry[] {
    return this.#entries.filter(({ fault }) => hits(fault, call))
  }

  async #verdict(entry: Entry, call: IncomingCall, clientGone: Happening): Promise<Verdict> {
    const { fault } = entry
    switch (fault.kind) {
      case 'refuse':
        return DROP
      case 'hang':
        await pause(undefined, clientGone, entry.healed)
        return DROP
      case 'error':
        entry.hits++
        if (entry.hits === fault.times) this.heal(entry.id)
        return { outcome: 'fail', error: injectedError(call.service, fault.error, fault.status) }
      case 'deny':
        return denies(fault, call) ? { outcome: 'fail', error: accessDenied(call) } : PASS
      case 'throttle': {
        // Bresenham's line: of any n calls in a row, share * n (rounded) are throttled.
        const before = Math.floor(entry.hits * fault.share)
        entry.hits++
        if (Math.floor(entry.hits * fault.share) === before) return PASS
        return { outcome: 'fail', error: throttled(call.service) }
      }
      case 'slow':
      case 'cut':
      case 'clock':
        return PASS
    }
  }
}

function hits(fault: Fault, call: IncomingCall): boolean {
  return (
    fault.kind !== 'cut' &&
    fault.kind !== 'clock' &&
    fault.region === call.region &&
    (fault.service === undefined || fault.service === call.service) &&
    (fault.operation === undefined || fault.operation === call.operation) &&
    (fault.principal === undefined || fault.principal === call.principal)
  )
}

function injectedError(service: ServiceName, name?: string, status?: number): AwsError {
  const error = name ?? (service === 'kms' ? 'KMSInternalException' : 'InternalServerError')
  return new AwsError(error, 'Injected by a fault of the local cloud.', status)
}

function denies(fault: Extract<FaultEffect, { kind: 'deny' }>, call: IncomingCall): boolean {
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
