import { guardConditions, refuseLegacy } from '../guards/conditions.js'
import { guardKey } from '../guards/keys.js'
import { completeProjection, trustedKind } from '../guards/projections.js'
import type { Sealing } from '../sealing/sealing.js'
import { searchRead } from '../search/searchRead.js'
import type { Tables } from '../tables/tables.js'
import type { Item } from '../values/place.js'
import type { Plan } from './plan.js'
import { readWhole } from './wholeReads.js'

export function planGet(tables: Tables, input: Item): Plan {
  const table = tables.table(input.TableName)
  refuseLegacy(table, input)
  guardKey(table, input.Key)
  const whole = readWhole(table, input)
  const { params, selection, strip } = completeProjection(table, whole.params)
  return {
    input: params,
    response(output, opening) {
      if (output.Item === undefined) return
      const item = output.Item as Item
      opening.collect(table, item, trustedKind(table, whole.params, item), input.Key as Item, selection)
    },
    finish(output) {
      if (output.Item === undefined) return
      strip(output.Item as Item)
      output.Item = whole.cutDown(output.Item as Item)
    },
  }
}

/** Query and Scan. */
export function planRead(tables: Tables, input: Item, sealing: Sealing): Plan {
  const table = tables.table(input.TableName)
  guardConditions(table, undefined, input)
  const whole = readWhole(table, input)
  const search = searchRead(table, whole.params, sealing)
  const { params, selection, strip } = completeProjection(table, search?.params ?? whole.params)
  search?.plan(params)
  return {
    input: params,
    ...(search === undefined ? {} : { send: search.send, compare: search.compare }),
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

export function planBatchGet(tables: Tables, input: Item): Plan {
  const requests = (input.RequestItems ?? {}) as Record<string, Item>
  const completed = Object.entries(requests).map(([name, request]) => {
    const table = tables.table(name)
    guardConditions(table, undefined, request)
    for (const key of (request.Keys ?? []) as unknown[]) guardKey(table, key)
    const whole = readWhole(table, request)
    return { name, table, whole, ...completeProjection(table, whole.params) }
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
  return {
    input: {
      ...input,
      RequestItems: Object.fromEntries(completed.map(({ name, params }) => [name, params])),
    },
    response(output, opening) {
      for (const [name, items] of Object.entries(responsesOf(output))) {
        const { table, whole, selection } = requestFor(name)
        for (const item of items)
          opening.collect(table, item, trustedKind(table, whole.params, item), undefined, selection)
      }
    },
    finish(output) {
      const responses = responsesOf(output)
      for (const [name, items] of Object.entries(responses)) {
        const { strip, whole } = requestFor(name)
        for (const item of items) strip(item)
        responses[name] = items.map(whole.cutDown)
      }
      const unprocessed = (output.UnprocessedKeys ?? {}) as Record<string, Item>
      for (const [name, request] of Object.entries(unprocessed))
        unprocessed[name] = requestFor(name).whole.asAsked(request)
    },
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
