import type { ClientSettings } from '../client/settings.js'
import type { KnownTable } from '../tables/knownTable.js'
import type { ReadItem } from './readFirst.js'

/** A condition with its placeholders, as attribute values. */
export interface WireCondition {
  readonly ConditionExpression: string
  readonly ExpressionAttributeNames: Record<string, string>
  readonly ExpressionAttributeValues?: Record<string, unknown>
}

/**
 * That an item is as it was read. Each time that one is sealed, the format's attributes are others; so they tell, but
 * for what the format does not cover. Of an item in clear, all attributes are compared. One that nobody knows by name, and that
 * somebody adds, is not seen.
 */
export function unchanged(
  table: KnownTable,
  { format }: Pick<ClientSettings, 'format'>,
  { stored, opened }: ReadItem,
): WireCondition {
  if (stored === undefined)
    return {
      ConditionExpression: 'attribute_not_exists(#dynaseal_0)',
      ExpressionAttributeNames: { '#dynaseal_0': table.keyNames[0]! },
    }
  const own = table.formatAttributes
  const isSealed = own.some(name => Object.hasOwn(stored, name))
  const isCovered = (name: string) => isSealed && format.covers?.(table.name, name) !== false
  const encrypted = table.encrypted(undefined).flatMap(([name]) => (typeof name === 'string' ? [name] : []))
  // Also those that it does not have: somebody may add one.
  const known = [...(format.uncovered?.(table.name) ?? []), ...(isSealed ? [] : encrypted)]
  const others = [...Object.keys(opened ?? {}).filter(name => !isCovered(name)), ...known]
  const compared = [...new Set([...own, ...others.filter(name => !table.keyNames.includes(name))])]
  const names = Object.fromEntries(compared.map((name, i) => [`#dynaseal_${i}`, name]))
  const values: Record<string, unknown> = {}
  const tests = compared.map((name, i) => {
    if (!Object.hasOwn(stored, name)) return `attribute_not_exists(#dynaseal_${i})`
    values[`:dynaseal_${i}`] = stored[name]
    return `#dynaseal_${i} = :dynaseal_${i}`
  })
  return {
    ConditionExpression: tests.join(' AND '),
    ExpressionAttributeNames: names,
    ...(Object.keys(values).length === 0 ? {} : { ExpressionAttributeValues: values }),
  }
}

/** What holds for no item. */
export function impossible(table: KnownTable): WireCondition {
  return {
    ConditionExpression: 'attribute_exists(#dynaseal_0) AND attribute_not_exists(#dynaseal_0)',
    ExpressionAttributeNames: { '#dynaseal_0': table.keyNames[0]! },
  }
}
