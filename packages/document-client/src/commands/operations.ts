import {
  BatchGetItemCommand,
  BatchWriteItemCommand,
  DeleteItemCommand,
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
import type { Item } from '../values/place.js'
import { fromWire, mapItems, toWire } from '../values/wireItems.js'
import type { Planner } from './plan.js'
import { planBatchGet, planGet, planRead, planTransactGet } from './reads.js'
import { planBatchWrite, planDelete, planPut, planTransactWrite, planUpdate } from './writes.js'

type CommandClass = new (input: never) => object

/** Those that are sent in the place of another one, or beside it. */
export type OperationName = 'GetItem' | 'BatchGetItem' | 'TransactWriteItems'

/** An operation of DynamoDB on items, and its commands. Those of PartiQL are none: nothing here understands its statements. */
export interface Operation {
  readonly name: string
  readonly base: CommandClass
  readonly document: CommandClass
  readonly plan: Planner
}

const OPERATIONS: readonly Operation[] = [
  operation('GetItem', GetItemCommand, GetCommand, planGet),
  operation('PutItem', PutItemCommand, PutCommand, planPut),
  operation('UpdateItem', UpdateItemCommand, UpdateCommand, planUpdate),
  operation('DeleteItem', DeleteItemCommand, DeleteCommand, planDelete),
  operation('Query', RawQueryCommand, QueryCommand, planRead),
  operation('Scan', RawScanCommand, ScanCommand, planRead),
  operation('BatchGetItem', BatchGetItemCommand, BatchGetCommand, planBatchGet),
  operation('BatchWriteItem', BatchWriteItemCommand, BatchWriteCommand, planBatchWrite),
  operation('TransactGetItems', TransactGetItemsCommand, TransactGetCommand, planTransactGet),
  operation('TransactWriteItems', TransactWriteItemsCommand, TransactWriteCommand, planTransactWrite),
]

function operation(name: string, base: CommandClass, document: CommandClass, plan: Planner): Operation {
  return { name, base, document, plan }
}

/** The commands that a client takes: which ones, and how they carry items. */
export interface Commands {
  readonly type: 'base' | 'document'
  /** Between the inputs and outputs of its commands and those that are planned with, which have native values. */
  readonly items: { read(params: Item): Item; write(params: Item): Item }
  /** A sentence: what to use in the place of a command that is refused. */
  readonly wayOut: string
}

export const DOCUMENT_COMMANDS: Commands = {
  type: 'document',
  items: { read: params => params, write: params => params },
  wayOut:
    'Use Get, Put, Update, Delete, Query, Scan, Batch and Transact commands of @aws-sdk/lib-dynamodb, or a client that is not sealed. Those of @aws-sdk/client-dynamodb, but for PartiQL, want sealDynamoDBClient(client, options) of @dynaseal/document-client.',
}

export const BASE_COMMANDS: Commands = {
  type: 'base',
  items: { read: params => mapItems(params, fromWire), write: params => mapItems(params, toWire) },
  wayOut:
    'Use GetItem, PutItem, UpdateItem, DeleteItem, Query, Scan, Batch and Transact commands of @aws-sdk/client-dynamodb, or a client that is not sealed. Those of @aws-sdk/lib-dynamodb want a document client: sealDocumentClient(DynamoDBDocumentClient.from(client), options), with the client before it is sealed.',
}

export function isOfDocuments(command: object): boolean {
  return 'clientCommand' in command
}

/** The class of an operation's commands that a client takes. */
export function commandClass(name: OperationName, type: Commands['type']): new (input: Item) => object {
  return OPERATIONS.find(each => each.name === name)?.[type] as unknown as new (
    input: Item,
  ) => object
}

/** By class; or by name, for the classes of another copy of the SDK. */
export function operationOf(command: object): Operation | undefined {
  const { clientCommand = command } = command as { clientCommand?: object }
  const known = OPERATIONS.find(({ base }) => clientCommand instanceof base)
  if (known !== undefined) return known
  const name = schemaName(clientCommand) ?? className(clientCommand)
  return OPERATIONS.find(each => each.name === name)
}

/** The command of an operation that has attribute values: any client of DynamoDB sends it. */
export function baseCommand(name: string): new (input: Item) => object {
  return OPERATIONS.find(each => each.name === name)!.base as unknown as new (
    input: Item,
  ) => object
}

/** How the names of operations begin that have no items. */
const WITHOUT_ITEMS =
  /^(Cancel|Create|Describe|Disable|Enable|Export|Import|List|Restore|Tag|Untag|(Delete|Get|Put|Update)(?!Item))/

/** In the names of what an operation on items has to be given, and no other takes. A `Scan` may have none of them. */
const OF_ITEMS = /^Key(s|Cond|$)|Items?$|Statement|Proj|Filter|^(AttributesTo|Select|Consist|Segm)|StartKey$/

/**
 * Whether a command that is none of the above has no items in it either: there are more of them in each year's SDK. Where
 * nobody knows its name, as of another copy of an older SDK in a bundle, what it takes tells.
 *
 * @param given what it has
 */
export function passes(command: object, given: object): boolean {
  if (isOfDocuments(command)) return false
  const name = schemaName(command)
  return name === undefined
    ? !Object.keys(Object(given)).some(member => OF_ITEMS.test(member))
    : WITHOUT_ITEMS.test(name)
}

/** The name of the operation that newer SDKs have in a command: `[9, namespace, name, …]`. Of a class, bundlers change it. */
function schemaName(command: object): string | undefined {
  const { schema } = command as { schema?: unknown }
  const name: unknown = Array.isArray(schema) ? schema[2] : undefined
  return typeof name === 'string' ? name : undefined
}

function className(command: object): string {
  return command.constructor.name.replace(/Command$/, '')
}
