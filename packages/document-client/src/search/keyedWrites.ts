import type { Forward } from '../commands/plan.js'
import { DocumentClientError } from '../errors.js'
import type { Item } from '../values/place.js'
import { conditionFailed, foldReasons } from './keyedErrors.js'
import { keyName } from './mergedPages.js'
import type { SearchedKey } from './searchedKey.js'

const KEY = '#dynasealkey_'

export type WriteAction = 'Put' | 'Update' | 'Delete' | 'ConditionCheck'

interface Write {
  readonly action: WriteAction
  /** Complete when everything is sealed. */
  readonly input: Item
  readonly key: SearchedKey
  /** Whether what an update creates would be an item with all that its key is of. Default: no. */
  readonly mayCreate?: boolean
}

/** A write of an item whose key is a token: with several search keys, it has one of several keys, or none. */
export class KeyedWrite {
  readonly key: SearchedKey
  /** Where the item was found; undefined where there is none, or where nothing asks for it. */
  #place: Item | undefined

  constructor(private readonly write: Write) {
    this.key = write.key
  }

  /** One consistent read for each search key until it is found; none with one search key, and where no condition is. */
  async locate(forward: Forward): Promise<void> {
    const { key, action, input } = this.write
    if (key.others.length > 0 && (action === 'Update' || hasCondition(input))) await this.#find(forward)
  }

  async #find(forward: Forward): Promise<void> {
    const { key, input } = this.write
    this.#place = undefined
    const names = key.table.keyNames.map((name, index) => [`${KEY}${index}`, name] as const)
    const projection = {
      TableName: input.TableName,
      ConsistentRead: true,
      ProjectionExpression: names.map(([placeholder]) => placeholder).join(', '),
      ExpressionAttributeNames: Object.fromEntries(names),
    }
    const [answer] = await key.firstFound(
      Key => forward({ ...projection, Key: { ...Key } }, 'GetItem'),
      ({ Item }) => Item !== undefined,
    )
    if (answer?.Item === undefined) key.choose(key.current)
    else this.#place = { ...key.key }
  }

  async hasMoved(forward: Forward): Promise<boolean> {
    const before = this.#place
    await this.locate(forward)
    return this.#place !== undefined && (before === undefined || !this.#isAt(before))
  }

  /**
   * The actions of a transaction that do what it says: nothing happens to an item that has another key than it was found by,
   * and where one is put, none stays under an older key.
   */
  actions(): Item[] {
    const { action, input, key } = this.write
    const { others, current, versions } = key
    const isConditional = hasCondition(input)
    const { TableName } = input
    const nothingAt = (Key: Item) => ({ ConditionCheck: this.#demand({ TableName, Key: { ...Key } }, false) })
    const deleteAt = (Key: Item, condition: Item) => ({
      Delete: { ...condition, TableName, Key: { ...Key } },
    })
    if (action === 'Update') return [{ Update: this.#update() }]
    if (action === 'Put') {
      if (!isConditional) return [{ Put: input }, ...others.map(each => deleteAt(each, {}))]
      if (this.#place === undefined || this.#isAt(current)) return [{ Put: input }, ...others.map(nothingAt)]
      const { Item, ...condition } = input
      return [
        { Put: this.#demand({ TableName, Item }, false) },
        deleteAt(this.#place, condition),
        ...others.filter(each => !this.#isAt(each)).map(nothingAt),
      ]
    }
    if (others.length === 0) return [{ [action]: input }]
    if (action === 'Delete' && !isConditional) return versions.map(each => deleteAt(each, input))
    return this.#place === undefined
      ? [{ [action]: input }, ...others.map(nothingAt)]
      : [{ [action]: this.#demand(input, true) }]
  }

  /** Sends it as a command of its own. */
  async send(forward: Forward): Promise<Item> {
    const { action, input, key } = this.write
    if (action === 'Update') return forward(this.#update())
    if (key.others.length === 0) return forward(input)
    if (action === 'Put') return this.#put(forward)
    if (hasCondition(input)) return forward(this.#place === undefined ? input : this.#demand(input, true))
    return this.#deleteWherever(forward)
  }

  /** Until there is none: who does not know of one of the search keys may have put it once more. */
  async #deleteWherever(forward: Forward): Promise<Item> {
    const { input, key } = this.write
    let deleted: { readonly output: Item; readonly place: Item } | undefined
    for (;;) {
      await this.#find(forward)
      const place = this.#place
      if (place === undefined) {
        if (deleted === undefined) return forward(input)
        key.choose(deleted.place)
        return deleted.output
      }
      try {
        const output = await forward(this.#demand(input, true))
        deleted ??= { output, place }
      } catch (error) {
        if (Object(error).name !== 'ConditionalCheckFailedException') throw error
      }
    }
  }

  /** An item that an update creates has what its key is of, or is none of the table's. */
  #update(): Item {
    const { input, key, mayCreate = false } = this.write
    return mayCreate && key.others.length === 0 ? input : this.#demand(input, true)
  }

  async #put(forward: Forward): Promise<Item> {
    const { ReturnValues, ReturnConsumedCapacity } = this.write.input
    if (ReturnValues !== undefined && ReturnValues !== 'NONE') {
      throw new DocumentClientError(
        'command-unsupported',
        `While there are several search keys, an item whose key is a search token is put in a transaction, which returns no ReturnValues (table ${this.key.table.name}). Leave them out, or load the item before.`,
      )
    }
    const TransactItems = this.actions().map(action => withoutReturns(action))
    try {
      const output = await forward({ TransactItems, ReturnConsumedCapacity }, 'TransactWriteItems')
      const [consumed] = (output.ConsumedCapacity ?? []) as Item[]
      return consumed === undefined ? {} : { ConsumedCapacity: consumed }
    } catch (error) {
      throw conditionFailed(error)
    }
  }

  #isAt(place: Item): boolean {
    const { keyNames } = this.key.table
    return this.#place !== undefined && keyName(this.#place, keyNames) === keyName(place, keyNames)
  }

  /** With a condition on whether there is an item. */
  #demand(params: Item, exists: boolean): Item {
    const own = `attribute_${exists ? 'exists' : 'not_exists'}(${KEY}0)`
    return {
      ...params,
      ConditionExpression: hasCondition(params)
        ? `${own} AND ${enclosed(String(params.ConditionExpression))}`
        : own,
      ExpressionAttributeNames: {
        ...(params.ExpressionAttributeNames as Item | undefined),
        [`${KEY}0`]: this.key.table.keyNames[0],
      },
    }
  }
}

/** In parentheses, once: DynamoDB refuses redundant ones. */
function enclosed(condition: string): string {
  const text = condition.trim()
  let depth = 0
  for (let at = 0; at < text.length; at++) {
    if (text[at] === '(') depth++
    else if (text[at] === ')') depth--
    if (depth === 0) return at === text.length - 1 ? text : `(${text})`
  }
  return `(${text})`
}

/** Sends a transaction, and tells of each of its actions, as the caller has them. */
export async function sendInTransaction(
  input: Item,
  groups: readonly (readonly Item[])[],
  forward: Forward,
): Promise<Item> {
  try {
    return await forward({ ...input, TransactItems: groups.flat() })
  } catch (error) {
    const counts = groups.map(({ length }) => length)
    throw foldReasons(error, counts)
  }
}

/** What the actions of a transaction do not have. */
function withoutReturns(action: Item): Item {
  return Object.fromEntries(
    Object.entries(action).map(([name, params]) => {
      const { ReturnValues, ReturnConsumedCapacity, ReturnItemCollectionMetrics, ...known } = params as Item
      return [name, known]
    }),
  )
}

function hasCondition({ ConditionExpression }: Item): boolean {
  return typeof ConditionExpression === 'string' && ConditionExpression !== ''
}
