import type { AttributeValue } from '@aws-sdk/client-dynamodb'
import type { AttributePath, ItemToOpen } from '@dynaseal/core'
import type { AttributePattern, KnownTable } from '@dynaseal/document-client/mapper'
import type { Target } from '../config/project.js'
import { CliError } from '../errors.js'
import { valuesAt, type WireField, type WireItem } from './wireItem.js'

/** The name of an item's kind (its entity), if the table knows one of that name. */
export function kindOf(known: KnownTable, item: WireItem): string | undefined {
  const name = nameIn(known, item)
  return known.isKnown(name) ? name : undefined
}

/** What the item says that it is. */
function nameIn({ kindAttribute }: KnownTable, item: WireItem): string | undefined {
  return kindAttribute === undefined ? undefined : item[kindAttribute]?.S
}

/** A value that stands where ciphertext belongs, and the attribute that it is of: its pattern, as one writes it. */
export interface EncryptedField extends WireField {
  readonly attribute: string
  /** Whether it stands above it, where a map or list belongs, so that nobody knows what is behind it. */
  readonly isObstacle: boolean
}

/** The values of an item that stand where ciphertext belongs. */
export function encryptedFields(known: KnownTable, item: WireItem): EncryptedField[] {
  const found = new Map<string, EncryptedField>()
  const kind = nameIn(known, item)
  for (const pattern of known.encrypted(kind)) {
    const attribute = attributeName(pattern)
    const add = ({ path, value }: WireField, isObstacle: boolean) =>
      found.set(nameOf(path), { path, value, attribute, isObstacle })
    const values = valuesAt(item, pattern, field => {
      if (!known.mayStand(kind, field.path, kindOfValue(field.value))) add(field, true)
    })
    for (const field of values) add(field, false)
  }
  return [...found.values()]
}

/** A native value of the same kind: null, a list, a map, or something else. */
function kindOfValue({ NULL, L, M }: AttributeValue): unknown {
  if (NULL !== undefined) return null
  if (L !== undefined) return []
  return M === undefined ? '' : {}
}

const names = new WeakMap<AttributePattern, string>()

/** `phones[n]` */
function attributeName(pattern: AttributePattern): string {
  const known = names.get(pattern)
  if (known !== undefined) return known
  const steps = pattern.map(step =>
    typeof step === 'symbol' ? (step.description === '*' ? '*' : '[n]') : step,
  )
  const name = steps.reduce<string>((text, step) => {
    if (typeof step === 'number') return `${text}[${step}]`
    if (step === '[n]') return `${text}[n]`
    return text === '' ? step : `${text}.${step}`
  }, '')
  names.set(pattern, name)
  return name
}

/** Another one for each path. */
export function nameOf(path: AttributePath): string {
  return path.length === 1 ? (path[0] as string) : JSON.stringify(path)
}

/** An item's primary key; undefined when it is not all there. */
export function keyOf(known: KnownTable, item: WireItem): WireItem | undefined {
  const key: WireItem = {}
  for (const name of known.keyNames) {
    const value = item[name]
    if (value === undefined) return undefined
    key[name] = value
  }
  return key
}

/** The format's own attributes of an item, as a format takes them. */
export function formatAttributes(known: KnownTable, item: WireItem): Record<string, unknown> {
  const attributes: Record<string, unknown> = {}
  for (const name of known.formatAttributes) {
    const value = item[name]
    if (value !== undefined) attributes[name] = value.B ?? value
  }
  return attributes
}

/** Fields of an item, all Binary, as a format opens them. */
export function toOpen(
  known: KnownTable,
  key: WireItem,
  item: WireItem,
  fields: readonly WireField[],
): ItemToOpen {
  return {
    table: known.name,
    key,
    fields: fields.map(({ path, value }) => ({ path, value: value.B! })),
    attributes: formatAttributes(known, item),
  }
}

/**
 * @throws {CliError} `unsupported`
 */
export function refuseWholeItems({ format, tableName }: Target): void {
  if (format.wholeItems !== true) return
  throw new CliError(
    'unsupported',
    `The format of table ${tableName} seals items as wholes. This command works on formats that seal fields: with their client, read or put the items.`,
  )
}
