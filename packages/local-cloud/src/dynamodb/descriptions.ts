import { AwsError, type AwsRequest, type AwsResponse } from '../aws.js'
import { jsonResponse } from '../http/responses.js'
import { describeTable, type Engine, EngineError } from './engine.js'
import { isNotFound } from './refusals.js'

type Describe = (request: AwsRequest, engine: Engine) => Promise<AwsResponse>

/** What ordinary tools (Terraform, for one) ask of DynamoDB, and no engine that we start knows. */
const DESCRIPTIONS: ReadonlyMap<string, Describe> = new Map([
  ['DescribeContinuousBackups', describeContinuousBackups],
  ['DescribeEndpoints', describeEndpoints],
])

/** How to answer an operation here, since the engine does not have it. */
export function descriptionOf(engine: Engine, operation: string): Describe | undefined {
  // A server that somebody else runs would tell its own address.
  const ours = operation === 'DescribeEndpoints' || !engine.supports(operation)
  return ours ? DESCRIPTIONS.get(operation) : undefined
}

/** The endpoint that the client has already, for as long as AWS says. */
async function describeEndpoints({ headers }: AwsRequest): Promise<AwsResponse> {
  return jsonResponse('dynamodb', { Endpoints: [{ Address: headers.host, CachePeriodInMinutes: 1440 }] })
}

/** As of a table whose point-in-time recovery nobody has turned on: AWS always says that continuous backups are. */
async function describeContinuousBackups({ body }: AwsRequest, engine: Engine): Promise<AwsResponse> {
  const tableName = readTableName(body)
  await describeTable(engine, tableName).catch((error: unknown) => {
    if (isNotFound(error)) throw new AwsError('TableNotFoundException', `Table not found: ${tableName}`)
    throw error instanceof EngineError ? new AwsError(error.errorName, error.reason) : error
  })
  return jsonResponse('dynamodb', {
    ContinuousBackupsDescription: {
      ContinuousBackupsStatus: 'ENABLED',
      PointInTimeRecoveryDescription: { PointInTimeRecoveryStatus: 'DISABLED' },
    },
  })
}

function readTableName(body: Buffer): string {
  let input: { TableName?: unknown } | null
  try {
    input = JSON.parse(body.toString()) as typeof input
  } catch {
    throw new AwsError('SerializationException')
  }
  if (typeof input?.TableName === 'string') return input.TableName
  throw new AwsError(
    'ValidationException',
    "1 validation error detected: Value null at 'tableName' failed to satisfy constraint: Member must not be null",
  )
}
