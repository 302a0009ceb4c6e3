import { guardConditions, refuseLegacy } from '../guards/conditions.js'
import { completeProjection, trustedKind } from '../guards/projections.js'
import { refuseSearched } from '../guards/values.js'
import type { Selection } from '../paths/selection.js'
import type { Sealing } from '../sealing/sealing.js'
import type { SearchedKey } from '../search/searchedKey.js'
import type { KnownTable } from '../tables/knownTable.js'
import type { Tables } from '../tables/tables.js'
import { ownInput } from '../values/copyContainers.js'
import type { Item } from '../values/place.js'
import { listAt, onlyOne } from './members.js'
import type { Forward, Plan } from './plan.js'
import { searchedKey, searchOf } from './searched.js'
import type { WholeRead } from './wholeReads.js'

export function planGet(tables: Tables, given: Item, sealing: Sealing): Plan {
  const input = ownInput(given)
  const table = tables.table(input.TableName)
  refuseLegacy(table, input)
  const searched = searchedKey(table, input.Key, sealing)
  const whole = readWhole(table, input, sealing)
  const { params, selection, strip } = completeProjection(table, whole.params)
  const isFound = ({ Item }: Item) => Item !== undefined
  const send = async (forward: Forward, key: SearchedKey) =>
    sealing.features.search.withConsumed(
      await key.firstFound(Key => forward({ ...params, Key: { ...Key } }), isFound),
    )
  return {
    input: params,
    searched,
    ...(searched === undefined ? {} : { send: forward => send(forward, searched) }),
    response(output, opening) {
      if (output.Item === undefined) return
      const item = output.Item as Item
      const key = searched?.key ?? (input.Key as Item)
      opening.collect(table, item, trustedKind(table, whole.params, item), key, selection)
    },
    finish(output) {
      if (output.Item === undefined) return
      strip(output.Item as Item)
      output.Item = whole.cutDown(output.Item as Item)
    },
  }
}

/** Query and Scan. */
export function planRead(tables: Tables, given: Item, sealing: Sealing): Plan {
  const input = ownInput(given)
  const table = tables.table(input.TableName)
  guardConditions(table, undefined, input)
  refuseSearched(input.ExclusiveStartKey)
  const whole = readWhole(table, input, sealing)
  const search = searchOf(table, whole.params, sealing)?.searchRead(table, whole.params, sealing)
  const { params, selection, strip } = completeProjection(table, search?.params ?? whole.params)
  search?.prepare(params)
  return {
    input: params,
    ...(search === undefined
      ? {}
      : {
          send: forward => search.send(forward),
          compare: (output, own) => search.compare(output, own),
        }),
    response(output, opening) {
      for (const item of itemsOf(output))
        opening.collect(table, item, trustedKind(table, whole.params, item), undefined, selection)
    },
    finish(output) {
      for (const item of itemsOf(output)) {
        strip(item)
        search?.strip(item)
      }
      if (output.Items !== undefined) output.Items = itemsOf(output).map(whole.cutDown)
    },
  }
}

interface TableGet {
  /** As the request calls it. */
  readonly name: string
  readonly table: KnownTable
  readonly whole: WholeRead
  readonly params: Item
  readonly selection?: Selection
  strip(item: Item): void
  /** Where keys are search tokens: one for each that is asked for. */
  readonly searched: readonly SearchedKey[] | undefined
}

export function planBatchGet(tables: Tables, own: Item, sealing: Sealing): Plan {
  const input = ownInput(own)
  const completed = Object.entries(Object(input.RequestItems)).map(([name, asked]): TableGet => {
    const table = tables.table(name)
    const request = Object(asked) as Item
    guardConditions(table, undefined, request)
    const whole = readWhole(table, request, sealing)
    const keys = listAt(`Keys of table ${table.name}`, request.Keys).map(key =>
      searchedKey(table, key, sealing),
    )
    const searched = keys.filter(key => key !== undefined)
    return {
      name,
      table,
      whole,
      searched: table.keyTokens.size > 0 ? searched : undefined,
      ...completeProjection(table, whole.params),
    }
  })
  const requestFor = (name: string) => {
    // The response may call a table by name where the request had its ARN.
    const one =
      completed.find(request => request.name === name) ??
      completed.find(request => request.table === tables.table(name))
    if (one === undefined) throw new Error('DynamoDB answered for a table that was not asked for.')
    return one
  }
  const responsesOf = (output: Item) => (output.Responses ?? {}) as Record<string, Item[]>
  /** The keys that items were asked for by, for a mapper that tells items by them. */
  const given = new Map<Item, Item>()
  return {
    input: {
      ...input,
      RequestItems: Object.fromEntries(completed.map(({ name, params }) => [name, params])),
    },
    ...(completed.some(({ searched }) => searched !== undefined)
      ? { send: (forward: Forward) => sealing.features.search.batchGetKeyed(input, completed, forward) }
      : {}),
    response(output, opening) {
      for (const [name, items] of Object.entries(responsesOf(output))) {
        const { table, whole, selection, searched = [] } = requestFor(name)
        for (const item of items) {
          const key = table.takesPlaintext ? undefined : searched.find(one => one.isOf(item))?.given
          if (key !== undefined) given.set(item, key)
          opening.collect(table, item, trustedKind(table, whole.params, item), undefined, selection)
        }
      }
    },
    finish(output) {
      const responses = responsesOf(output)
      for (const [name, items] of Object.entries(responses)) {
        const { strip, whole } = requestFor(name)
        responses[name] = items.map(item => {
          strip(item)
          return Object.assign(whole.cutDown(item), given.get(item))
        })
      }
      const unprocessed = (output.UnprocessedKeys ?? {}) as Record<string, Item>
      for (const [name, request] of Object.entries(unprocessed))
        unprocessed[name] = requestFor(name).whole.asAsked(request)
    },
  }
}

export function planTransactGet(tables: Tables, input: Item, sealing: Sealing): Plan {
  const gets = listAt('TransactItems', input.TransactItems).map(element =>
    planGet(tables, onlyOne('TransactItems', element, ['Get']).params, sealing),
  )
  const each = (output: Item, visit: (plan: Plan, response: Item) => void) => {
    for (const [i, response] of ((output.Responses ?? []) as Item[]).entries()) {
      const get = gets[i]
      if (get !== undefined && response !== undefined) visit(get, response)
    }
  }
  return {
    input: { ...input, TransactItems: gets.map(get => ({ Get: get.input })) },
    ...(gets.some(({ searched }) => searched !== undefined)
      ? { send: (forward: Forward) => sealing.features.search.transactGetKeyed(input, gets, forward) }
      : {}),
    response: (output, opening) => each(output, (get, response) => get.response(response, opening)),
    finish: output => each(output, (get, response) => get.finish?.(response)),
  }
}

/** What is read in the place of what a command projects. */
function readWhole(table: KnownTable, params: Item, { features }: Sealing): WholeRead {
  return table.wholeItems
    ? features.wholeItems.readWhole(table, params)
    : { params, cutDown: item => item, asAsked: request => request }
}

function itemsOf(output: Item): Item[] {
  return (output.Items as Item[] | undefined) ?? []
}
