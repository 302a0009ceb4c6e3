import { LEGACY } from '../guards/conditions.js'
import { ownContainers, ownMembers } from '../values/copyContainers.js'
import type { Item } from '../values/place.js'

/** What DynamoDB's writes have in common. */
const WRITE_MEMBERS = [
  'TableName',
  'ConditionExpression',
  'ExpressionAttributeNames',
  'ExpressionAttributeValues',
  'ReturnConsumedCapacity',
  'ReturnItemCollectionMetrics',
  'ReturnValues',
  'ReturnValuesOnConditionCheckFailure',
  ...LEGACY,
]

/** What may be searched for is directly in these. */
const SEARCHING = ['ExpressionAttributeValues', 'Item', 'Key']

/**
 * A write with what DynamoDB takes, and nothing else, as it is now: while a data key is fetched, the caller may change
 * what has been checked. Those that a mapper builds may have more, such as the item in clear, and
 * middleware and loggers are shown all that a command has.
 */
export function knownMembers(given: Item, ...others: string[]): Item {
  const names = [...WRITE_MEMBERS, ...others].filter(name => given[name] !== undefined)
  return Object.fromEntries(
    names.map(name => [
      name,
      SEARCHING.includes(name) ? ownMembers(given[name]) : ownContainers(given[name]),
    ]),
  )
}
