import { setTimeout as sleep } from 'node:timers/promises'
import {
  CreateTableCommand,
  DescribeTableCommand,
  ResourceInUseException,
  ResourceNotFoundException,
  type TableDescription,
  UpdateTableCommand,
} from '@aws-sdk/client-dynamodb'
import { BranchKeyError } from '../errors.js'
import { BRANCH_KEY_ID, TYPE } from '../keyStore/row.js'
import type { Clients } from './clients.js'

/** What {@link createTable} did. */
export interface CreatedTable {
  /** Whether the table was not there before. */
  readonly created: boolean
  /** The regions that got a replica. */
  readonly replicasAdded: readonly string[]
}

/** Milliseconds between two looks at a table that is being changed, and for all of them: AWS takes minutes. */
const POLL = 1_000
const PATIENCE = 20 * 60_000

const KEY_SCHEMA = [
  { AttributeName: BRANCH_KEY_ID, KeyType: 'HASH' },
  { AttributeName: TYPE, KeyType: 'RANGE' },
] as const

/** Creates the table and its replicas, as far as they are not there. */
export async function createTable(clients: Clients): Promise<CreatedTable> {
  const created = (await describe(clients)) === undefined && (await create(clients))
  let table = await settled(clients)
  checkKey(table, clients.tableName)
  const replicasAdded: string[] = []
  for (const region of clients.tableRegions) {
    if (region === clients.home || hasReplica(table, region)) continue
    // One at a time: a table that is being changed takes no other change.
    if (await addReplica(clients, region)) replicasAdded.push(region)
    table = await settled(clients)
  }
  return { created, replicasAdded }
}

async function create({ dynamodb, home, tableName }: Clients): Promise<boolean> {
  try {
    await dynamodb(home).send(
      new CreateTableCommand({
        TableName: tableName,
        AttributeDefinitions: KEY_SCHEMA.map(({ AttributeName }) => ({ AttributeName, AttributeType: 'S' })),
        KeySchema: [...KEY_SCHEMA],
        BillingMode: 'PAY_PER_REQUEST',
        // What a global table is replicated through.
        StreamSpecification: { StreamEnabled: true, StreamViewType: 'NEW_AND_OLD_IMAGES' },
      }),
    )
    return true
  } catch (error) {
    // Another operator was faster.
    if (error instanceof ResourceInUseException) return false
    throw error
  }
}

/** Whether it was added here, and not by another operator meanwhile. */
async function addReplica(clients: Clients, region: string): Promise<boolean> {
  try {
    await clients.dynamodb(clients.home).send(
      new UpdateTableCommand({
        TableName: clients.tableName,
        ReplicaUpdates: [{ Create: { RegionName: region } }],
      }),
    )
    return true
  } catch (error) {
    if (hasReplica(await settled(clients), region)) return false
    throw error
  }
}

async function describe({ dynamodb, home, tableName }: Clients): Promise<TableDescription | undefined> {
  try {
    const { Table } = await dynamodb(home).send(new DescribeTableCommand({ TableName: tableName }))
    return Table
  } catch (error) {
    if (error instanceof ResourceNotFoundException) return undefined
    throw error
  }
}

/** The table, once nothing about it is being changed any more. */
async function settled(clients: Clients): Promise<TableDescription> {
  for (let waited = 0; ; waited += POLL) {
    const table = await describe(clients)
    const { TableStatus, Replicas = [] } = table ?? {}
    if (table !== undefined && TableStatus === 'ACTIVE' && Replicas.every(isActive)) return table
    if (waited >= PATIENCE)
      throw new Error(
        `The table ${clients.tableName} has been ${TableStatus ?? 'missing'} for ${PATIENCE / 60_000} minutes.`,
      )
    await sleep(POLL)
  }
}

function isActive({ ReplicaStatus }: { ReplicaStatus?: string }): boolean {
  return ReplicaStatus === undefined || ReplicaStatus === 'ACTIVE'
}

function hasReplica({ Replicas = [] }: TableDescription, region: string): boolean {
  return Replicas.some(({ RegionName }) => RegionName === region)
}

function checkKey({ KeySchema = [], AttributeDefinitions = [] }: TableDescription, tableName: string): void {
  const isText = (name: string) =>
    AttributeDefinitions.some(
      ({ AttributeName, AttributeType }) => AttributeName === name && AttributeType === 'S',
    )
  const isSame =
    KeySchema.length === KEY_SCHEMA.length &&
    KEY_SCHEMA.every(({ AttributeName, KeyType }) =>
      KeySchema.some(key => key.AttributeName === AttributeName && key.KeyType === KeyType),
    ) &&
    KEY_SCHEMA.every(({ AttributeName }) => isText(AttributeName))
  if (!isSame)
    throw new BranchKeyError(
      'NOT_A_KEY_STORE',
      `The table ${tableName} is no key store: that has the partition key ${BRANCH_KEY_ID} and the sort key ${TYPE}, both strings. ` +
        'Give another tableName.',
    )
}
