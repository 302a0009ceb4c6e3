import type { Forward, Plan } from '../commands/plan.js'
import { DocumentClientError } from '../errors.js'
import type { Item } from '../values/place.js'
import { sumOfConsumed } from './mergedPages.js'
import type { SearchedKey } from './searchedKey.js'

interface TableGet {
  readonly name: string
  readonly params: Item
  readonly searched: readonly SearchedKey[] | undefined
}

/** The last answer, with what all of them consumed. */
export function withConsumed([last = {}, ...others]: readonly Item[]): Item {
  if (others.length === 0 || last.ConsumedCapacity === undefined) return last
  return { ...last, ConsumedCapacity: sumOfConsumed([last, ...others]) }
}

/** Most keys of one BatchGetItem ("BatchGetItem", Amazon DynamoDB API reference). */
const MAX_KEYS = 100

/**
 * Asks for the keys of all search keys, and once more, for those that are nowhere, for the one that is written with: they may
 * have been moved to it meanwhile.
 */
export async function batchGetKeyed(
  input: Item,
  tables: readonly TableGet[],
  forward: Forward,
): Promise<Item> {
  const count = tables.flatMap(
    ({ searched, params }) => searched?.flatMap(key => key.versions) ?? params.Keys,
  ).length
  const given = tables.flatMap(({ searched, params }) => searched ?? params.Keys).length
  if (count > MAX_KEYS && given <= MAX_KEYS) {
    throw new DocumentClientError(
      'command-unsupported',
      `A BatchGetItem of ${given} keys asks for ${count}, one for each search key, and DynamoDB takes ${MAX_KEYS}. Ask for fewer at once.`,
    )
  }
  const requests = (keysOf: (key: SearchedKey) => readonly Item[], withOthers: boolean) =>
    tables.flatMap(({ name, params, searched }): [string, Item][] => {
      if (searched === undefined) return withOthers ? [[name, params]] : []
      const Keys = searched.flatMap(keysOf)
      return Keys.length === 0 ? [] : [[name, { ...params, Keys }]]
    })
  const answer = await forward({
    ...input,
    RequestItems: Object.fromEntries(requests(key => key.versions, true)),
  })
  const answers = [answer]
  const waiting = waitingKeys(answer)
  const found = Object.values(Object(answer.Responses) as Record<string, Item[]>).flat()
  const isMissing = (name: string, key: SearchedKey) =>
    key.others.length > 0 &&
    // Under the table's name, where it was asked for by its ARN.
    !found.some(item => key.isOf(item)) &&
    !(waiting[name] ?? []).some(each => key.restored(each) !== undefined)
  const missing = tables.flatMap(({ name, params, searched = [] }): [string, Item][] => {
    const Keys = searched.filter(key => isMissing(name, key)).map(({ current }) => current)
    return Keys.length === 0 ? [] : [[name, { ...params, Keys }]]
  })
  if (missing.length > 0) answers.push(await forward({ ...input, RequestItems: Object.fromEntries(missing) }))
  return merged(answers, tables)
}

/** One item for each key that was asked for. What was not processed is as the caller gave it, so that it can be asked for again. */
function merged(answers: readonly Item[], tables: readonly TableGet[]): Item {
  const [first = {}] = answers
  const all = answers.flatMap(({ Responses }) =>
    Object.values(Object(Responses) as Record<string, Item[]>).flat(),
  )
  const several = tables.flatMap(({ searched = [] }) => searched.filter(({ others }) => others.length > 0))
  const found = new Map(several.map(key => [key, key.among(all)]))
  // Somebody put it without knowing of the other search key: a get has the first one, too.
  const spare = new Set([...found.values()].flatMap(([, ...others]) => others))
  const names = [...new Set(answers.flatMap(({ Responses }) => Object.keys(Object(Responses))))]
  const Responses = Object.fromEntries(
    names.map(name => [name, answers.flatMap(each => itemsOf(each, name)).filter(item => !spare.has(item))]),
  )
  const UnprocessedKeys: Record<string, Item> = {}
  for (const answer of answers) {
    for (const [name, request] of Object.entries((answer.UnprocessedKeys ?? {}) as Record<string, Item>)) {
      const searched = tables.find(table => table.name === name)?.searched
      const waiting = ((request.Keys ?? []) as Item[]).map(key => ({ key, owner: ownerOf(searched, key) }))
      const keys = waiting.flatMap(({ key, owner }, index) => {
        if (owner === undefined) return [key]
        // Those of several search keys are one.
        const isFirst = waiting.findIndex(each => each.owner === owner) === index
        return !isFirst || (found.get(owner)?.length ?? 0) > 0 ? [] : (owner.restored(key) ?? key)
      })
      if (keys.length === 0) continue
      const known = (UnprocessedKeys[name]?.Keys ?? []) as Item[]
      UnprocessedKeys[name] = { ...request, Keys: [...known, ...keys] }
    }
  }
  const consumed = answers.flatMap(({ ConsumedCapacity }) => (ConsumedCapacity ?? []) as Item[])
  return {
    ...first,
    Responses,
    UnprocessedKeys,
    ...(consumed.length > 0 ? { ConsumedCapacity: consumed } : {}),
  }
}

/** A key that was not processed, as the command gave it. */
export function restoredKey(searched: readonly SearchedKey[] | undefined, key: Item): Item {
  return ownerOf(searched, key)?.restored(key) ?? key
}

function ownerOf(searched: readonly SearchedKey[] | undefined, key: Item): SearchedKey | undefined {
  return searched?.find(each => each.restored(key) !== undefined)
}

function waitingKeys({ UnprocessedKeys }: Item): Record<string, Item[]> {
  return Object.fromEntries(
    Object.entries(Object(UnprocessedKeys) as Record<string, Item>).map(([name, { Keys }]) => [
      name,
      (Keys ?? []) as Item[],
    ]),
  )
}

function itemsOf({ Responses }: Item, name: string): Item[] {
  return (Object(Responses) as Record<string, Item[]>)[name] ?? []
}

/** Asks for the keys of all search keys at one moment. */
export async function transactGetKeyed(
  input: Item,
  gets: readonly Pick<Plan, 'input' | 'searched'>[],
  forward: Forward,
): Promise<Item> {
  const groups = gets.map(({ input: get, searched }) =>
    searched === undefined
      ? [{ Get: get }]
      : searched.versions.map(Key => ({ Get: { ...get, Key: { ...Key } } })),
  )
  const output = await forward({ ...input, TransactItems: groups.flat() })
  const responses = (output.Responses ?? []) as Item[]
  let start = 0
  const Responses = groups.map((group, index) => {
    const own = responses.slice(start, start + group.length)
    start += group.length
    const found = own.findIndex(response => response?.Item !== undefined)
    const { searched } = gets[index]!
    if (searched !== undefined && found >= 0) searched.choose(searched.versions[found]!)
    return own[Math.max(found, 0)] ?? {}
  })
  return { ...output, Responses }
}
