import type { AttributeValue } from '@dynaseal/core'
import { DocumentClientError } from '../errors.js'
import { checkUpdate } from '../evaluation/checkUpdate.js'
import { EvaluationError } from '../evaluation/errors.js'
import type { Attributes } from '../evaluation/types.js'
import { updated } from '../evaluation/update.js'
import { type Condition, parseCondition } from '../expressions/condition.js'
import { parseUpdate, type UpdateAction } from '../expressions/update.js'
import { names, refuseLegacy } from '../guards/conditions.js'
import { formatsOwn, isFormatAttribute } from '../guards/formatAttributes.js'
import { isContainer } from '../paths/attributePattern.js'
import { PendingSeal } from '../sealing/pendingSeal.js'
import type { Sealing } from '../sealing/sealing.js'
import { pathsOfAction } from '../sealing/updateExpression.js'
import { Searched } from '../search/searched.js'
import { refuseCopying } from '../search/updatedTokens.js'
import type { KnownTable } from '../tables/knownTable.js'
import { setMember } from '../values/copyContainers.js'
import { type Item, primaryKey } from '../values/place.js'
import type { Values } from '../values/values.js'
import type { WireItem } from '../values/wireItems.js'
import { refuseIntoClear } from './intoClear.js'
import type { ReadFirst } from './readFirst.js'
import { sealItem } from './sealItem.js'
import { searchedCondition } from './searched.js'

/**
 * An update, as a write that reads first.
 *
 * @throws {DocumentClientError} `update-refused`, `condition-refused`, `role-refused`, `invalid-value`, `expression-syntax`, `command-unsupported`
 */
export function changeOfUpdate(table: KnownTable, params: Item, sealing: Sealing): ReadFirst {
  guardBoth(sealing, table, 'changed')
  guardReturnValues(table, params)
  const expression = expressionOf(params, 'UpdateExpression')
  const actions: UpdateAction[] = expression === undefined ? [] : parseUpdate(expression, names(params))
  for (const path of actions.flatMap(pathsOfAction))
    if (isFormatAttribute(table, path)) throw formatsOwn(table, path, 'update-refused')
  for (const token of table.tokens(undefined)) refuseCopying(table, token, actions)
  const given = (params.ExpressionAttributeValues ?? {}) as Item
  const change = evaluated(table, params, params.Key as Item, sealing)
  return {
    ...change,
    updatedPaths: actions.map(({ target }) => target),
    check() {
      refuseKeys(table, actions)
      checkUpdate(actions, change.values)
    },
    async decide(item, settings) {
      const next = updated(actions, item.opened ?? change.key, change.values)
      refuseIntoClear(table, actions, given, item, next)
      return { kind: 'Put', members: { Item: await sealItem(table, next, item, settings) }, updated: next }
    },
  }
}

/**
 * A write whose condition looks at what is encrypted, as one that reads first.
 *
 * @param members of what is written, when it is sealed
 * @throws {DocumentClientError} `condition-refused`, `role-refused`, `invalid-value`, `expression-syntax`
 */
export function changeOfCondition(
  table: KnownTable,
  kind: 'Put' | 'Delete' | 'ConditionCheck',
  params: Item,
  key: Item,
  sealing: Sealing,
  members: () => { readonly [NAME in 'Item' | 'Key']?: WireItem },
): ReadFirst {
  guardBoth(sealing, table, 'compared')
  return {
    ...evaluated(table, params, key, sealing),
    decide: async () => ({ kind, members: members() }),
  }
}

function evaluated(
  table: KnownTable,
  params: Item,
  key: Item,
  { values }: Sealing,
): Pick<ReadFirst, 'table' | 'key' | 'params' | 'searched' | 'values'> {
  refuseLegacy(table, params)
  const attributes = primaryKey(table, key, values)
  if (attributes === undefined)
    throw new DocumentClientError(
      'invalid-value',
      `A command for table ${table.name} lacks a key attribute (${table.keyNames.join(', ')}), so there is no item to read.`,
    )
  const searched = searchedCondition(table, conditionOf(table, params), params, values)
  return { table, key: attributes, params, searched, values: placeholders(params, values) }
}

function conditionOf(table: KnownTable, params: Item): Condition | undefined {
  const expression = expressionOf(params, 'ConditionExpression')
  if (expression === undefined) return undefined
  const condition = parseCondition(expression, names(params))
  refuseFormats(table, condition)
  return condition
}

/** One that is empty is none to DynamoDB either: it would be a write without the condition that somebody meant. */
function expressionOf(params: Item, name: string): string | undefined {
  const expression = params[name]
  if (expression === undefined || (typeof expression === 'string' && expression.trim() !== ''))
    return expression
  throw new DocumentClientError(
    'expression-syntax',
    `The parameter ${name} is empty, or no text. Give an expression, or leave the parameter out.`,
  )
}

function refuseFormats(table: KnownTable, condition: Condition): void {
  if (condition.kind !== 'test') {
    for (const part of condition.conditions) refuseFormats(table, part)
    return
  }
  for (const { path } of condition.references)
    if (isFormatAttribute(table, path)) throw formatsOwn(table, path, 'condition-refused')
}

/** What a placeholder stands for, in clear, whether or not a mapper has it waiting to be sealed. */
function placeholders(params: Item, values: Values): Attributes {
  const attributes: Record<string, AttributeValue> = {}
  for (const [name, value] of Object.entries((params.ExpressionAttributeValues ?? {}) as Item)) {
    // Of conditions, where it is compared by itself; anywhere else it is not there.
    if (value instanceof Searched) continue
    const describe = value instanceof PendingSeal ? PendingSeal.describeIn(value) : undefined
    attributes[name] = values.attributeAt([name], inClear(value), describe)
  }
  return attributes
}

function inClear(value: unknown): unknown {
  if (value instanceof Searched) throw Searched.misplaced()
  if (value instanceof PendingSeal) return PendingSeal.plaintextOf(value)
  if (Array.isArray(value)) return value.map(inClear)
  if (!isContainer(value)) return value
  const copy = {}
  for (const [name, member] of Object.entries(value)) setMember(copy, name, inClear(member))
  return copy
}

/** The item that is put would be another one. */
function refuseKeys(table: KnownTable, actions: readonly UpdateAction[]): void {
  const key = actions.find(({ target }) => table.keyNames.includes(target[0] as string))
  if (key !== undefined)
    throw new EvaluationError(
      'invalid-path',
      `Cannot update attribute ${String(key.target[0])}. This attribute is part of the key.`,
    )
}

const RETURN_VALUES = ['NONE', 'ALL_OLD', 'ALL_NEW', 'UPDATED_OLD', 'UPDATED_NEW']

function guardReturnValues({ name }: KnownTable, { ReturnValues = 'NONE' }: Item): void {
  if (RETURN_VALUES.includes(ReturnValues as string)) return
  throw new DocumentClientError(
    'command-unsupported',
    `ReturnValues ${String(ReturnValues)} of an update of table ${name} is none of ${RETURN_VALUES.join(', ')}.`,
  )
}

/** What is changed, or compared, by reading it is opened and sealed. */
function guardBoth({ role }: Sealing, { name }: KnownTable, done: 'changed' | 'compared'): void {
  if (role === 'both') return
  throw new DocumentClientError(
    'role-refused',
    `This client may only ${role}, and an item of table ${name} would be read, opened and ${done} to write it. Send the command with a client that may do both.`,
  )
}
