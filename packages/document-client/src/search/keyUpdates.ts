import { formatPath } from '@dynaseal/core/formats'
import { DocumentClientError } from '../errors.js'
import { parseUpdate } from '../expressions/update.js'
import { names } from '../guards/conditions.js'
import type { Item } from '../values/place.js'
import type { Values } from '../values/values.js'
import type { SearchedKey } from './searchedKey.js'
import { attributesOf } from './storedTokens.js'
import { isSearchedFor } from './tokenTenant.js'
import { changeOf } from './updatedTokens.js'

/**
 * An item keeps its key for as long as it exists, so an update may set what that is the token of to nothing but what has the
 * same token.
 *
 * @returns whether the update sets all that its key is of, so that an item that it creates has that, too
 * @throws {DocumentClientError} `update-refused`
 */
export function mayCreate({ table, sources }: SearchedKey, params: Item, values: Values): boolean {
  const { UpdateExpression: expression } = params
  const actions =
    typeof expression === 'string' && expression !== '' ? parseUpdate(expression, names(params)) : []
  const operands = (params.ExpressionAttributeValues ?? {}) as Item
  let isComplete = true
  for (const [name, token] of table.keyTokens) {
    const { definition } = token
    const { paths } = definition
    const known = sources.get(name)!
    const attributes = paths.map((path, index) => {
      const change = changeOf(table, token, path, actions, operands)
      if (change === 'kept') {
        isComplete &&= path.length === 1 && table.keyNames.includes(String(path[0]))
        return known.values[index]!
      }
      const [value] =
        change === 'removed' ? [] : (attributesOf({ paths: [path] }, [change.value], values) ?? [])
      if (value === undefined) throw wouldMove(table.name, name, paths.map(formatPath))
      return value
    })
    if (!isSearchedFor(table, token, attributes, known))
      throw wouldMove(table.name, name, paths.map(formatPath))
  }
  return isComplete
}

function wouldMove(table: string, name: string, of: readonly string[]): DocumentClientError {
  return new DocumentClientError(
    'update-refused',
    `The key '${name}' of table ${table} is the search token of ${of.join(', ')}, and an item keeps its key. In one transaction, put the item with the new value, and delete the one with the old.`,
  )
}
