import type { ReadFirst } from '../changing/readFirst.js'
import { DocumentClientError } from '../errors.js'
import { guardConditions, seesCiphertext } from '../guards/conditions.js'
import { guardMembers } from '../guards/values.js'
import { isContainer } from '../paths/attributePattern.js'
import { Selection } from '../paths/selection.js'
import type { Sealing } from '../sealing/sealing.js'
import { knownKind, sealUpdate, updatedKind, updatedPaths } from '../sealing/updateExpression.js'
import type { BatchedWrite } from '../search/keyedBatches.js'
import type { KeyedWrite, WriteAction } from '../search/keyedWrites.js'
import type { SearchedKey } from '../search/searchedKey.js'
import type { KnownTable } from '../tables/knownTable.js'
import type { Tables } from '../tables/tables.js'
import { ownMembers } from '../values/copyContainers.js'
import type { Item } from '../values/place.js'
import { fromWire, wireMembers } from '../values/wireItems.js'
import { listAt, onlyOne } from './members.js'
import type { Forward, Plan } from './plan.js'
import { widenReturnValues } from './returnValues.js'
import { searchedKey, searchedKeyOfItem, searchOf } from './searched.js'
import { knownMembers } from './writeMembers.js'

export function planPut(tables: Tables, given: Item, sealing: Sealing): Plan {
  const input = knownMembers(given, 'Item')
  const table = tables.table(input.TableName)
  const readsFirst = readsTo(sealing, table) && seesCiphertext(table, kindOfPut(table, input), input)
  const { kind, ...sealed } = sealPut(table, input, sealing, readsFirst)
  const item = input.Item as Item
  if (readsFirst) {
    const written = () => ({ Item: wireMembers(sealed.Item as Item, sealing.values) })
    return planChange(
      sealing.features.wholeItems.changeOfCondition(table, 'Put', input, item, sealing, written),
      sealing,
    )
  }
  const key = searchedKeyOfItem(table, sealed.Item as Item, sealing)
  return planWrite(table, kind, item, { ...input, ...sealed }, sealing, { action: 'Put', key })
}

export function planUpdate(tables: Tables, given: Item, sealing: Sealing): Plan {
  const { input, table, key } = withKey(tables, knownMembers(given, 'Key', 'UpdateExpression'), sealing)
  if (table.wholeItems) {
    const { wholeItems } = sealing.features
    if (readsTo(sealing, table)) return planChange(wholeItems.changeOfUpdate(table, input, sealing), sealing)
    wholeItems.refuseUpdate(table)
  }
  const kind = updatedKind(table, input)
  guardConditions(table, kind, input)
  // Here, where they are still those that were asked for.
  sealing.guardReturnValues(table, input)
  const updated = String(input.ReturnValues).startsWith('UPDATED_') ? updatedPaths(input) : undefined
  const isWhole = key !== undefined && sealing.features.search.mayCreate(key, input, sealing.values)
  const sealed = sealUpdate(table, input, sealing)
  const complete = table.hasTokens
    ? sealing.features.search.updateTokens(table, kind, sealed, sealing.tokens, sealing.values)
    : sealed
  const { params, cutDown } = widenReturnValues(table, complete, updated ?? [])
  const selection = updated === undefined ? undefined : new Selection(updated)
  const write = { action: 'Update', key, mayCreate: isWhole, selection, cutDown } as const
  return planWrite(table, kind, input.Key as Item, { ...params }, sealing, write)
}

/** Delete, and the condition checks of transactions. */
export function planDelete(
  tables: Tables,
  given: Item,
  sealing: Sealing,
  action: 'Delete' | 'ConditionCheck' = 'Delete',
): Plan {
  const { input, table, key } = withKey(tables, knownMembers(given, 'Key'), sealing)
  if (readsTo(sealing, table) && seesCiphertext(table, undefined, input)) {
    const own = input.Key as Item
    const written = () => ({ Key: wireMembers(own, sealing.values) })
    return planChange(
      sealing.features.wholeItems.changeOfCondition(table, action, input, own, sealing, written),
      sealing,
    )
  }
  guardConditions(table, table.kindOf(Object(input.Key)), input)
  return planWrite(table, undefined, input.Key as Item, input, sealing, { action, key })
}

/** Whether what looks at ciphertext reads it first. Of an item whose key is a token, that is not done. */
function readsTo({ readsFirst }: Sealing, { keyTokens }: KnownTable): boolean {
  return readsFirst && keyTokens.size === 0
}

interface SingleWrite {
  readonly action: WriteAction
  /** Where the table's keys are search tokens. */
  readonly key: SearchedKey | undefined
  readonly mayCreate?: boolean
  readonly selection?: Selection | undefined
  cutDown?(item: Item): Item
}

/** A single write that is evaluated on the plaintext of its item. */
function planChange(readFirst: ReadFirst, { features }: Sealing): Plan {
  const { table, key, params } = readFirst
  return {
    input: params,
    readFirst,
    send: (_, sending) => features.wholeItems.sendChange(readFirst, sending),
    response: () => {},
    errorItems: error => [{ table, key: fromWire(key), holder: error }],
  }
}

/** A single write: what it returns, and what its failed condition returns, is the item of its key. */
function planWrite(
  table: KnownTable,
  kind: unknown,
  key: Item,
  input: Item,
  sealing: Sealing,
  { cutDown = item => item, selection, ...write }: SingleWrite,
): Plan {
  sealing.guardReturnValues(table, input)
  const { values } = sealing
  const search = searchOf(table, input, sealing)
  const searches = search?.searchesOf(table, kind, input, sealing.tokens, values)
  if (searches !== undefined)
    sealing.tokens.afterwards(() => search?.rewrite(input, searches, search.NO_CHOICE))
  const keyed = keyedWrite(write, input, sealing)
  const itemKey = write.key?.key ?? key
  return {
    input,
    ...(keyed === undefined ? {} : { keyed, ...plansOf([keyed]), send: forward => keyed.send(forward) }),
    response(output, opening) {
      if (output.Attributes === undefined) return
      const item = output.Attributes as Item
      const returned = cutDown(item)
      output.Attributes = returned
      // Not of what was cut away: whoever gets the item would not see that it has another kind's name.
      opening.collect(table, returned, table.kindOf(returned) ?? knownKind(table, input), itemKey, selection)
      // As DynamoDB does where there is nothing to return.
      if (Object.keys(returned).length === 0) delete output.Attributes
    },
    errorItems: error => [{ table, key: itemKey, holder: error }],
  }
}

/** Where its table's keys are tokens. */
function keyedWrite(
  { key, action, mayCreate = false }: SingleWrite,
  input: Item,
  { features }: Sealing,
): KeyedWrite | undefined {
  return key && new features.search.KeyedWrite({ action, key, mayCreate, input })
}

/** What is done before and after writes of items whose keys are tokens. */
function plansOf(writes: readonly KeyedWrite[]): Pick<Plan, 'locate' | 'hasMoved'> {
  if (writes.length === 0) return {}
  return {
    async locate(forward) {
      await Promise.all(writes.map(write => write.locate(forward)))
    },
    hasMoved: async forward =>
      (await Promise.all(writes.map(write => write.hasMoved(forward)))).includes(true),
  }
}

/** A command with its key: where that is a token, with one that is filled when the tokens are made. */
function withKey(tables: Tables, input: Item, sealing: Sealing) {
  const table = tables.table(input.TableName)
  const { Key, key } = keyOf(table, input.Key, sealing)
  const own: Item = { ...input, Key }
  return { input: own, table, key }
}

function keyOf(table: KnownTable, Key: unknown, sealing: Sealing) {
  const key = searchedKey(table, Key, sealing)
  return { Key: key?.key ?? Key, key }
}

export function planBatchWrite(tables: Tables, input: Item, sealing: Sealing): Plan {
  const requests = (input.RequestItems ?? {}) as Record<string, unknown>
  const all = Object.entries(requests).flatMap(([name, writes]) => {
    const table = tables.table(name)
    return listAt(`RequestItems of table ${table.name}`, writes).map(write => ({
      name,
      ...batched(table, name, write, sealing),
    }))
  })
  const RequestItems = Object.fromEntries(
    Object.keys(requests).map(name => [
      name,
      all.filter(one => one.name === name).map(({ request }) => request),
    ]),
  )
  const params = { ...input, RequestItems }
  return {
    input: params,
    ...(all.some(({ keyed }) => keyed !== undefined)
      ? { send: (forward: Forward) => sealing.features.search.batchWriteKeyed(params, all, forward) }
      : {}),
    response: () => {},
  }
}

const REQUESTS = ['PutRequest', 'DeleteRequest'] as const

function batched(
  table: KnownTable,
  TableName: string,
  write: Item,
  sealing: Sealing,
): Omit<BatchedWrite, 'name'> {
  const { kind, params } = onlyOne('RequestItems', write, REQUESTS)
  if (kind === 'PutRequest') {
    const { Item } = sealPut(table, { Item: ownMembers(params.Item) }, sealing)
    const key = searchedKeyOfItem(table, Item as Item, sealing)
    const keyed = keyedWrite({ action: 'Put', key }, { TableName, Item }, sealing)
    return { request: { PutRequest: { Item } }, keyed }
  }
  const { Key, key } = keyOf(table, ownMembers(params.Key), sealing)
  const keyed = keyedWrite({ action: 'Delete', key }, { TableName, Key }, sealing)
  return { request: { DeleteRequest: { Key } }, keyed }
}

const TRANSACTION_WRITES = ['Put', 'Update', 'Delete', 'ConditionCheck'] as const

export function planTransactWrite(tables: Tables, input: Item, sealing: Sealing): Plan {
  const actions = listAt('TransactItems', input.TransactItems).map(action => {
    const { kind, params } = onlyOne('TransactItems', action, TRANSACTION_WRITES)
    if (kind === 'Put') return { kind, plan: planPut(tables, params, sealing) }
    if (kind === 'Update') return { kind, plan: planUpdate(tables, params, sealing) }
    return { kind, plan: planDelete(tables, params, sealing, kind) }
  })
  return {
    input: { ...input, TransactItems: actions.map(({ kind, plan }) => ({ [kind]: plan.input })) },
    ...transactionPlans(input, actions, sealing),
    response: () => {},
    errorItems: error =>
      ((error.CancellationReasons ?? []) as Item[]).flatMap(
        (reason, i) => actions[i]?.plan.errorItems?.(reason) ?? [],
      ),
  }
}

interface PlannedAction {
  readonly kind: WriteAction
  readonly plan: Plan
}

/** How a transaction is sent of which some actions take more than what they say. */
function transactionPlans(
  input: Item,
  actions: readonly PlannedAction[],
  { features }: Sealing,
): Partial<Plan> {
  const keyed = actions.flatMap(({ plan }) => plan.keyed ?? [])
  if (actions.some(({ plan }) => plan.readFirst !== undefined)) {
    if (keyed.length > 0) {
      throw new DocumentClientError(
        'command-unsupported',
        `A transaction changes items by reading them first, and writes items of table ${keyed[0]!.key.table.name}, whose keys are search tokens. Make two of it.`,
      )
    }
    const writes = actions.map(({ kind, plan }) => plan.readFirst ?? { kind, params: plan.input })
    return { send: (_, sending) => features.wholeItems.sendTransaction(input, writes, sending) }
  }
  if (keyed.length === 0) return {}
  const groups = () => actions.map(({ kind, plan }) => plan.keyed?.actions() ?? [{ [kind]: plan.input }])
  return { ...plansOf(keyed), send: forward => features.search.sendInTransaction(input, groups(), forward) }
}

/**
 * @param readsFirst whether its condition is compared with the plaintext
 * @returns the item with its pending values noted for sealing
 */
function sealPut(
  table: KnownTable,
  params: Item,
  sealing: Sealing,
  readsFirst = false,
): { Item: unknown; kind: unknown } {
  const item = params.Item as Item
  if (!isContainer(item) || Array.isArray(item)) {
    throw new DocumentClientError(
      'invalid-value',
      `The Item to be put in table ${table.name} is missing or no plain object, and the AWS SDK takes no other. Of an instance of a class, give a copy of its members: { ...item }.`,
    )
  }
  guardMembers(table, item)
  const kind = kindOfPut(table, params)
  if (!readsFirst) guardConditions(table, kind, params)
  const holder = { Item: item }
  sealing.collectItem({ table, key: item, kind }, holder, 'Item')
  return { ...holder, kind }
}

function kindOfPut(table: KnownTable, { Item: item }: Item): unknown {
  return isContainer(item) && !Array.isArray(item) ? table.kindOf(item as Item) : undefined
}
