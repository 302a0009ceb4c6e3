import type { AttributePath } from '@dynaseal/core'
import { formatPath } from '@dynaseal/core/formats'
import { DocumentClientError } from '../errors.js'
import { type Condition, type ConditionReference, parseCondition } from '../expressions/condition.js'
import { Tokens } from '../expressions/tokens.js'
import { relate } from '../paths/attributePattern.js'
import { spelledPath } from '../paths/spelledPaths.js'
import type { KnownTable } from '../tables/knownTable.js'
import type { Item } from '../values/place.js'
import { formatsOwn, isFormatAttribute } from './formatAttributes.js'
import { guardValues } from './values.js'

export type Names = Readonly<Record<string, string>>

export const CONDITIONS = ['ConditionExpression', 'FilterExpression', 'KeyConditionExpression'] as const

/** Parameters from before expressions, which nothing here understands. */
export const LEGACY = [
  'AttributesToGet',
  'AttributeUpdates',
  'ConditionalOperator',
  'Expected',
  'KeyConditions',
  'QueryFilter',
  'ScanFilter',
] as const

/**
 * Refuses what would compare ciphertext: its result would be wrong, and the operand would be sent in clear.
 *
 * @param kind the name of the item's kind, where the command says it
 * @throws {DocumentClientError} `condition-refused`, `expression-syntax`, `command-unsupported`
 */
export function guardConditions(table: KnownTable, kind: unknown, params: Item): void {
  refuseLegacy(table, params)
  guardValues(table, params)
  const values = (params.ExpressionAttributeValues ?? {}) as Item
  for (const parameter of CONDITIONS) {
    const expression = params[parameter]
    if (typeof expression !== 'string' || expression === '') continue
    guard(table, kind, parseCondition(expression, names(params)), parameter, values)
  }
}

/** @throws {DocumentClientError} `command-unsupported` */
export function refuseLegacy(table: KnownTable, params: Item): void {
  for (const name of LEGACY) {
    if (params[name] !== undefined) {
      throw new DocumentClientError(
        'command-unsupported',
        `The legacy parameter ${name} is not supported on table ${table.name}, which has encrypted attributes. Use an expression.`,
      )
    }
  }
}

/**
 * Whether the condition of a write looks at what is encrypted.
 *
 * @throws {DocumentClientError} `expression-syntax`
 */
export function seesCiphertext(table: KnownTable, kind: unknown, params: Item): boolean {
  const { ConditionExpression } = params
  if (typeof ConditionExpression !== 'string' || ConditionExpression === '') return false
  const values = (params.ExpressionAttributeValues ?? {}) as Item
  const references = referencesIn(table, kind, parseCondition(ConditionExpression, names(params)), values)
  return [...references].some(([reference, scope]) =>
    // The type of what is stored is not that of the value.
    looksInside(
      table,
      scope,
      reference.use === 'type' ? { ...reference, use: 'content' } : reference,
      values,
    ),
  )
}

function guard(
  table: KnownTable,
  kind: unknown,
  condition: Condition,
  parameter: string,
  values: Item,
): void {
  for (const [reference, scope] of referencesIn(table, kind, condition, values))
    guardReference(table, scope, reference, parameter, values)
}

/** What a condition refers to, each with the name of the kind of the items that it is asked of. */
function* referencesIn(
  table: KnownTable,
  kind: unknown,
  condition: Condition,
  values: Item,
): Iterable<[ConditionReference, kind: unknown]> {
  if (condition.kind === 'test') {
    for (const reference of condition.references) yield [reference, kind]
    return
  }
  // Several kinds are filtered as (_et = A AND …) OR (_et = B AND …).
  const scope = condition.kind === 'and' ? (comparedKind(table, condition.conditions, values) ?? kind) : kind
  for (const part of condition.conditions) yield* referencesIn(table, scope, part, values)
}

/** The name of the kind that a write's condition asks for: DynamoDB refuses the write to an item of another one. */
export function askedKind(table: KnownTable, params: Item): unknown {
  const { ConditionExpression } = params
  if (typeof ConditionExpression !== 'string' || ConditionExpression === '') return undefined
  const condition = parseCondition(ConditionExpression, names(params))
  const parts = condition.kind === 'and' ? condition.conditions : [condition]
  return comparedKind(table, parts, (params.ExpressionAttributeValues ?? {}) as Item)
}

/** The values that a write's condition compares with. */
export function valuesOfCondition({ ConditionExpression }: Item): string[] {
  return typeof ConditionExpression === 'string'
    ? new Tokens(ConditionExpression, {}).placeholders('value')
    : []
}

/** The name of a kind that one of the parts of a conjunction asks for. */
function comparedKind(table: KnownTable, parts: readonly Condition[], values: Item): unknown {
  for (const part of parts) {
    const reference = part.kind === 'test' && part.references.length === 1 ? part.references[0] : undefined
    if (reference?.operator !== '=' || reference.value === undefined) continue
    if (table.tellsKind(reference.path)) return values[reference.value]
  }
  return undefined
}

function guardReference(
  table: KnownTable,
  kind: unknown,
  reference: ConditionReference,
  parameter: string,
  values: Item,
): void {
  const { path, operator } = reference
  if (isFormatAttribute(table, path)) throw formatsOwn(table, path, 'condition-refused')
  const patterns = table.encrypted(kind)
  if (table.takesPlaintext && spelledPath(patterns, path) !== undefined) {
    throw new DocumentClientError(
      'condition-refused',
      `${parameter}: '${formatPath(path)}' of table ${table.name} is a name that is written as the path of an encrypted attribute. Give each step of a path a name of its own.`,
    )
  }
  if (!looksInside(table, kind, reference, values)) return
  throw new DocumentClientError(
    'condition-refused',
    `${parameter}: '${formatPath(path)}' is encrypted in table ${table.name} and cannot be used with ${operator}, which would see ciphertext. Only attribute_exists, attribute_not_exists and attribute_type B work, on the encrypted attribute itself; compare after loading, or ${searchFor(table, kind, path)}.${wayOut(table, parameter)}`,
  )
}

/** Whether DynamoDB would answer by the ciphertext: of what is encrypted, more than whether it is there is asked. */
function looksInside(
  table: KnownTable,
  kind: unknown,
  { path, use, value }: ConditionReference,
  values: Item,
): boolean {
  const relations = table.encrypted(kind).map(pattern => relate(pattern, path))
  // Inside what is sealed as a whole nothing exists for DynamoDB: the answer would be wrong.
  if (use === 'existence' && !relations.includes('below')) return false
  // What is stored is always Binary, so this asks no more than whether it is there.
  if (use === 'type' && value !== undefined && values[value] === 'B' && relations.includes('at')) return false
  return relations.some(relation => relation !== 'beside')
}

function searchFor(table: KnownTable, kind: unknown, path: AttributePath): string {
  const token = table
    .tokens(kind)
    .find(({ definition: { paths } }) => paths.length === 1 && relate(paths[0]!, path) === 'at')
  return token === undefined
    ? 'give it a search token, which can be compared'
    : `compare its search token '${formatPath(token.path)}' with search(value)`
}

function wayOut({ wholeItems }: KnownTable, parameter: string): string {
  if (!wholeItems || parameter !== 'ConditionExpression') return ''
  return " Or have the client read each such item before it is written, with the option updates: 'read-change-write'."
}

export function names(params: Item): Names {
  return (params.ExpressionAttributeNames ?? {}) as Names
}
