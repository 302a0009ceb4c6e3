import type { IncomingMessage } from 'node:http'
import { AwsError, type AwsRequest, type AwsResponse, SERVICES, type ServiceName } from './aws.js'
import { type Call, type CallFilter, CallLog, type OpenCall } from './callLog.js'
import { DynaliteEngine } from './dynamodb/dynaliteEngine.js'
import { DynamoDbService } from './dynamodb/service.js'
import { checkFault, type Fault, ServiceFaults } from './faults.js'
import { readBody } from './http/body.js'
import { errorName, errorResponse } from './http/responses.js'
import { readOperation, readScope } from './http/scope.js'
import { listen } from './http/server.js'
import { KmsService } from './kms/service.js'
import { checkRegions } from './regions.js'

export interface LocalCloudOptions {
  /** For example `['us-east-1', 'us-west-2']`. */
  readonly regions: readonly string[]
  /** Default 0: any free port. */
  readonly port?: number
  /** Milliseconds until a write to a global table starts to be applied in other regions. Default 20. */
  readonly replicationDelay?: number
  /**
   * Milliseconds that keys stay Creating or Updating, and tables CREATING, UPDATING or DELETING. Default 0: they
   * have settled by the time that the client has the answer.
   */
  readonly settleDelay?: number
}

/** AWS regions on loopback. */
export interface LocalCloud {
  /** `http://127.0.0.1:PORT`: the endpoint of every service in every region. */
  readonly endpoint: string
  readonly regions: readonly string[]
  /** The calls that arrived, in order of arrival; the latest 100,000. */
  calls(filter?: CallFilter): Call[]
  clearCalls(): void
  /**
   * Breaks something; the function that is returned heals just that. Throws RangeError for what cannot be,
   * such as an unknown region.
   */
  fault(fault: Fault): () => void
  /** Heals all faults, cut replication included. */
  heal(): void
  /** Resolves when no write is on its way to another region, other than over a cut. */
  waitForReplication(): Promise<void>
  /** Closes everything, dropping open connections; the process can exit. */
  stop(): Promise<void>
}

/**
 * Starts regions with KMS and DynamoDB on one loopback port. AWS SDK clients need nothing but `endpoint`, their
 * `region`, and any credentials.
 *
 * Throws RangeError for a region name that cannot be, and an Error that names the port if it is taken.
 */
export async function startLocalCloud(options: LocalCloudOptions): Promise<LocalCloud> {
  const { port = 0, replicationDelay = 20, settleDelay = 0 } = options
  const regions: readonly string[] = Object.freeze([...options.regions])
  checkRegions(regions)
  const log = new CallLog()
  const faults = new ServiceFaults()
  const kms = new KmsService(regions, settleDelay)
  const engines = new Map(regions.map(region => [region, new DynaliteEngine(region, settleDelay)]))
  const dynamodb = new DynamoDbService({ engines, replicationDelay, settleDelay })
  const cuts = new Set<() => void>()

  const dispatch = async (request: AwsRequest, call: OpenCall): Promise<AwsResponse> =>
    request.service === 'kms' ? kms.handle(request, call) : dynamodb.handle(request)

  async function answer(message: IncomingMessage, clientGone: AbortSignal): Promise<AwsResponse | undefined> {
    const { headers } = message
    let service: ServiceName = 'dynamodb'
    let call: OpenCall | undefined
    try {
      const { region, service: name, principal } = readScope(headers)
      service = knownService(name)
      const operation = readOperation(headers)
      call = log.open(service, knownRegion(region, regions), operation)
      const body = await readBody(message)
      const verdict = await faults.meet({ region, service, operation, principal, body }, clientGone)
      if (verdict.outcome === 'drop') return undefined
      if (verdict.outcome === 'fail') throw verdict.error
      return noted(call, await dispatch({ region, service, operation, headers, body }, call))
    } catch (error) {
      if (clientGone.aborted) return undefined
      return noted(call, errorResponse(service, asAwsError(error, service)))
    }
  }

  const server = await listen(port, answer)

  return {
    endpoint: server.endpoint,
    regions,
    calls: filter => log.list(filter),
    clearCalls: () => log.clear(),
    fault(fault) {
      checkFault(fault, regions)
      if (fault.kind !== 'cut') return faults.add(fault)
      const restore = dynamodb.cut(...fault.between)
      const heal = () => {
        if (cuts.delete(heal)) restore()
      }
      cuts.add(heal)
      return heal
    },
    heal() {
      faults.heal()
      for (const heal of [...cuts]) heal()
    },
    waitForReplication: () => dynamodb.whenReplicated(),
    async stop() {
      await server.close()
      kms.stop()
      await dynamodb.stop()
    },
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

function knownRegion(region: string, regions: readonly string[]): string {
  if (!regions.includes(region))
    throw new AwsError(
      'UnrecognizedClientException',
      `The local cloud has no region ${region}; it was started with ${regions.join(', ')}.`,
    )
  return region
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
