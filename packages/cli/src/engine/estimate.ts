import { explained } from '../awsErrors.js'
import type { Target } from '../config/project.js'
import { CliError } from '../errors.js'
import { describeTable } from './describeTable.js'

/** What DynamoDB says of a table; it counts about every six hours. */
export interface TableSize {
  readonly items: number
  readonly bytes: number
  /** Regions that have a replica, this one included: a write costs in each. */
  readonly regions: number
  readonly isOnDemand: boolean
}

/** In which a table is neither read nor written ("TableDescription", TableStatus, in DynamoDB's API reference). */
const UNUSABLE = ['CREATING', 'DELETING', 'ARCHIVING', 'ARCHIVED', 'INACCESSIBLE_ENCRYPTION_CREDENTIALS']

/**
 * @returns undefined where DescribeTable is not allowed
 * @throws {CliError}
 */
export async function tableSize(
  { dynamodb, tableName, region }: Target,
  signal?: AbortSignal,
): Promise<TableSize | undefined> {
  try {
    const Table = await describeTable(dynamodb, tableName, signal)
    const status = Table?.TableStatus ?? ''
    if (UNUSABLE.includes(status))
      throw new CliError(
        'failed',
        `Table ${tableName} in ${region} is ${status}: it is neither read nor written before it is ACTIVE.`,
      )
    const replicas = (Table?.Replicas ?? []).filter(({ RegionName }) => RegionName !== region)
    return {
      items: Table?.ItemCount ?? 0,
      bytes: Table?.TableSizeBytes ?? 0,
      regions: replicas.length + 1,
      isOnDemand: Table?.BillingModeSummary?.BillingMode === 'PAY_PER_REQUEST',
    }
  } catch (error) {
    if ((error as Error).name === 'AccessDeniedException') return undefined
    throw explained(error, { table: tableName, region })
  }
}

const READ_UNIT_BYTES = 4096
const WRITE_UNIT_BYTES = 1024

/** Read units of a scan of so many bytes: half of one for 4 KB, consistently a whole one. */
export function readUnits(bytes: number, consistent: boolean): number {
  return Math.ceil(bytes / READ_UNIT_BYTES) * (consistent ? 1 : 0.5)
}

/** Write units of one item of so many bytes. */
export function writeUnits(bytes: number): number {
  return Math.max(1, Math.ceil(bytes / WRITE_UNIT_BYTES))
}
