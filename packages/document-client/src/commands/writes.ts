import { changeOfCondition, changeOfUpdate } from '../changing/changeOf.js'
import type { ReadFirst } from '../changing/readFirst.js'
import { sendChange } from '../changing/sendChange.js'
import { sendTransaction } from '../changing/sendTransaction.js'
import { DocumentClientError } from '../errors.js'
import { guardConditions, seesCiphertext } from '../guards/conditions.js'
import { guardKey } from '../guards/keys.js'
import { refuseUpdate } from '../guards/wholeItems.js'
import { isContainer } from '../paths/attributePattern.js'
import { Selection } from '../paths/selection.js'
import type { Sealing } from '../sealing/sealing.js'
import { sealUpdate, updatedKind, updatedPaths } from '../sealing/updateExpression.js'
import { NO_CHOICE, rewrite } from '../search/rewriting.js'
import { searchesOf } from '../search/searches.js'
import { updateTokens } from '../search/updatedTokens.js'
import type { KnownTable } from '../tables/knownTable.js'
import type { Tables } from '../tables/tables.js'
import { ownContainers } from '../values/copyContainers.js'
import type { Item } from '../values/place.js'
import { fromWire, wireMembers } from '../values/wireItems.js'
import type { Plan } from './plan.js'
import { widenReturnValues } from './returnValues.js'
import { knownMembers } from './writeMembers.js'

export function planPut(tables: Tables, given: Item, sealing: Sealing): Plan {
  const input = knownMembers(given, 'Item')
  const table = tables.table(input.TableName)
  const readsFirst = sealing.readsFirst && seesCiphertext(table, kindOfPut(table, input), input)
  const { kind, ...sealed } = sealPut(table, input, sealing, readsFirst)
  const key = input.Item as Item
  if (!readsFirst) return planWrite(table, kind, key, { ...input, ...sealed }, sealing)
  const written = () => ({ Item: wireMembers(sealed.Item as Item, sealing.values) })
  return planChange(changeOfCondition(table, 'Put', input, key, sealing, written))
}

export function planUpdate(tables: Tables, given: Item, sealing: Sealing): Plan {
  const input = knownMembers(given, 'Key', 'UpdateExpression')
  const table = tables.table(input.TableName)
  guardKey(table, input.Key)
  if (table.wholeItems && sealing.readsFirst) return planChange(changeOfUpdate(table, input, sealing))
  refuseUpdate(table)
  const kind = updatedKind(table, input)
  guardConditions(table, kind, input)
  // Here, where they are still those that were asked for.
  sealing.guardReturnValues(table, input)
  const updated = String(input.ReturnValues).startsWith('UPDATED_') ? updatedPaths(input) : undefined
  const sealed = sealUpdate(table, input, sealing)
  const complete = updateTokens(table, kind, sealed, sealing.tokens, sealing.values)
  const { params, cutDown } = widenReturnValues(table, complete, updated ?? [])
  const selection = updated === undefined ? undefined : new Selection(updated)
  return planWrite(table, kind, input.Key as Item, { ...params }, sealing, selection, cutDown)
}

/** Delete, and the condition checks of transactions. */
export function planDelete(
  tables: Tables,
  given: Item,
  sealing: Sealing,
  action: 'Delete' | 'ConditionCheck' = 'Delete',
): Plan {
  const input = knownMembers(given, 'Key')
  const table = tables.table(input.TableName)
  guardKey(table, input.Key)
  if (sealing.readsFirst && seesCiphertext(table, undefined, input)) {
    const key = input.Key as Item
    const written = () => ({ Key: wireMembers(key, sealing.values) })
    return planChange(changeOfCondition(table, action, input, key, sealing, written))
  }
  guardConditions(table, undefined, input)
  return planWrite(table, undefined, input.Key as Item, input, sealing)
}

/** A single write that is evaluated on the plaintext of its item. */
function planChange(readFirst: ReadFirst): Plan {
  const { table, key, params } = readFirst
  return {
    input: params,
    readFirst,
    send: (_, sending) => sendChange(readFirst, sending),
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
  selection?: Selection,
  cutDown = (item: Item) => item,
): Plan {
  sealing.guardReturnValues(table, input)
  const { tokens, values } = sealing
  const searches = searchesOf(table, kind, input, tokens, values)
  if (searches !== undefined) tokens.afterwards(() => rewrite(input, searches, NO_CHOICE))
  return {
    input,
    response(output, opening) {
      if (output.Attributes === undefined) return
      const item = output.Attributes as Item
      const returned = cutDown(item)
      output.Attributes = returned
      // Not of what was cut away: whoever gets the item would not see that it has another kind's name.
      opening.collect(table, returned, table.kindOf(returned), key, selection)
      // As DynamoDB does where there is nothing to return.
      if (Object.keys(returned).length === 0) delete output.Attributes
    },
    errorItems: error => [{ table, key, holder: error }],
  }
}

export function planBatchWrite(tables: Tables, input: Item, sealing: Sealing): Plan {
  const requests = (input.RequestItems ?? {}) as Record<string, Item[]>
  const sealed = Object.entries(requests).map(([name, writes]) => {
    const table = tables.table(name)
    const copies = writes.map(write => {
      const put = write.PutRequest as Item | undefined
      if (write.DeleteRequest !== undefined) guardKey(table, (write.DeleteRequest as Item).Key)
      return put === undefined
        ? write
        : { ...write, PutRequest: { Item: sealPut(table, ownContainers(put) as Item, sealing).Item } }
    })
    return [name, copies]
  })
  return { input: { ...input, RequestItems: Object.fromEntries(sealed) }, response: () => {} }
}

const TRANSACTION_WRITES = ['Put', 'Update', 'Delete', 'ConditionCheck'] as const

export function planTransactWrite(tables: Tables, input: Item, sealing: Sealing): Plan {
  const actions = ((input.TransactItems ?? []) as Item[]).map(action => {
    const kind = TRANSACTION_WRITES.find(name => action[name] !== undefined)
    if (kind === undefined) {
      throw new DocumentClientError(
        'command-unsupported',
        `An action of the transaction is none of ${TRANSACTION_WRITES.join(', ')}.`,
      )
    }
    const params = action[kind] as Item
    if (kind === 'Put') return { kind, plan: planPut(tables, params, sealing) }
    if (kind === 'Update') return { kind, plan: planUpdate(tables, params, sealing) }
    return { kind, plan: planDelete(tables, params, sealing, kind) }
  })
  const readsFirst = actions.some(({ plan }) => plan.readFirst !== undefined)
  const writes = actions.map(({ kind, plan }) => plan.readFirst ?? { kind, params: plan.input })
  return {
    input: { ...input, TransactItems: actions.map(({ kind, plan }) => ({ [kind]: plan.input })) },
    ...(readsFirst ? { send: (_, sending) => sendTransaction(input, writes, sending) } : {}),
    response: () => {},
    errorItems: error =>
      ((error.CancellationReasons ?? []) as Item[]).flatMap(
        (reason, i) => actions[i]?.plan.errorItems?.(reason) ?? [],
      ),
  }
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
      `What was given to be put in table ${table.name} is no plain object, and the AWS SDK takes no other Item. Give a copy of its members: { ...item }.`,
    )
  }
  const kind = kindOfPut(table, params)
  if (!readsFirst) guardConditions(table, kind, params)
  const holder = { Item: item }
  sealing.collectItem({ table, key: item, kind }, holder, 'Item')
  return { ...holder, kind }
}

function kindOfPut(table: KnownTable, { Item: item }: Item): unknown {
  return isContainer(item) && !Array.isArray(item) ? table.kindOf(item as Item) : undefined
}
