import type { AttributeValue } from '@aws-sdk/client-dynamodb'
import type { AttributePath, ItemToOpen } from '@dynaseal/core'
import { type AttributePattern, type KnownTable, overlap } from '@dynaseal/document-client/mapper'
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
  const found: EncryptedField[] = []
  const kind = nameIn(known, item)
  const { places, mayMeet } = placesOf(known.encrypted(kind))
  /** By path, where one may be found twice: the last pattern counts. */
  let positions: Map<string, number> | undefined
  const add = (field: EncryptedField) => {
    if (mayMeet || field.isObstacle) {
      positions ??= new Map()
      const name = nameOf(field.path)
      const position = positions.get(name) ?? found.length
      positions.set(name, position)
      found[position] = field
    } else found.push(field)
  }
  for (const { pattern, attribute, path: own } of places) {
    if (own !== undefined) {
      const value = Object.hasOwn(item, attribute) ? item[attribute] : undefined
      if (value !== undefined) add({ path: own, value, attribute, isObstacle: false })
      continue
    }
    const values = valuesAt(item, pattern, ({ path, value }) => {
      if (!known.mayStand(kind, path, kindOfValue(value))) add({ path, value, attribute, isObstacle: true })
    })
    for (const { path, value } of values) add({ path, value, attribute, isObstacle: false })
  }
  return found
}

interface Places {
  readonly places: readonly {
    readonly pattern: AttributePattern
    readonly attribute: string
    /** Of one that is an attribute of the item itself, as most are. */
    readonly path: AttributePath | undefined
  }[]
  /** Whether one value may be at two of them. */
  readonly mayMeet: boolean
}

const placesOfPatterns = new WeakMap<readonly AttributePattern[], Places>()

/** The same for all items of a kind. */
function placesOf(patterns: readonly AttributePattern[]): Places {
  const known = placesOfPatterns.get(patterns)
  if (known !== undefined) return known
  const places = patterns.map(pattern => {
    const [first] = pattern
    const path = pattern.length === 1 && typeof first === 'string' ? [first] : undefined
    return { pattern, attribute: attributeName(pattern), path }
  })
  const made = {
    places,
    mayMeet: patterns.some((one, i) => patterns.slice(i + 1).some(other => overlap(one, other))),
  }
  placesOfPatterns.set(patterns, made)
  return made
}

/** A native value of the same kind: null, a list, a map, or something else. */
function kindOfValue({ NULL, L, M }: AttributeValue): unknown {
  if (NULL !== undefined) return null
  if (L !== undefined) return []
  return M === undefined ? '' : {}
}

/** `phones[n]` */
export function attributeName(pattern: AttributePattern): string {
  const steps = pattern.map(step =>
    typeof step === 'symbol' ? (step.description === '*' ? '*' : '[n]') : step,
  )
  return steps.reduce<string>((text, step) => {
    if (typeof step === 'number') return `${text}[${step}]`
    if (step === '[n]') return `${text}[n]`
    return text === '' ? step : `${text}.${step}`
  }, '')
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
