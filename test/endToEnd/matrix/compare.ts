import { inspect, isDeepStrictEqual } from 'node:util'

/**
 * A response or an error with what may differ between the sealed table and its plain twin made the same: the table's
 * name, ids and times, and how much capacity was used, since ciphertext is longer.
 */
export function comparable(value: unknown, tableName: string): unknown {
  if (value instanceof Error) return comparableError(value, tableName)
  return visit(value, tableName)
}

function visit(value: unknown, tableName: string): unknown {
  if (value === tableName) return 'the table'
  if (Array.isArray(value)) return value.map(child => visit(child, tableName))
  if (value instanceof Set) return new Set([...value].map(child => visit(child, tableName)))
  if (!isPlainObject(value)) return value
  return Object.fromEntries(
    members(value).map(key => {
      const child = (value as Record<string | symbol, unknown>)[key]
      if (key === '$metadata') return [key, metadata(child as Record<string, unknown>)]
      if (typeof key === 'string' && /ConsumedCapacity$|^ItemCollectionMetrics$/.test(key))
        return [key, shape(visit(child, tableName))]
      if (SETS.includes(key) && Array.isArray(child)) return [key, new Set(child)]
      if (TIMES.includes(key) && typeof child === 'string' && !Number.isNaN(Date.parse(child)))
        return [key, 'a time']
      if (TIMES.includes(key) && isPlainObject(child)) return [key, 'a time']
      return [key === tableName ? 'the table' : key, visit(child, tableName)]
    }),
  )
}

/** What is data: how an item is printed is none, but the item of an error is, which is not printed. */
function members(value: object): (string | symbol)[] {
  return Reflect.ownKeys(value).filter(
    key => key === 'Item' || Object.prototype.propertyIsEnumerable.call(value, key),
  )
}

/** Attribute values of sets, which have no order. */
const SETS: readonly (string | symbol)[] = ['SS', 'NS', 'BS']
const TIMES: readonly (string | symbol)[] = ['created', 'modified', '_ct', '_md']

function metadata({ httpStatusCode }: Record<string, unknown>): object {
  return { httpStatusCode }
}

function shape(value: unknown): unknown {
  if (typeof value === 'number') return 'a number'
  if (Array.isArray(value)) return value.map(shape)
  if (!isPlainObject(value)) return value
  return Object.fromEntries(Object.entries(value).map(([key, child]) => [key, shape(child)]))
}

function comparableError(error: Error, tableName: string): object {
  const { stack: _, $response: __, ...others } = error as unknown as Record<string, unknown>
  others.Item = (error as { Item?: unknown }).Item
  if (others.Item === undefined) delete others.Item
  return {
    error: error.name,
    message: error.message.replaceAll(tableName, 'the table'),
    ...(visit(others, tableName) as object),
  }
}

function isPlainObject(value: unknown): value is object {
  if (typeof value !== 'object' || value === null) return false
  const prototype = Object.getPrototypeOf(value)
  return prototype === Object.prototype || prototype === null
}

/** A client that may only seal takes the items out of the errors of failed conditions. */
export function withoutErrorItems(outcomes: Record<string, unknown>): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(outcomes).map(([name, outcome]) => {
      if (!isPlainObject(outcome) || !('error' in outcome)) return [name, outcome]
      const {
        Item: _,
        CancellationReasons,
        ...error
      } = outcome as { CancellationReasons?: { Item?: unknown }[] } & Record<string, unknown>
      if (CancellationReasons === undefined) return [name, error]
      return [
        name,
        { ...error, CancellationReasons: CancellationReasons.map(({ Item: __, ...reason }) => reason) },
      ]
    }),
  )
}

/**
 * Where two comparable values differ, if only in the class of a value or in a key that is `undefined`.
 *
 * @param lists `parts` where the sealed side may have less of a list: what was updated in it, moved together, as DynamoDB
 *   returns it for UPDATED_OLD and UPDATED_NEW. dynoxide returns the whole list.
 */
export function differences(
  sealed: unknown,
  plain: unknown,
  path = '',
  lists: 'whole' | 'parts' = 'whole',
): string[] {
  if (isPlainObject(sealed) && isPlainObject(plain)) return differingMembers(sealed, plain, path, lists)
  if (lists === 'parts' && Array.isArray(sealed) && Array.isArray(plain) && isPartOf(sealed, plain)) return []
  if (Array.isArray(sealed) && Array.isArray(plain) && sealed.length === plain.length)
    return sealed.flatMap((child, i) => differences(child, plain[i], `${path}[${i}]`))
  if (isDeepStrictEqual(sealed, plain)) return []
  return [`${path}: sealed ${shown(sealed)}, plain ${shown(plain)}`]
}

/** Whether there is nothing but what the other has, in its order, and something at all. */
function isPartOf(part: unknown, whole: unknown): boolean {
  if (isDeepStrictEqual(part, whole)) return true
  if (Array.isArray(part) && Array.isArray(whole)) {
    let from = 0
    for (const element of part) {
      const at = whole.findIndex((each, index) => index >= from && isPartOf(element, each))
      if (at === -1) return false
      from = at + 1
    }
    return part.length > 0
  }
  if (isPlainObject(part) && isPlainObject(whole)) {
    const entries = Object.entries(part)
    return entries.length > 0 && entries.every(([name, child]) => isPartOf(child, Reflect.get(whole, name)))
  }
  return false
}

function differingMembers(sealed: object, plain: object, path: string, lists: 'whole' | 'parts'): string[] {
  const [one, other] = [sealed, plain] as Record<string | symbol, unknown>[]
  return [...new Set([...Reflect.ownKeys(sealed), ...Reflect.ownKeys(plain)])].flatMap(key => {
    const here = `${path}.${String(key)}`
    if (!Object.hasOwn(plain, key)) return [`${here}: only sealed has it, ${shown(one![key])}`]
    if (!Object.hasOwn(sealed, key)) return [`${here}: only plain has it, ${shown(other![key])}`]
    return differences(one![key], other![key], here, lists)
  })
}

function shown(value: unknown): string {
  return inspect(value, { depth: 3, breakLength: Number.POSITIVE_INFINITY }).slice(0, 300)
}
