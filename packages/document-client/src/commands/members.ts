import { DocumentClientError } from '../errors.js'
import type { Item } from '../values/place.js'

/**
 * What a batch or a transaction is a list of; nothing where there is none, for DynamoDB to refuse.
 *
 * @param name as the command has it
 * @throws {DocumentClientError} `command-unsupported`
 */
export function listAt(name: string, list: unknown): readonly Item[] {
  if (list === undefined) return []
  if (Array.isArray(list)) return list
  throw new DocumentClientError('command-unsupported', `${name} must be a list.`)
}

/**
 * The only one of its kinds that an element has: of several, all but one would be left undone without a word.
 *
 * @throws {DocumentClientError} `command-unsupported`
 */
export function onlyOne<KIND extends string>(
  list: string,
  element: unknown,
  kinds: readonly KIND[],
): { readonly kind: KIND; readonly params: Item } {
  const given = kinds.filter(kind => Object(element)[kind] !== undefined)
  const [kind] = given
  const params = kind && (element as Item)[kind]
  if (kind !== undefined && given.length === 1 && typeof params === 'object' && params !== null)
    return { kind, params: params as Item }
  throw new DocumentClientError(
    'command-unsupported',
    `Each element of ${list} is an object with one of ${kinds.join(', ')}: one has ${given.join(' and ') || 'none of these'}.`,
  )
}
