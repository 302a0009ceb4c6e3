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
  type AttributeValue as WireValue,
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
import { ToolboxError } from './errors.js'
import { completeProjection, guardConditions } from './guards.js'
import type { Opening } from './opening.js'
import type { Item } from './place.js'
import type { RegisteredTable, Registry } from './registry.js'
import { findPending, notRegistered, type Sealing } from './sealing.js'
import { sealUpdate, updatedEntity } from './sealUpdate.js'

/** An item that DynamoDB's error carries, with what it belongs to. */
export interface ErrorItem {
  readonly table: RegisteredTable
  readonly key: Item | undefined
  readonly holder: { Item?: Record<string, WireValue> }
}

/** What the sealed client does with one command: before it is sent, with its response, with its error. */
export interface Plan {
  readonly input: Item
  response(output: Item, opening: Opening): void
  /** Runs after everything is open. */
  finish?(output: Item): void
  errorItems?(error: Item): ErrorItem[]
}

type Planner = (registry: Registry, input: Item, sealing: Sealing) => Plan

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
 * @throws {ToolboxError} for everything that is refused before it is sent
 */
export function plan(registry: Registry, command: object, input: Item, sealing: Sealing): Plan | undefined {
  const planner = PLANNERS.find(([type]) => command instanceof type)?.[1]
  if (planner !== undefined) return planner(registry, input, sealing)
  // Names and `clientCommand` catch the classes of another copy of the SDK.
  const carriesItems =
    'clientCommand' in command ||
    ITEM_COMMANDS.some(type => command instanceof type || command.constructor.name === type.name)
  if (!carriesItems) return undefined
  throw new ToolboxError(
    'command-unsupported',
    `${command.constructor.name} would read or write items past the encryption. Use Get, Put, Update, Delete, Query, Scan, Batch and Transact commands of @aws-sdk/lib-dynamodb, from the same copy as dynamodb-toolbox, or a client that is not sealed.`,
  )
}

function planGet(registry: Registry, input: Item): Plan {
  const table = tableOf(registry, input)
  if (table === undefined) return untouched(input)
  const { params, strip } = completeProjection(table, input)
  return {
    input: params,
    response(output, opening) {
      if (output.Item !== undefined) opening.collect(table, output.Item as Item, input.Key as Item)
    },
    finish: output => {
      if (output.Item !== undefined) strip(output.Item as Item)
    },
  }
}

function planPut(registry: Registry, input: Item, sealing: Sealing): Plan {
  const table = tableOf(registry, input)
  if (table === undefined) return untouched(input)
  return planWrite(table, input.Item as Item, { ...input, ...sealPut(table, input, sealing) })
}

function planUpdate(registry: Registry, input: Item, sealing: Sealing): Plan {
  const table = tableOf(registry, input)
  if (table === undefined) return untouched(input)
  guardConditions(table, updatedEntity(table, input), input)
  return planWrite(table, input.Key as Item, sealUpdate(table, input, sealing))
}

function planDelete(registry: Registry, input: Item): Plan {
  const table = tableOf(registry, input)
  if (table === undefined) return untouched(input)
  guardConditions(table, undefined, input)
  return planWrite(table, input.Key as Item, input)
}

/** A single write: what it returns, and what its failed condition returns, is the item of its key. */
function planWrite(table: RegisteredTable, key: Item, input: Item): Plan {
  return {
    input,
    response(output, opening) {
      if (output.Attributes !== undefined) opening.collect(table, output.Attributes as Item, key)
    },
    errorItems: error => [{ table, key, holder: error }],
  }
}

/** Query and Scan. */
function planRead(registry: Registry, input: Item): Plan {
  const table = tableOf(registry, input)
  if (table === undefined) return untouched(input)
  guardConditions(table, undefined, input)
  const { params, strip } = completeProjection(table, input)
  return {
    input: params,
    response(output, opening) {
      for (const item of itemsOf(output)) opening.collect(table, item)
    },
    finish: output => {
      for (const item of itemsOf(output)) strip(item)
    },
  }
}

function planBatchGet(registry: Registry, input: Item): Plan {
  const requests = (input.RequestItems ?? {}) as Record<string, Item>
  const completed = Object.entries(requests).flatMap(([name, request]) => {
    const table = registry.find(name)
    if (table === undefined) return []
    guardConditions(table, undefined, request)
    return [{ name, table, ...completeProjection(table, request) }]
  })
  const responses = (output: Item, name: string) => (output.Responses as Record<string, Item[]>)?.[name] ?? []
  return {
    input: {
      ...input,
      RequestItems: {
        ...requests,
        ...Object.fromEntries(completed.map(({ name, params }) => [name, params])),
      },
    },
    response(output, opening) {
      for (const { name, table } of completed) {
        for (const item of responses(output, name)) opening.collect(table, item)
      }
    },
    finish(output) {
      for (const { name, strip } of completed) for (const item of responses(output, name)) strip(item)
    },
  }
}

function planBatchWrite(registry: Registry, input: Item, sealing: Sealing): Plan {
  const requests = (input.RequestItems ?? {}) as Record<string, Item[]>
  const sealed = Object.entries(requests).map(([name, writes]) => {
    const table = registry.find(name)
    const copies = writes.map(write => {
      const put = write.PutRequest as Item | undefined
      if (put === undefined) return write
      if (table === undefined) return untouched(write).input
      return { ...write, PutRequest: sealPut(table, put, sealing) }
    })
    return [name, copies]
  })
  return { input: { ...input, RequestItems: Object.fromEntries(sealed) }, response: () => {} }
}

function planTransactGet(registry: Registry, input: Item): Plan {
  const gets = ((input.TransactItems ?? []) as { Get: Item }[]).map(({ Get }) => planGet(registry, Get))
  const each = (output: Item, visit: (plan: Plan, response: Item) => void) => {
    for (const [i, response] of ((output.Responses ?? []) as Item[]).entries()) {
      const get = gets[i]
      if (get !== undefined && response !== undefined) visit(get, response)
    }
  }
  return {
    input: { ...input, TransactItems: gets.map(get => ({ Get: get.input })) },
    response: (output, opening) => each(output, (get, response) => get.response(response, opening)),
    finish: output => each(output, (get, response) => get.finish?.(response)),
  }
}

function planTransactWrite(registry: Registry, input: Item, sealing: Sealing): Plan {
  const actions = ((input.TransactItems ?? []) as Item[]).map(action => {
    const [kind, params] = Object.entries(action).find(([, value]) => value !== undefined) as [string, Item]
    const planner = kind === 'Put' ? planPut : kind === 'Update' ? planUpdate : planDelete
    return { kind, plan: planner(registry, params, sealing) }
  })
  return {
    input: { ...input, TransactItems: actions.map(({ kind, plan }) => ({ [kind]: plan.input })) },
    response: () => {},
    errorItems: error =>
      ((error.CancellationReasons ?? []) as Item[]).flatMap(
        (reason, i) => actions[i]?.plan.errorItems?.(reason) ?? [],
      ),
  }
}

/** @returns the item with its pending values noted for sealing, as `{ Item }` */
function sealPut(table: RegisteredTable, params: Item, sealing: Sealing): { Item: unknown } {
  const item = params.Item as Item
  const entity = item[table.entityAttribute]
  guardConditions(table, entity, params)
  const holder = { Item: item }
  sealing.collect({ table, key: item, entity }, [], holder, 'Item')
  return holder
}

/** A command on a table without encrypted attributes; a value that waits to be sealed does not belong there. */
function untouched(input: Item): Plan {
  const pending = findPending(input)
  if (pending !== undefined) throw notRegistered(String(input.TableName ?? 'of this batch'), pending.slice(1))
  return { input, response: () => {} }
}

function tableOf(registry: Registry, { TableName }: Item): RegisteredTable | undefined {
  return typeof TableName === 'string' ? registry.find(TableName) : undefined
}

function itemsOf(output: Item): Item[] {
  return (output.Items as Item[] | undefined) ?? []
}
