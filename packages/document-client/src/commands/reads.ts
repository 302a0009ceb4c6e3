import { guardConditions } from '../guards/conditions.js'
import { guardKey } from '../guards/keys.js'
import { completeProjection, trustedKind } from '../guards/projections.js'
import type { Sealing } from '../sealing/sealing.js'
import { searchRead } from '../search/searchRead.js'
import type { Tables } from '../tables/tables.js'
import type { Item } from '../values/place.js'
import type { Plan } from './plan.js'

export function planGet(tables: Tables, input: Item): Plan {
  const table = tables.table(input.TableName)
  guardKey(table, input.Key)
  const { params, selection, strip } = completeProjection(table, input)
  return {
    input: params,
    response(output, opening) {
      if (output.Item === undefined) return
      const item = output.Item as Item
      opening.collect(table, item, trustedKind(table, input, item), input.Key as Item, selection)
    },
    finish({ Item }) {
      if (Item !== undefined) strip(Item as Item)
    },
  }
}

/** Query and Scan. */
export function planRead(tables: Tables, input: Item, sealing: Sealing): Plan {
  const table = tables.table(input.TableName)
  guardConditions(table, undefined, input)
  const search = searchRead(table, input, sealing)
  const { params, selection, strip } = completeProjection(table, search?.params ?? input)
  search?.plan(params)
  return {
    input: params,
    ...(search === undefined ? {} : { send: search.send, compare: search.compare }),
    response(output, opening) {
      for (const item of itemsOf(output))
        opening.collect(table, item, trustedKind(table, input, item), undefined, selection)
    },
    finish(output) {
      for (const item of itemsOf(output)) {
        strip(item)
        search?.strip(item)
      }
    },
  }
}

export function planBatchGet(tables: Tables, input: Item): Plan {
  const requests = (input.RequestItems ?? {}) as Record<string, Item>
  const completed = Object.entries(requests).map(([name, request]) => {
    const table = tables.table(name)
    guardConditions(table, undefined, request)
    for (const key of (request.Keys ?? []) as unknown[]) guardKey(table, key)
    return { name, table, request, ...completeProjection(table, request) }
  })
  const each = (output: Item, visit: (one: (typeof completed)[number], item: Item) => void) => {
    for (const [name, items] of Object.entries((output.Responses ?? {}) as Record<string, Item[]>)) {
      // The response may call a table by name where the request had its ARN.
      const one =
        completed.find(request => request.name === name) ??
        completed.find(request => request.table === tables.table(name))
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
        opening.collect(table, item, trustedKind(table, request, item), undefined, selection),
      ),
    finish: output => each(output, ({ strip }, item) => strip(item)),
  }
}

export function planTransactGet(tables: Tables, input: Item): Plan {
  const gets = ((input.TransactItems ?? []) as { Get: Item }[]).map(({ Get }) => planGet(tables, Get))
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

function itemsOf(output: Item): Item[] {
  return (output.Items as Item[] | undefined) ?? []
}
