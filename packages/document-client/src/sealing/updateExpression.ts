import type { AttributePath } from '@dynaseal/core'
import { DocumentClientError } from '../errors.js'
import { parseUpdate, type UpdateAction, type UpdateOperand } from '../expressions/update.js'
import { names } from '../guards/conditions.js'
import { formatsOwn, isFormatAttribute } from '../guards/formatAttributes.js'
import { formatPath, relate } from '../paths/attributePattern.js'
import type { KnownTable } from '../tables/knownTable.js'
import type { Item } from '../values/place.js'
import { findPending } from './pendingSeal.js'
import type { Sealing } from './sealing.js'

/**
 * Finds which path every value of an update expression goes to and notes it for sealing.
 *
 * @returns the parameters, with a copy of the values that the sealing will fill
 * @throws {DocumentClientError} `update-refused`, `plaintext-refused`, `not-registered`, `expression-syntax`
 */
export function sealUpdate(table: KnownTable, params: Item, sealing: Sealing): Item {
  const actions = updateActions(params)
  const values = { ...(params.ExpressionAttributeValues as Item | undefined) }
  const place = { table, key: params.Key as Item, kind: updatedKind(table, params, actions) }
  const targets = targetsOf(table, actions, place.kind)
  for (const [value, content] of Object.entries(values)) {
    const path = targets.get(value)
    if (path !== undefined) {
      sealing.collectPart(place, path, values, value)
    } else if (findPending(content) !== undefined) {
      throw new DocumentClientError(
        'update-refused',
        `${value} is the value of an encrypted attribute, but the expression does not simply SET it.`,
      )
    }
  }
  return params.ExpressionAttributeValues === undefined
    ? params
    : { ...params, ExpressionAttributeValues: values }
}

/** The name of the kind that an update writes: `SET _et = :name`, or only if it is not there yet. */
export function updatedKind(table: KnownTable, params: Item, actions = updateActions(params)): unknown {
  for (const action of actions) {
    if (action.clause !== 'SET' || !table.tellsKind(action.target)) continue
    const operand = action.operand.kind === 'if_not_exists' ? action.operand.otherwise : action.operand
    if (operand.kind === 'value')
      return (params.ExpressionAttributeValues as Item | undefined)?.[operand.value]
  }
  return undefined
}

/** What an update writes or removes. */
export function updatedPaths(params: Item): AttributePath[] {
  return updateActions(params).map(({ target }) => target)
}

function updateActions(params: Item): UpdateAction[] {
  const expression = params.UpdateExpression
  return typeof expression === 'string' && expression !== '' ? parseUpdate(expression, names(params)) : []
}

/** Where each value placeholder goes. What would move, copy or compute with ciphertext is refused. */
function targetsOf(table: KnownTable, actions: UpdateAction[], kind: unknown): Map<string, AttributePath> {
  const patterns = table.encrypted(kind)
  const concerns = (path: AttributePath) => patterns.some(pattern => relate(pattern, path) !== 'beside')
  const targets = new Map<string, AttributePath>()
  for (const path of actions.flatMap(pathsOfAction))
    if (isFormatAttribute(table, path)) throw formatsOwn(table, path, 'update-refused')

  const assign = (target: AttributePath, operand: UpdateOperand): void => {
    switch (operand.kind) {
      case 'value': {
        const before = targets.get(operand.value)
        if (before !== undefined && !samePlace(before, target) && (concerns(before) || concerns(target))) {
          throw refused(
            table,
            target,
            `${operand.value} is also assigned to '${formatPath(before)}', and a ciphertext belongs to one path. Give each its own value`,
          )
        }
        targets.set(operand.value, target)
        return
      }
      case 'path':
        if (!samePlace(operand.path, target) && (concerns(operand.path) || concerns(target))) {
          throw refused(
            table,
            target,
            `copying from '${formatPath(operand.path)}' would move ciphertext to where it does not open. Load the value and save it`,
          )
        }
        return
      case 'if_not_exists':
        assign(target, { kind: 'path', path: operand.path })
        assign(target, operand.otherwise)
        return
      case 'list_append':
        // Positions in a list are not part of a location, so appended elements belong to the list's own path.
        assign(target, operand.left)
        assign(target, operand.right)
        return
      case 'arithmetic':
        for (const path of [target, ...pathsOf(operand)]) {
          if (concerns(path))
            throw refused(table, path, 'arithmetic would see ciphertext. Load, compute, save')
        }
    }
  }

  for (const action of actions) {
    if (action.clause === 'SET') assign(action.target, action.operand)
    else if (action.clause !== 'REMOVE' && concerns(action.target)) {
      throw refused(
        table,
        action.target,
        `${action.clause} would see ciphertext. Load, change, and SET the whole value`,
      )
    }
  }
  return targets
}

function pathsOfAction(action: UpdateAction): readonly AttributePath[] {
  return action.clause === 'SET' ? [action.target, ...pathsOf(action.operand)] : [action.target]
}

function pathsOf(operand: UpdateOperand): AttributePath[] {
  switch (operand.kind) {
    case 'value':
      return []
    case 'path':
      return [operand.path]
    case 'if_not_exists':
      return [operand.path, ...pathsOf(operand.otherwise)]
    case 'list_append':
    case 'arithmetic':
      return [...pathsOf(operand.left), ...pathsOf(operand.right)]
  }
}

/** Elements of one list share a location (see the field format), so their positions do not count. */
function samePlace(one: AttributePath, other: AttributePath): boolean {
  return (
    one.length === other.length &&
    one.every((step, i) => step === other[i] || (typeof step === 'number' && typeof other[i] === 'number'))
  )
}

function refused(table: KnownTable, path: AttributePath, why: string): DocumentClientError {
  return new DocumentClientError(
    'update-refused',
    `'${formatPath(path)}' is encrypted in table ${table.name}: ${why}.`,
  )
}
