import type { AttributePath } from '@dynaseal/core'
import { formatPath } from '@dynaseal/core/formats'
import { DocumentClientError } from '../errors.js'
import { parseUpdate, type UpdateAction, type UpdateOperand } from '../expressions/update.js'
import { askedKind, names, valuesOfCondition } from '../guards/conditions.js'
import { formatsOwn, isFormatAttribute } from '../guards/formatAttributes.js'
import { relate } from '../paths/attributePattern.js'
import { Searched } from '../search/searched.js'
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
  const { targets, computed } = targetsOf(table, actions, place.kind)
  if (table.takesPlaintext) refuseUnknownKind(table, place.kind, targets.values())
  const asked = valuesOfCondition(params)
  const elsewhere = new Set([...computed, ...asked])
  for (const [value, content] of Object.entries(values)) {
    const path = targets.get(value)
    // Used here alone, it is refused as what nothing is compared with.
    if (content instanceof Searched && asked.includes(value) && (path !== undefined || computed.has(value)))
      throw Searched.misplaced()
    if (path !== undefined) {
      sealing.collectPart(place, path, values, value)
      if (elsewhere.has(value) && findPending(values[value]) !== undefined) {
        throw refused(
          table,
          path,
          `${value} is also used elsewhere in the command, where it would be ciphertext. Give each its own value`,
        )
      }
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

/**
 * The name of the kind that an update writes: `SET _et = :name`, or only if it is not there yet; else that of its key, or
 * the one that its condition asks for. Where values in clear are sealed by it, what is set only if it is not there does not
 * tell what an item is.
 */
export function updatedKind(table: KnownTable, params: Item, actions = updateActions(params)): unknown {
  for (const { clause, target, ...action } of actions) {
    if (clause !== 'SET' || !table.tellsKind(target)) continue
    const { operand } = action as { operand: UpdateOperand }
    const given = operand.kind === 'if_not_exists' && !table.takesPlaintext ? operand.otherwise : operand
    return given.kind === 'value'
      ? (params.ExpressionAttributeValues as Item | undefined)?.[given.value]
      : undefined
  }
  return table.kindOf((params.Key ?? {}) as Item) ?? askedKind(table, params)
}

/** Of an item of another kind, an update would make one that does not open, or that has in clear what is encrypted. */
function refuseUnknownKind(table: KnownTable, kind: unknown, targets: Iterable<AttributePath>): void {
  if (table.isKnown(kind)) return
  for (const path of targets) {
    if (table.isAmbiguousAt(path)) {
      const { kindAttribute } = table
      throw refused(
        table,
        path,
        `only in some kinds of items, and the update does not say of which kind its item is. Ask for it with a ConditionExpression, '${kindAttribute} = :kind', or set '${kindAttribute}'`,
      )
    }
  }
}

/** What an update writes or removes. */
export function updatedPaths(params: Item): AttributePath[] {
  return updateActions(params).map(({ target }) => target)
}

function updateActions(params: Item): UpdateAction[] {
  const expression = params.UpdateExpression
  return typeof expression === 'string' && expression !== '' ? parseUpdate(expression, names(params)) : []
}

interface Targets {
  /** The path that a value is written to. */
  readonly targets: Map<string, AttributePath>
  /** Values that DynamoDB computes with. */
  readonly computed: Set<string>
}

/** Where each value placeholder goes. What would move, copy or compute with ciphertext is refused. */
function targetsOf(table: KnownTable, actions: UpdateAction[], kind: unknown): Targets {
  const patterns = table.encrypted(kind)
  const concerns = (path: AttributePath) => patterns.some(pattern => relate(pattern, path) !== 'beside')
  const targets = new Map<string, AttributePath>()
  const computed = new Set<string>()
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
            concerns(target) ? target : operand.path,
            `copying from '${formatPath(operand.path)}' to '${formatPath(target)}' would put there what does not open. Load the value and save it`,
          )
        }
        return
      case 'if_not_exists':
        assign(target, { kind: 'path', path: operand.path })
        assign(target, operand.otherwise)
        return
      case 'list_append':
        if (patterns.some(pattern => ['at', 'below'].includes(relate(pattern, target)))) {
          throw refused(
            table,
            target,
            'list_append would see ciphertext. Load, append, and SET the whole list',
          )
        }
        // Positions in a list are not part of a location, so appended elements belong to the list's own path.
        assign(target, operand.left)
        assign(target, operand.right)
        return
      case 'arithmetic':
        for (const path of [target, ...pathsOf(operand)]) {
          if (concerns(path))
            throw refused(table, path, 'arithmetic would see ciphertext. Load, compute, save')
        }
        for (const value of valuesOf(operand)) computed.add(value)
    }
  }

  for (const action of actions) {
    if (action.clause === 'SET') assign(action.target, action.operand)
    else if (action.clause === 'REMOVE') continue
    else if (!concerns(action.target)) computed.add(action.value)
    else {
      throw refused(
        table,
        action.target,
        `${action.clause} would see ciphertext. Load, change, and SET the whole value`,
      )
    }
  }
  return { targets, computed }
}

/** What an action of an update writes and, to set it, reads. */
export function pathsOfAction(action: UpdateAction): readonly AttributePath[] {
  return action.clause === 'SET' ? [action.target, ...pathsOf(action.operand)] : [action.target]
}

/** What an operand takes its value from. */
export function pathsOf(operand: UpdateOperand): AttributePath[] {
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

/** The values that an operand has, by their placeholders. */
export function valuesOf(operand: UpdateOperand): string[] {
  switch (operand.kind) {
    case 'value':
      return [operand.value]
    case 'path':
      return []
    case 'if_not_exists':
      return valuesOf(operand.otherwise)
    case 'list_append':
    case 'arithmetic':
      return [...valuesOf(operand.left), ...valuesOf(operand.right)]
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
