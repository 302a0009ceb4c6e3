import type { AwsRequest } from '../aws.js'
import type { AttributeMap } from './items.js'
import { isPartiQl, statementsOf } from './partiQl/request.js'
import { meaningOf, type Statement } from './partiQl/statement.js'

/** One item that a request writes. */
export interface Write {
  readonly tableName: string
  /** The item, or only its key. */
  readonly item: AttributeMap
  /**
   * What the item will be: known for a put and a delete, which set all of it; to be read for an update.
   */
  readonly effect: 'put' | 'delete' | 'update'
  /** BatchExecuteStatement: which of its statements writes it, from 0. */
  readonly position?: number
}

const WRITING: ReadonlySet<string> = new Set([
  'BatchExecuteStatement',
  'BatchWriteItem',
  'DeleteItem',
  'ExecuteStatement',
  'ExecuteTransaction',
  'PutItem',
  'TransactWriteItems',
  'UpdateItem',
])

export function isWriting(operation: string): boolean {
  return WRITING.has(operation)
}

interface WriteInput {
  TableName?: string
  Item?: AttributeMap
  Key?: AttributeMap
  RequestItems?: BatchRequests
  TransactItems?: TransactItem[]
}

interface TransactItem {
  Put?: WriteInput
  Update?: WriteInput
  Delete?: WriteInput
  ConditionCheck?: WriteInput
}

type BatchRequests = Record<
  string,
  { PutRequest?: { Item?: AttributeMap }; DeleteRequest?: { Key?: AttributeMap } }[]
>

/** The items that a request writes. Empty when it is malformed: then the engine says what is wrong with it. */
export function readWrites({ operation, body }: AwsRequest): Write[] {
  if (isPartiQl(operation)) return statementsOf(body).flatMap(statementWrite)
  try {
    const input = JSON.parse(body.toString()) as WriteInput
    const writes = writesOf(operation, input)
    return writes.every(({ tableName, item }) => typeof tableName === 'string' && isMap(item)) ? writes : []
  } catch {
    return []
  }
}

/** What a BatchWriteItem answers as not done: nearly always nothing. */
export function readUnprocessed(body: string): Write[] {
  const { UnprocessedItems } = JSON.parse(body) as { UnprocessedItems?: BatchRequests }
  return batchWrites(UnprocessedItems)
}

/** The positions of the statements of a BatchExecuteStatement that failed. */
export function readFailed(body: string): number[] {
  const { Responses = [] } = JSON.parse(body) as { Responses?: { Error?: unknown }[] }
  return Responses.flatMap(({ Error: error }, n) => (error === undefined ? [] : [n]))
}

/** The idempotency token of a transaction. */
export function readToken({ operation, body }: AwsRequest): string | undefined {
  if (!operation.includes('Transact')) return undefined
  const { ClientRequestToken } = JSON.parse(body.toString()) as { ClientRequestToken?: unknown }
  return typeof ClientRequestToken === 'string' ? ClientRequestToken : undefined
}

/** What a statement makes of the item is for the engine to say. */
function statementWrite(statement: Statement, position: number): Write[] {
  const meaning = meaningOf(statement)
  if (meaning.kind !== 'write') return []
  return [{ tableName: meaning.tableName, item: meaning.item, effect: 'update', position }]
}

function writesOf(operation: string, input: WriteInput): Write[] {
  if (operation === 'BatchWriteItem') return batchWrites(input.RequestItems)
  if (operation === 'TransactWriteItems') return (input.TransactItems ?? []).flatMap(transactWrite)
  return singleWrite(operation, input)
}

/**
 * A transaction that is repeated with its ClientRequestToken succeeds and writes nothing, so that what its items
 * are has to be read. A condition check writes nothing either way.
 */
function transactWrite({ Put, Update, Delete }: TransactItem): Write[] {
  const { TableName = '', Item, Key = {} } = Put ?? Update ?? Delete ?? {}
  return Put || Update || Delete ? [{ tableName: TableName, item: Item ?? Key, effect: 'update' }] : []
}

function singleWrite(operation: string, { TableName = '', Item = {}, Key = {} }: WriteInput): Write[] {
  if (operation === 'PutItem') return [{ tableName: TableName, item: Item, effect: 'put' }]
  return [{ tableName: TableName, item: Key, effect: operation === 'DeleteItem' ? 'delete' : 'update' }]
}

function batchWrites(requests: BatchRequests = {}): Write[] {
  return Object.entries(requests).flatMap(([tableName, list]) =>
    list.map((request): Write => {
      const { PutRequest, DeleteRequest } = request
      return PutRequest === undefined
        ? { tableName, item: DeleteRequest?.Key ?? {}, effect: 'delete' }
        : { tableName, item: PutRequest.Item ?? {}, effect: 'put' }
    }),
  )
}

function isMap(value: unknown): value is AttributeMap {
  return typeof value === 'object' && value !== null
}
