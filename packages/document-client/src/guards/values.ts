import { DocumentClientError } from '../errors.js'
import { isContainer } from '../paths/attributePattern.js'
import { PendingSeal } from '../sealing/pendingSeal.js'
import { Searched } from '../search/searched.js'
import type { KnownTable } from '../tables/knownTable.js'
import type { Item } from '../values/place.js'

const EXPRESSIONS = [
  'ConditionExpression',
  'FilterExpression',
  'KeyConditionExpression',
  'UpdateExpression',
] as const

/**
 * Refuses values that no expression uses, as when one of the two is misspelled: nothing says whether they are secret, and
 * DynamoDB would refuse them only after it has seen them.
 *
 * @throws {DocumentClientError} `expression-syntax`; `invalid-value` for what is searched for inside of another value
 */
export function guardValues(table: KnownTable, params: Item): void {
  const values = (params.ExpressionAttributeValues ?? {}) as Item
  for (const name of Object.keys(values)) {
    const value = values[name]
    if (isContainer(value)) refuseSearched(value)
    // These have errors of their own.
    if (value instanceof Searched || value instanceof PendingSeal) continue
    if (EXPRESSIONS.some(parameter => uses(params[parameter], name))) continue
    throw new DocumentClientError(
      'expression-syntax',
      `${name} is among the ExpressionAttributeValues, and in no expression of the command on table ${table.name}, so that nothing says whether it is encrypted. Leave it out, or see how it is spelled.`,
    )
  }
}

/** Whether an expression has a placeholder: not only one that is longer. */
function uses(expression: unknown, name: string): boolean {
  if (typeof expression !== 'string') return false
  for (let at = expression.indexOf(name); at >= 0; at = expression.indexOf(name, at + 1))
    if (!/[\w-]/.test(expression.charAt(at + name.length))) return true
  return false
}

/**
 * Only what is the token of something else is searched for, in a key or in an item that is put.
 *
 * @throws {DocumentClientError} `invalid-value`
 */
export function guardMembers({ keyTokens }: KnownTable, members: Item): void {
  for (const name of Object.keys(members))
    if (members[name] instanceof Searched && !keyTokens.has(name)) throw Searched.misplaced()
}

/**
 * A key as it is stored has the token of one search key, and what is searched for stands for those of all.
 *
 * @throws {DocumentClientError} `invalid-value`
 */
export function guardStoredKey(key: unknown): void {
  for (const value of Object.values(Object(key))) {
    if (value instanceof Searched || Object(value).S instanceof Searched)
      throw new DocumentClientError(
        'invalid-value',
        'moveItem() takes the key of an item as it is stored, with its token, and no search(). A client that is not sealed reads it: a scan with ProjectionExpression.',
      )
  }
}

/**
 * @param value native, or an attribute value
 * @throws {DocumentClientError} `invalid-value` where something in it is what `search()` returned
 */
export function refuseSearched(value: unknown): void {
  if (value instanceof Searched) throw Searched.misplaced()
  if (isContainer(value)) for (const child of Object.values(value)) refuseSearched(child)
}
