import { type AttributeValue, UpdateItemCommand } from '@aws-sdk/client-dynamodb'
import type { AttributePath } from '@dynaseal/core'
import type { Change } from './task.js'

/**
 * Most values of one change: expressions may have 4 KB and 300 operators
 * ("Constraints in Amazon DynamoDB", expression parameters).
 */
export const MAX_VALUES = 100

/** The update that makes a change, under the condition that nothing of it has changed since it was read. */
export function updateItem(
  tableName: string,
  { key, values, attributes, tokens, unchanged }: Change,
): UpdateItemCommand {
  const names = new Map<string, string>()
  const given: Record<string, AttributeValue> = {}
  const nameOf = (name: string) => {
    const known = names.get(name) ?? `#${names.size}`
    names.set(name, known)
    return known
  }
  const place = (path: AttributePath) =>
    path.reduce<string>((text, step) => {
      if (typeof step === 'number') return `${text}[${step}]`
      return text === '' ? nameOf(step) : `${text}.${nameOf(step)}`
    }, '')
  let count = 0
  const value = (one: AttributeValue) => {
    const name = `:${count++}`
    given[name] = one
    return name
  }
  const asRead = (where: string, read: AttributeValue | undefined) =>
    read === undefined ? `attribute_not_exists(${where})` : `${where} = ${value(read)}`

  const changes = [...values, ...attributes, ...tokens].map(({ path, from, to }) => ({
    where: place(path),
    from,
    to,
  }))
  const conditions = [
    ...changes.map(({ where, from }) => asRead(where, from)),
    ...unchanged.map(({ path, value: read }) => asRead(place(path), read)),
  ]
  const [keyName] = Object.keys(key)
  // What was read is there, or an update would bring back an item that was deleted meanwhile.
  if (Object.keys(given).length === 0) conditions.push(`attribute_exists(${nameOf(keyName!)})`)
  const set = changes.flatMap(({ where, to }) => (to === undefined ? [] : [`${where} = ${value(to)}`]))
  const removed = changes.flatMap(({ where, from, to }) =>
    to === undefined && from !== undefined ? [where] : [],
  )
  return new UpdateItemCommand({
    TableName: tableName,
    Key: key,
    UpdateExpression: [
      ...(set.length > 0 ? [`SET ${set.join(', ')}`] : []),
      ...(removed.length > 0 ? [`REMOVE ${removed.join(', ')}`] : []),
    ].join(' '),
    ConditionExpression: conditions.join(' AND '),
    ExpressionAttributeNames: Object.fromEntries(
      [...names].map(([name, placeholder]) => [placeholder, name]),
    ),
    ExpressionAttributeValues: given,
    ReturnConsumedCapacity: 'TOTAL',
  })
}
