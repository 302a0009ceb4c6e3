import type { AttributePath } from '@dynaseal/core'
import { DocumentClientError } from '../errors.js'
import type { Attributes } from '../evaluation/types.js'
import type { UpdateAction } from '../expressions/update.js'
import { type AttributePattern, formatPath, relate } from '../paths/attributePattern.js'
import { pathsOf } from '../sealing/updateExpression.js'
import type { KnownTable } from '../tables/knownTable.js'
import { fromWire } from '../values/wireItems.js'
import type { ReadItem } from './readFirst.js'
import { sealedIn } from './sealItem.js'

/**
 * What is encrypted is not copied, nor computed with, to where it would stand in clear: in an expression nobody sees that.
 *
 * @param next the item after the update
 * @throws {DocumentClientError} `update-refused`
 */
export function refuseCopies(
  table: KnownTable,
  actions: readonly UpdateAction[],
  before: ReadItem,
  next: Attributes,
): void {
  const sealed: AttributePattern[] = sealedIn(before).map(name => [name])
  const patternsOf = (item: Attributes) => [...table.encrypted(table.kindOf(fromWire(item))), ...sealed]
  const [from, to] = [patternsOf(before.opened ?? {}), patternsOf(next)]
  for (const action of actions) {
    if (action.clause !== 'SET') continue
    const { target, operand } = action
    if (to.some(pattern => ['at', 'below'].includes(relate(pattern, target)))) continue
    const isIn = (path: AttributePath) => from.some(pattern => relate(pattern, path) !== 'beside')
    const copied = pathsOf(operand).find(path => isIn(path) && relate(path, target) !== 'at')
    if (copied !== undefined) throw inClear(table, copied, target)
  }
}

function inClear(table: KnownTable, from: AttributePath, to: AttributePath): DocumentClientError {
  return new DocumentClientError(
    'update-refused',
    `'${formatPath(from)}' of table ${table.name} is encrypted, and the update would write it, or what is computed from it, to '${formatPath(to)}' in clear. Encrypt that, too; or load the value and save it, if it is to be in clear.`,
  )
}
