import type { AttributePath } from '@dynaseal/core'
import { formatPath } from '@dynaseal/core/formats'
import { DocumentClientError } from '../errors.js'
import { parseProjection } from '../expressions/projection.js'
import { relate } from '../paths/attributePattern.js'
import { Selection } from '../paths/selection.js'
import type { KnownTable } from '../tables/knownTable.js'
import type { Item } from '../values/place.js'
import { names } from './conditions.js'
import { formatsOwn, isFormatAttribute } from './formatAttributes.js'

/** A projection with what is needed to check where ciphertext belongs, and what is not the caller's. */
export interface CompletedProjection {
  readonly params: Item
  /** What is asked for; nothing for whole items. */
  readonly selection?: Selection
  /** Takes what was added out of a result. */
  strip(item: Item): void
}

/** Placeholders of ours; they come back when a caller sends DynamoDB's `UnprocessedKeys` again. */
const OURS = '#dynaseal_'

/**
 * Adds the key attributes, the name of the kind and the format's own attributes to a projection that reads encrypted
 * attributes: without them, where a ciphertext belongs could not be checked, and not all would open. Of an index that may
 * lack the format's own, they are not asked for.
 *
 * @throws {DocumentClientError} `projection-refused`, `expression-syntax`
 */
export function completeProjection(table: KnownTable, params: Item): CompletedProjection {
  const unchanged = { params, strip: () => {} }
  const expression = params.ProjectionExpression
  if (typeof expression !== 'string' || expression === '') return unchanged
  const patterns = table.encrypted(undefined)
  const given = names(params)
  const paths = parseProjection(expression, given)
  const ours = Object.keys(given).flatMap(name => (name.startsWith(OURS) ? [given[name]!] : []))
  for (const path of paths) {
    if (isFormatAttribute(table, path) && !ours.includes(path[0] as string))
      throw formatsOwn(table, path, 'projection-refused')
    if (patterns.some(pattern => relate(pattern, path) === 'below')) throw isInside(table, path)
  }
  const reads = paths.some(path => patterns.some(pattern => relate(pattern, path) !== 'beside'))
  const selection = new Selection(paths)
  // An item that is searched for by its key is told by that.
  if (!reads && table.keyTokens.size === 0) return { ...unchanged, selection }
  const own = params.IndexName !== undefined && table.standsAlone ? [] : table.formatAttributes
  const kindAttribute = table.kindAttribute === undefined ? [] : [table.kindAttribute]
  // The kind may be told by the key.
  const missing = [...new Set([...table.keyNames, ...kindAttribute, ...own])].filter(
    name => !paths.some(([first]) => first === name),
  )
  const placeholders = missing.map((name, i) => [`${OURS}${ours.length + i}`, name] as const)
  return {
    params: {
      ...params,
      ProjectionExpression: [expression, ...placeholders.map(([placeholder]) => placeholder)].join(', '),
      ExpressionAttributeNames: { ...given, ...Object.fromEntries(placeholders) },
    },
    selection,
    strip: item => {
      for (const name of [...ours, ...missing]) delete item[name]
    },
  }
}

/** A projection of something inside of what is sealed as one. */
export function isInside(table: KnownTable, path: AttributePath): DocumentClientError {
  return new DocumentClientError(
    'projection-refused',
    `'${formatPath(path)}' is inside an attribute that is encrypted as a whole in table ${table.name}. Project the encrypted attribute itself.`,
  )
}

/**
 * The name of the kind that an item's own attribute may decide by. An attribute of the same name that is encrypted in
 * one kind and clear in another is told apart by the stored name, which whoever writes the table can change; whoever
 * gets the item notices, but only where they see that name, or asked for it by the key.
 */
export function trustedKind(table: KnownTable, params: Item, item: Item): unknown {
  const kind = table.kindOf(item)
  const expression = params.ProjectionExpression
  if (typeof expression !== 'string' || expression === '' || !table.isAmbiguous) return kind
  const seen =
    table.kindOf(Object(params.Key)) !== undefined ||
    parseProjection(expression, names(params)).some(path => table.tellsKind(path))
  return seen ? kind : undefined
}
