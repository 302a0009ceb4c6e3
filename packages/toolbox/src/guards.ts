import { formatPath, relate } from './attributePattern.js'
import { ToolboxError } from './errors.js'
import { type Condition, type ConditionReference, parseCondition } from './expressions/condition.js'
import { parseProjection } from './expressions/projection.js'
import { formatsOwn, isFormatAttribute } from './formatAttributes.js'
import type { Item } from './place.js'
import type { RegisteredTable } from './registry.js'
import { Selection } from './selection.js'
import { refuseProjection } from './wholeItems.js'

export type Names = Readonly<Record<string, string>>

const CONDITIONS = ['ConditionExpression', 'FilterExpression', 'KeyConditionExpression'] as const

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
 * @param entity the name of the item's entity, where the command says it
 * @throws {ToolboxError} `condition-refused`, `expression-syntax`, `command-unsupported`
 */
export function guardConditions(table: RegisteredTable, entity: unknown, params: Item): void {
  for (const name of LEGACY) {
    if (params[name] !== undefined) {
      throw new ToolboxError(
        'command-unsupported',
        `The legacy parameter ${name} is not supported on table ${table.name}, which has encrypted attributes. Use an expression.`,
      )
    }
  }
  const values = (params.ExpressionAttributeValues ?? {}) as Item
  for (const kind of CONDITIONS) {
    const expression = params[kind]
    if (typeof expression !== 'string' || expression === '') continue
    guard(table, entity, parseCondition(expression, names(params)), kind, values)
  }
}

function guard(
  table: RegisteredTable,
  entity: unknown,
  condition: Condition,
  kind: string,
  values: Item,
): void {
  if (condition.kind === 'test') {
    for (const reference of condition.references) guardReference(table, entity, reference, kind, values)
    return
  }
  // dynamodb-toolbox filters several entities as (_et = A AND …) OR (_et = B AND …).
  const scope =
    condition.kind === 'and' ? (comparedEntity(table, condition.conditions, values) ?? entity) : entity
  for (const part of condition.conditions) guard(table, scope, part, kind, values)
}

/** The entity name that one of the parts of a conjunction asks for. */
function comparedEntity(table: RegisteredTable, parts: readonly Condition[], values: Item): unknown {
  for (const part of parts) {
    const reference = part.kind === 'test' && part.references.length === 1 ? part.references[0] : undefined
    if (reference?.operator !== '=' || reference.value === undefined) continue
    if (reference.path.length === 1 && reference.path[0] === table.entityAttribute)
      return values[reference.value]
  }
  return undefined
}

function guardReference(
  table: RegisteredTable,
  entity: unknown,
  { path, use, operator, value }: ConditionReference,
  kind: string,
  values: Item,
): void {
  if (isFormatAttribute(table, path)) throw formatsOwn(table, path, 'condition-refused')
  const relations = table.encrypted(entity).map(pattern => relate(pattern, path))
  // Inside what is sealed as a whole nothing exists for DynamoDB: the answer would be wrong.
  if (use === 'existence' && !relations.includes('below')) return
  // What is stored is always Binary, so this asks no more than whether it is there.
  if (use === 'type' && value !== undefined && values[value] === 'B' && relations.includes('at')) return
  if (relations.every(relation => relation === 'beside')) return
  throw new ToolboxError(
    'condition-refused',
    `${kind}: '${formatPath(path)}' is encrypted in table ${table.name} and cannot be used with ${operator}, which would see ciphertext. Only attribute_exists, attribute_not_exists and attribute_type B work, on the encrypted attribute itself; compare after loading, or keep a separate attribute to search by.`,
  )
}

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
 * Adds the key attributes, the entity's name and the format's own attributes to a projection that reads encrypted
 * attributes: without them, where a ciphertext belongs could not be checked, and not all would open. Of an index that may
 * lack the format's own, they are not asked for.
 *
 * @throws {ToolboxError} `projection-refused`, `expression-syntax`
 */
export function completeProjection(table: RegisteredTable, params: Item): CompletedProjection {
  const unchanged = { params, strip: () => {} }
  const expression = params.ProjectionExpression
  if (typeof expression !== 'string' || expression === '') return unchanged
  refuseProjection(table)
  const patterns = table.encrypted(undefined)
  const given = names(params)
  const paths = parseProjection(expression, given)
  const ours = Object.keys(given).flatMap(name => (name.startsWith(OURS) ? [given[name]!] : []))
  for (const path of paths) {
    if (isFormatAttribute(table, path) && !ours.includes(path[0] as string))
      throw formatsOwn(table, path, 'projection-refused')
    if (patterns.some(pattern => relate(pattern, path) === 'below')) {
      throw new ToolboxError(
        'projection-refused',
        `'${formatPath(path)}' is inside an attribute that is encrypted as a whole in table ${table.name}. Project the encrypted attribute itself.`,
      )
    }
  }
  const reads = paths.some(path => patterns.some(pattern => relate(pattern, path) !== 'beside'))
  const selection = new Selection(paths)
  if (!reads) return { ...unchanged, selection }
  const own = params.IndexName !== undefined && table.standsAlone ? [] : table.formatAttributes
  const missing = [...table.keyNames, table.entityAttribute, ...own].filter(
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

/**
 * The entity name that an item's own attribute may decide by. An attribute of the same name that is
 * encrypted in one entity and clear in another is told apart by the stored name, which whoever writes
 * the table can change; dynamodb-toolbox notices, but only where it sees that name.
 */
export function trustedEntity(table: RegisteredTable, params: Item, item: Item): unknown {
  const entity = item[table.entityAttribute]
  const expression = params.ProjectionExpression
  if (typeof expression !== 'string' || expression === '' || !table.isAmbiguous) return entity
  const seen = parseProjection(expression, names(params)).some(
    path => path.length === 1 && path[0] === table.entityAttribute,
  )
  return seen ? entity : undefined
}

export function names(params: Item): Names {
  return (params.ExpressionAttributeNames ?? {}) as Names
}
