import type { IncomingMessage } from 'node:http'
import type { ActiveFaults } from './activeFaults.js'
import { AwsError, type AwsRequest, type AwsResponse, SERVICES, type ServiceName } from './aws.js'
import type { CallLog, OpenCall } from './callLog.js'
import { readBody } from './http/body.js'
import { errorName, errorResponse } from './http/responses.js'
import { readOperation, readScope } from './http/scope.js'

/** Does what a request asks, in the region and service it is for. Throws AwsError for what is refused. */
export type Dispatch = (request: AwsRequest, call: OpenCall) => Promise<AwsResponse>

/** What stands before the services: finds out where a request is going, notes it, and takes it through the faults. */
export class Front {
  readonly #regions: readonly string[]
  readonly #log: CallLog
  readonly #faults: ActiveFaults
  readonly #dispatch: Dispatch

  constructor(options: {
    regions: readonly string[]
    log: CallLog
    faults: ActiveFaults
    dispatch: Dispatch
  }) {
    this.#regions = options.regions
    this.#log = options.log
    this.#faults = options.faults
    this.#dispatch = options.dispatch
  }

  /** Undefined: the connection is to be destroyed without an answer. */
  async handle(message: IncomingMessage, clientGone: AbortSignal): Promise<AwsResponse | undefined> {
    const { headers } = message
    // The dialect of an error, until the request has said whom it is for.
    let service: ServiceName = 'dynamodb'
    let call: OpenCall | undefined
    try {
      const { region, service: name, principal } = readScope(headers)
      service = knownService(name)
      this.#requireRegion(region)
      const operation = readOperation(headers)
      call = this.#log.open(service, region, operation)
      const body = await readBody(message)
      const verdict = await this.#faults.meet({ region, service, operation, principal, body }, clientGone)
      if (verdict.outcome === 'drop') return undefined
      if (verdict.outcome === 'fail') throw verdict.error
      return noted(call, await this.#dispatch({ region, service, operation, headers, body }, call))
    } catch (error) {
      if (clientGone.aborted) return undefined
      return noted(call, errorResponse(service, asAwsError(error, service)))
    } finally {
      if (call !== undefined) this.#log.close(call)
    }
  }

  #requireRegion(region: string): void {
    if (!this.#regions.includes(region))
      throw new AwsError(
        'UnrecognizedClientException',
        `The local cloud has no region ${region}; it was started with ${this.#regions.join(', ')}.`,
      )
  }
}

function noted(call: OpenCall | undefined, response: AwsResponse): AwsResponse {
  if (call !== undefined) {
    call.status = response.status
    const error = errorName(response)
    if (error !== undefined) call.error = error
  }
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
