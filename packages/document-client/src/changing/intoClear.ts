import type { AttributePath } from '@dynaseal/core'
import { formatPath } from '@dynaseal/core/formats'
import { DocumentClientError } from '../errors.js'
import type { Attributes } from '../evaluation/types.js'
import type { UpdateAction } from '../expressions/update.js'
import { type AttributePattern, relate } from '../paths/attributePattern.js'
import { slotsIn } from '../sealing/slots.js'
import { pathsOf, valuesOf } from '../sealing/updateExpression.js'
import type { KnownTable } from '../tables/knownTable.js'
import type { Item } from '../values/place.js'
import { fromWire } from '../values/wireItems.js'
import type { ReadItem } from './readFirst.js'
import { sealedIn } from './sealItem.js'

/**
 * What is encrypted is not copied, nor computed with, to where it would stand in clear: in an expression nobody sees that. And
 * what a mapper has waiting to be sealed stands only where it is.
 *
 * @param given the values of the update, as the command has them
 * @param next the item after it
 * @throws {DocumentClientError} `update-refused`
 */
export function refuseIntoClear(
  table: KnownTable,
  actions: readonly UpdateAction[],
  given: Item,
  before: ReadItem,
  next: Attributes,
): void {
  const sealed: AttributePattern[] = sealedIn(before).map(name => [name])
  const patternsOf = (item: Attributes) => [...table.encrypted(table.kindOf(fromWire(item))), ...sealed]
  const [from, to] = [patternsOf(before.opened ?? {}), patternsOf(next)]
  const isSealed = (path: AttributePath) =>
    to.some(pattern => ['at', 'below'].includes(relate(pattern, path)))
  for (const action of actions) {
    const { target } = action
    const pending = valuesOfAction(action).flatMap(name => slotsIn(given, name, target))
    const bare = pending.find(({ path }) => !isSealed(path))
    if (bare !== undefined) throw isInClear(table, bare.path)
    if (action.clause !== 'SET' || isSealed(target)) continue
    const isIn = (path: AttributePath) => from.some(pattern => relate(pattern, path) !== 'beside')
    const copied = pathsOf(action.operand).find(path => isIn(path) && relate(path, target) !== 'at')
    if (copied !== undefined) throw isCopied(table, copied, target)
  }
}

function valuesOfAction(action: UpdateAction): string[] {
  if (action.clause === 'REMOVE') return []
  return action.clause === 'SET' ? valuesOf(action.operand) : [action.value]
}

function isInClear(table: KnownTable, path: AttributePath): DocumentClientError {
  const { kind } = table.dialect
  return new DocumentClientError(
    'update-refused',
    `'${formatPath(path)}' is to be encrypted, and the item of table ${table.name} that it is for has it in clear: it is of another ${kind} than the update. Send the update with the ${kind} of the item, or give it another key.`,
  )
}

function isCopied(table: KnownTable, from: AttributePath, to: AttributePath): DocumentClientError {
  return new DocumentClientError(
    'update-refused',
    `'${formatPath(from)}' of table ${table.name} is encrypted, and the update would write it, or what is computed from it, to '${formatPath(to)}' in clear. Encrypt that, too; or load the value and save it, if it is to be in clear.`,
  )
}
