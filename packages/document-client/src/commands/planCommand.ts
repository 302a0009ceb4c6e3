import {
  BatchExecuteStatementCommand,
  BatchGetItemCommand,
  BatchWriteItemCommand,
  DeleteItemCommand,
  ExecuteStatementCommand,
  ExecuteTransactionCommand,
  GetItemCommand,
  PutItemCommand,
  QueryCommand as RawQueryCommand,
  ScanCommand as RawScanCommand,
  TransactGetItemsCommand,
  TransactWriteItemsCommand,
  UpdateItemCommand,
} from '@aws-sdk/client-dynamodb'
import {
  BatchGetCommand,
  BatchWriteCommand,
  DeleteCommand,
  GetCommand,
  PutCommand,
  QueryCommand,
  ScanCommand,
  TransactGetCommand,
  TransactWriteCommand,
  UpdateCommand,
} from '@aws-sdk/lib-dynamodb'
import { DocumentClientError } from '../errors.js'
import type { Sealing } from '../sealing/sealing.js'
import type { Tables } from '../tables/tables.js'
import type { Item } from '../values/place.js'
import type { Plan, Planner } from './plan.js'
import { planBatchGet, planGet, planRead, planTransactGet } from './reads.js'
import { planBatchWrite, planDelete, planPut, planTransactWrite, planUpdate } from './writes.js'

/** A plan for a command of the document client, and the class to make the command anew with. */
export interface CommandPlan {
  readonly plan: Plan
  readonly type: new (input: Item) => object
}

/** By class, not by name, which a bundler may change. */
const PLANNERS: readonly (readonly [new (input: never) => object, Planner])[] = [
  [GetCommand, planGet],
  [PutCommand, planPut],
  [UpdateCommand, planUpdate],
  [DeleteCommand, planDelete],
  [QueryCommand, planRead],
  [ScanCommand, planRead],
  [BatchGetCommand, planBatchGet],
  [BatchWriteCommand, planBatchWrite],
  [TransactGetCommand, planTransactGet],
  [TransactWriteCommand, planTransactWrite],
]

/** Commands of the base client: they speak attribute values, and would carry items past the encryption. */
const ITEM_COMMANDS = [
  BatchExecuteStatementCommand,
  BatchGetItemCommand,
  BatchWriteItemCommand,
  DeleteItemCommand,
  ExecuteStatementCommand,
  ExecuteTransactionCommand,
  GetItemCommand,
  PutItemCommand,
  RawQueryCommand,
  RawScanCommand,
  TransactGetItemsCommand,
  TransactWriteItemsCommand,
  UpdateItemCommand,
]

/**
 * @returns `undefined` for a command that reads and writes no items
 * @throws {DocumentClientError} for everything that is refused before it is sent
 */
export function planCommand(
  tables: Tables,
  command: object,
  input: Item,
  sealing: Sealing,
): CommandPlan | undefined {
  const known = PLANNERS.find(([type]) => command instanceof type)
  if (known !== undefined) {
    const [type, planner] = known
    return { plan: planner(tables, input, sealing), type: type as new (input: Item) => object }
  }
  // Names and `clientCommand` catch the classes of another copy of the SDK.
  const carriesItems =
    'clientCommand' in command ||
    ITEM_COMMANDS.some(type => command instanceof type || command.constructor.name === type.name)
  if (!carriesItems) return undefined
  throw new DocumentClientError(
    'command-unsupported',
    `${command.constructor.name} would read or write items past the encryption. Use Get, Put, Update, Delete, Query, Scan, Batch and Transact commands of @aws-sdk/lib-dynamodb (all from one copy of it, which npm ls @aws-sdk/lib-dynamodb shows), or a client that is not sealed.`,
  )
}
