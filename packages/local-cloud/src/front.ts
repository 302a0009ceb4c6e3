import type { IncomingMessage } from 'node:http'
import type { ActiveFaults } from './activeFaults.js'
import { AwsError, type AwsRequest, type AwsResponse, SERVICES, type ServiceName } from './aws.js'
import type { CallLog, OpenCall } from './callLog.js'
import type { RegionClocks } from './clocks.js'
import { readBody } from './http/body.js'
import { fromThisMachine } from './http/fromThisMachine.js'
import { errorName, errorResponse } from './http/responses.js'
import { readOperation, readScope } from './http/scope.js'
import { requireCurrent, requireDate } from './http/signingDate.js'
import type { Latency } from './latency.js'
import { type Happening, pause } from './pause.js'

/** Does what a request asks, in the region and service it is for. Throws AwsError for what is refused. */
export type Dispatch = (request: AwsRequest, call: OpenCall) => Promise<AwsResponse>

/** What stands before the services: finds out where a request is going, notes it, and takes it through the faults. */
export class Front {
  readonly #regions: readonly string[]
  readonly #log: CallLog
  readonly #faults: ActiveFaults
  readonly #clocks: RegionClocks
  readonly #latency: Latency
  readonly #dispatch: Dispatch

  constructor(options: {
    regions: readonly string[]
    log: CallLog
    faults: ActiveFaults
    clocks: RegionClocks
    latency: Latency
    dispatch: Dispatch
  }) {
    this.#regions = options.regions
    this.#log = options.log
    this.#faults = options.faults
    this.#clocks = options.clocks
    this.#latency = options.latency
    this.#dispatch = options.dispatch
  }

  /** Undefined: the connection is to be destroyed without an answer. */
  async handle(message: IncomingMessage, clientGone: Happening): Promise<AwsResponse | undefined> {
    const { headers } = message
    // The dialect of an error, until the request has said whom it is for.
    let service: ServiceName = 'dynamodb'
    let call: OpenCall | undefined
    try {
      requireThisMachine(headers)
      const { region, service: name, principal } = readScope(headers)
      service = knownService(name)
      this.#requireRegion(region)
      const operation = readOperation(headers)
      call = this.#log.open(service, region, operation)
      const body = await readBody(message)
      requireDate(headers)
      const latency = this.#latency[region] ?? 0
      if (latency > 0) await pause(latency, clientGone)
      if (clientGone.happened) return undefined
      const verdict = await this.#faults.meet({ region, service, operation, principal, body }, clientGone)
      if (verdict.outcome === 'drop') return undefined
      this.#requireCurrent(message, call)
      if (verdict.outcome === 'fail') throw verdict.error
      const response = await this.#dispatch({ region, service, operation, headers, body }, call)
      return this.#dated(noted(call, response), region)
    } catch (error) {
      if (clientGone.happened) return undefined
      const response = errorResponse(service, asAwsError(error, service))
      return call === undefined ? response : this.#dated(noted(call, response), call.region)
    } finally {
      if (call !== undefined) this.#log.close(call)
    }
  }

  /** The date of a signature matters as little as the signature, unless it is a fault that clocks differ. */
  #requireCurrent({ headers }: IncomingMessage, { service, region }: OpenCall): void {
    if (this.#clocks.shiftOf(region) !== 0) requireCurrent(headers, service, this.#clocks.now(region))
  }

  /** With the time that it is in the region; without a `date` here, the HTTP server adds this machine's. */
  #dated(response: AwsResponse, region: string): AwsResponse {
    if (this.#clocks.shiftOf(region) === 0) return response
    const date = new Date(this.#clocks.now(region)).toUTCString()
    return { ...response, headers: { ...response.headers, date } }
  }

  #requireRegion(region: string): void {
    if (!this.#regions.includes(region))
      throw new AwsError(
        'UnrecognizedClientException',
        `The local cloud has no region ${region}; it was started with ${this.#regions.join(', ')}.`,
      )
  }
}

/** Throws AwsError for what a web page of another origin sends, or under another name; see fromThisMachine. */
function requireThisMachine(headers: IncomingMessage['headers']): void {
  if (fromThisMachine(headers)) return
  throw new AwsError(
    'AccessDeniedException',
    'The local cloud answers programs on this machine only. The Host of a request is 127.0.0.1, localhost or [::1], ' +
      `not ${JSON.stringify(headers.host ?? '')}, and a request of a web page, which has an Origin, is refused. ` +
      'Through a proxy or a container, let it set the Host.',
    403,
  )
}

function noted(call: OpenCall, response: AwsResponse): AwsResponse {
  call.status = response.status
  const error = errorName(response)
  if (error !== undefined) call.error = error
  return response
}

function knownService(name: string): ServiceName {
  const service = SERVICES.find(known => known === name)
  if (service === undefined)
    throw new AwsError(
      'UnknownOperationException',
      `The local cloud has no service ${name}; it has ${SERVICES.join(' and ')}.`,
    )
  return service
}

/** An error that is not AWS's is a defect of ours; the client sees it as AWS's own failure. */
function asAwsError(error: unknown, service: ServiceName): AwsError {
  if (error instanceof AwsError) return error
  const name = service === 'kms' ? 'KMSInternalException' : 'InternalServerError'
  return new AwsError(
    name,
    `The local cloud failed: ${error instanceof Error ? error.message : String(error)}`,
  )
}
