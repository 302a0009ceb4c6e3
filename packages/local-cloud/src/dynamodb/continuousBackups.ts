import { AwsError, type AwsRequest, type AwsResponse } from '../aws.js'
import { jsonResponse } from '../http/responses.js'
import { describeTable, type Engine, EngineError } from './engine.js'
import { isNotFound } from './refusals.js'

interface Input {
  readonly TableName?: unknown
  readonly PointInTimeRecoverySpecification?: {
    readonly PointInTimeRecoveryEnabled?: unknown
    readonly RecoveryPeriodInDays?: unknown
  }
}

interface Recovery {
  /** Seconds since the epoch. */
  readonly since: number
  readonly days: number
}

const MAX_DAYS = 35

/**
 * Whether point-in-time recovery is on: of each replica by itself, as on AWS, and off for a table that is made anew. It is a
 * setting alone: nothing can be restored, and when the process ends it is off.
 */
export class ContinuousBackups {
  readonly #recoveries = new Map<string, Recovery>()

  /** AWS always says that continuous backups are on. */
  async describe({ region, body }: AwsRequest, engine: Engine): Promise<AwsResponse> {
    return this.#answer(await idOf(readInput(body), region, engine))
  }

  async update({ region, body }: AwsRequest, engine: Engine): Promise<AwsResponse> {
    const input = readInput(body)
    const { PointInTimeRecoveryEnabled: enabled, RecoveryPeriodInDays: days = MAX_DAYS } =
      input.PointInTimeRecoverySpecification ?? {}
    if (typeof enabled !== 'boolean') throw isMissing('pointInTimeRecoverySpecification')
    if (typeof days !== 'number' || !Number.isInteger(days) || days < 1 || days > MAX_DAYS)
      throw new AwsError('ValidationException', 'RecoveryPeriodInDays must be between 1 and 35.')
    const id = await idOf(input, region, engine)
    if (enabled) this.#recoveries.set(id, { since: this.#recoveries.get(id)?.since ?? seconds(), days })
    else this.#recoveries.delete(id)
    return this.#answer(id)
  }

  #answer(id: string): AwsResponse {
    const recovery = this.#recoveries.get(id)
    return jsonResponse('dynamodb', {
      ContinuousBackupsDescription: {
        ContinuousBackupsStatus: 'ENABLED',
        PointInTimeRecoveryDescription:
          recovery === undefined
            ? { PointInTimeRecoveryStatus: 'DISABLED' }
            : {
                PointInTimeRecoveryStatus: 'ENABLED',
                RecoveryPeriodInDays: recovery.days,
                EarliestRestorableDateTime: recovery.since,
                LatestRestorableDateTime: seconds(),
              },
      },
    })
  }
}

/** Throws AwsError where there is no such table. */
async function idOf({ TableName }: Input, region: string, engine: Engine): Promise<string> {
  if (typeof TableName !== 'string') throw isMissing('tableName')
  const { CreationDateTime } = await describeTable(engine, TableName).catch((error: unknown) => {
    if (isNotFound(error)) throw new AwsError('TableNotFoundException', `Table not found: ${TableName}`)
    throw error instanceof EngineError ? new AwsError(error.errorName, error.reason) : error
  })
  return `${region}/${TableName}/${String(CreationDateTime)}`
}

function isMissing(member: string): AwsError {
  return new AwsError(
    'ValidationException',
    `1 validation error detected: Value null at '${member}' failed to satisfy constraint: Member must not be null`,
  )
}

function readInput(body: Buffer): Input {
  try {
    return (JSON.parse(body.toString()) as Input | null) ?? {}
  } catch {
    throw new AwsError('SerializationException')
  }
}

function seconds(): number {
  return Date.now() / 1000
}
