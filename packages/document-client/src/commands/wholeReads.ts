import type { AttributePath } from '@dynaseal/core'
import { parseProjection } from '../expressions/projection.js'
import { Tokens } from '../expressions/tokens.js'
import { CONDITIONS, names } from '../guards/conditions.js'
import { formatsOwn, isFormatAttribute } from '../guards/formatAttributes.js'
import { isInside } from '../guards/projections.js'
import { handOut } from '../opening/handOut.js'
import { relate } from '../paths/attributePattern.js'
import { selectedParts } from '../paths/selectedParts.js'
import type { KnownTable } from '../tables/knownTable.js'
import type { Item } from '../values/place.js'

/** A read of which the projection is made here, and not by DynamoDB. */
export interface WholeRead {
  /** Without a projection. */
  readonly params: Item
  /** What was asked for of an item that was opened. */
  cutDown(item: Item): Item
  /** Of what was not processed: as the caller asked for it, to be sent again. */
  asAsked(request: Item): Item
}

/**
 * An item that is sealed as a whole can be verified as a whole only: all of it is read, which consumes no more, and cut down
 * when it is open.
 *
 * @throws {DocumentClientError} `projection-refused`, `expression-syntax`
 */
export function readWhole(table: KnownTable, params: Item): WholeRead {
  const { ProjectionExpression: expression, Select, ...others } = params
  const isProjection = typeof expression === 'string' && expression !== ''
  // To count, say, together with a projection, is for DynamoDB to refuse.
  const isRead = Select === undefined || Select === 'SPECIFIC_ATTRIBUTES'
  if (!isProjection || !isRead) return { params, cutDown: item => item, asAsked: request => request }
  const paths = parseProjection(expression, names(params))
  const patterns = table.encrypted(undefined)
  for (const path of paths) {
    if (isFormatAttribute(table, path)) throw formatsOwn(table, path, 'projection-refused')
    // A mapper formats what is encrypted by a schema that wants all of it.
    if (!table.takesPlaintext && patterns.some(pattern => relate(pattern, path) === 'below'))
      throw isInside(table, path)
  }
  return {
    params: withNames(others, namesWithout(expression, params)),
    cutDown: item => cutDown(table, item, paths),
    asAsked: request =>
      withNames({ ...request, ProjectionExpression: expression }, params.ExpressionAttributeNames),
  }
}

function cutDown(table: KnownTable, item: Item, paths: readonly AttributePath[]): Item {
  const selected = selectedParts(item, paths)
  handOut(table, table.kindOf(item), selected, paths)
  return selected
}

/** Names that only the projection has: DynamoDB refuses those that nothing has. */
function namesWithout(projection: string, params: Item): unknown {
  const given = params.ExpressionAttributeNames as Record<string, string> | undefined
  const placeholdersOf = (expression: unknown) =>
    typeof expression === 'string' ? new Tokens(expression, {}).placeholders('placeholder') : []
  const elsewhere = new Set(CONDITIONS.flatMap(name => placeholdersOf(params[name])))
  const gone = new Set(placeholdersOf(projection).filter(name => !elsewhere.has(name)))
  return Object.fromEntries(Object.entries(given ?? {}).filter(([name]) => !gone.has(name)))
}

function withNames({ ExpressionAttributeNames: _, ...params }: Item, given: unknown): Item {
  return given === undefined || Object.keys(given as object).length === 0
    ? params
    : { ...params, ExpressionAttributeNames: given }
}
