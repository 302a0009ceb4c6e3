import type { AwsRequest, AwsResponse } from '../aws.js'
import { jsonResponse } from '../http/responses.js'
import { ContinuousBackups } from './continuousBackups.js'
import type { Engine } from './engine.js'

type Answer = (request: AwsRequest, engine: Engine) => Promise<AwsResponse>

/** What ordinary tools (Terraform, for one) ask of DynamoDB, and no engine that we start knows. */
export class Descriptions {
  readonly #backups = new ContinuousBackups()
  readonly #answers: ReadonlyMap<string, Answer> = new Map<string, Answer>([
    ['DescribeContinuousBackups', (request, engine) => this.#backups.describe(request, engine)],
    ['UpdateContinuousBackups', (request, engine) => this.#backups.update(request, engine)],
    ['DescribeEndpoints', describeEndpoints],
  ])

  /** How to answer an operation here, since the engine does not have it. */
  of(engine: Engine, operation: string): Answer | undefined {
    // A server that somebody else runs would tell its own address.
    const ours = operation === 'DescribeEndpoints' || !engine.supports(operation)
    return ours ? this.#answers.get(operation) : undefined
  }
}

/** The endpoint that the client has already, for as long as AWS says. */
async function describeEndpoints({ headers }: AwsRequest): Promise<AwsResponse> {
  return jsonResponse('dynamodb', { Endpoints: [{ Address: headers.host, CachePeriodInMinutes: 1440 }] })
}
