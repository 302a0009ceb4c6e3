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
import { ownContainers } from './copyContainers.js'
import { ToolboxError } from './errors.js'
import { completeProjection, guardConditions, trustedEntity } from './guards.js'
import type { ErrorItem } from './openError.js'
import type { Opening } from './opening.js'
import type { Item } from './place.js'
import type { RegisteredTable, Registry } from './registry.js'
import { widenReturnValues } from './returnValues.js'
import type { Sealing } from './sealing.js'
import { sealUpdate, updatedEntity, updatedPaths } from './sealUpdate.js'
import { Selection } from './selection.js'
import { refuseUpdate } from './wholeItems.js'
import { knownMembers } from './writeMembers.js'

/** What the sealed client does with one command: before it is sent, with its response, with its error. */
export interface Plan {
  readonly input: Item
  response(output: Item, opening: Opening): void
  /** Runs after everything is open. */
  finish?(output: Item): void
  errorItems?(error: Item): ErrorItem[]
}

/** A plan for a command of the document client, and the class to make the command anew with. */
export interface CommandPlan {
  readonly plan: Plan
  readonly type: new (input: Item) => object
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
export function planCommand(
  registry: Registry,
  command: object,
  input: Item,
  sealing: Sealing,
): CommandPlan | undefined {
  const known = PLANNERS.find(([type]) => command instanceof type)
  if (known !== undefined) {
    const [type, planner] = known
    return { plan: planner(registry, input, sealing), type: type as new (input: Item) => object }
  }
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
  const table = registry.table(input.TableName)
  const { params, selection, strip } = completeProjection(table, input)
  return {
    input: params,
    response(output, opening) {
      if (output.Item === undefined) return
      const item = output.Item as Item
      opening.collect(table, item, trustedEntity(table, input, item), input.Key as Item, selection)
    },
    finish({ Item }) {
      if (Item !== undefined) strip(Item as Item)
    },
  }
}

function planPut(registry: Registry, given: Item, sealing: Sealing): Plan {
  const input = knownMembers(given, 'Item')
  const table = registry.table(input.TableName)
  const sealed = sealPut(table, input, sealing)
  return planWrite(table, input.Item as Item, { ...input, ...sealed }, sealing)
}

function planUpdate(registry: Registry, given: Item, sealing: Sealing): Plan {
  const input = knownMembers(given, 'Key', 'UpdateExpression')
  const table = registry.table(input.TableName)
  refuseUpdate(table)
  guardConditions(table, updatedEntity(table, input), input)
  // Here, where they are still those that were asked for.
  sealing.guardReturnValues(table, input)
  const updated = String(input.ReturnValues).startsWith('UPDATED_') ? updatedPaths(input) : undefined
  const { params, cutDown } = widenReturnValues(table, sealUpdate(table, input, sealing), updated ?? [])
  const selection = updated === undefined ? undefined : new Selection(updated)
  return planWrite(table, input.Key as Item, params, sealing, selection, cutDown)
}

/** Delete, and the condition checks of transactions. */
function planDelete(registry: Registry, given: Item, sealing: Sealing): Plan {
  const input = knownMembers(given, 'Key')
  const table = registry.table(input.TableName)
  guardConditions(table, undefined, input)
  return planWrite(table, input.Key as Item, input, sealing)
}

/** A single write: what it returns, and what its failed condition returns, is the item of its key. */
function planWrite(
  table: RegisteredTable,
  key: Item,
  input: Item,
  sealing: Sealing,
  selection?: Selection,
  cutDown = (item: Item) => item,
): Plan {
  sealing.guardReturnValues(table, input)
  return {
    input,
    response(output, opening) {
      if (output.Attributes === undefined) return
      const item = output.Attributes as Item
      const returned = cutDown(item)
      output.Attributes = returned
      // Not of what was cut away: dynamodb-toolbox would not see that it is another entity's name.
      opening.collect(table, returned, returned[table.entityAttribute], key, selection)
      // As DynamoDB does where there is nothing to return.
      if (Object.keys(returned).length === 0) delete output.Attributes
    },
    errorItems: error => [{ table, key, holder: error }],
  }
}

/** Query and Scan. */
function planRead(registry: Registry, input: Item): Plan {
  const table = registry.table(input.TableName)
  guardConditions(table, undefined, input)
  const { params, selection, strip } = completeProjection(table, input)
  return {
    input: params,
    response(output, opening) {
      for (const item of itemsOf(output))
        opening.collect(table, item, trustedEntity(table, input, item), undefined, selection)
    },
    finish(output) {
      for (const item of itemsOf(output)) strip(item)
    },
  }
}

function planBatchGet(registry: Registry, input: Item): Plan {
  const requests = (input.RequestItems ?? {}) as Record<string, Item>
  const completed = Object.entries(requests).map(([name, request]) => {
    const table = registry.table(name)
    guardConditions(table, undefined, request)
    return { name, table, request, ...completeProjection(table, request) }
  })
  const each = (output: Item, visit: (one: (typeof completed)[number], item: Item) => void) => {
    for (const [name, items] of Object.entries((output.Responses ?? {}) as Record<string, Item[]>)) {
      // The response may call a table by name where the request had its ARN.
      const one =
        completed.find(request => request.name === name) ??
        completed.find(request => request.table === registry.table(name))
      if (one === undefined) throw new Error('DynamoDB answered for a table that was not asked for.')
      for (const item of items) visit(one, item)
    }
  }
  return {
    input: {
      ...input,
      RequestItems: Object.fromEntries(completed.map(({ name, params }) => [name, params])),
    },
    response: (output, opening) =>
      each(output, ({ table, request, selection }, item) =>
        opening.collect(table, item, trustedEntity(table, request, item), undefined, selection),
      ),
    finish: output => each(output, ({ strip }, item) => strip(item)),
  }
}

function planBatchWrite(registry: Registry, input: Item, sealing: Sealing): Plan {
  const requests = (input.RequestItems ?? {}) as Record<string, Item[]>
  const sealed = Object.entries(requests).map(([name, writes]) => {
    const table = registry.table(name)
    const copies = writes.map(write => {
      const put = write.PutRequest as Item | undefined
      return put === undefined
        ? write
        : { ...write, PutRequest: sealPut(table, ownContainers(put) as Item, sealing) }
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

const TRANSACTION_WRITES = ['Put', 'Update', 'Delete', 'ConditionCheck']

function planTransactWrite(registry: Registry, input: Item, sealing: Sealing): Plan {
  const actions = ((input.TransactItems ?? []) as Item[]).map(action => {
    const kind = TRANSACTION_WRITES.find(name => action[name] !== undefined)
    if (kind === undefined) {
      throw new ToolboxError(
        'command-unsupported',
        `An action of the transaction is none of ${TRANSACTION_WRITES.join(', ')}.`,
      )
    }
    const params = action[kind] as Item
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
  sealing.collectItem({ table, key: item, entity }, holder, 'Item')
  return holder
}

function itemsOf(output: Item): Item[] {
  return (output.Items as Item[] | undefined) ?? []
}
