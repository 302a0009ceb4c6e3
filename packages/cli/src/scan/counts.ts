import { describeStored, type StoredDescription } from '@dynaseal/core'
import type { KnownTable } from '@dynaseal/document-client/mapper'
import { type WrappingKey, wrappingKey } from '../inspect/wrappingKey.js'
import { attributeName } from '../stored/tableItem.js'

/** What stands at one attribute of one entity. */
export interface AttributeCounts {
  /** `address.street`, `phones[n]` */
  readonly attribute: string
  readonly clear: number
  /** Of each format, whether they open or not. */
  readonly format1: number
  readonly format2: number
  /** Of items that were sealed as wholes. */
  readonly dbEsdk: number
  /** Those that do not open, by the code of their `FieldError`; bytes that are no sealed field are `not-a-message`. */
  readonly notOpened: Readonly<Record<string, number>>
}

export interface EntityCounts {
  /** Undefined for items that do not say of which known entity they are. */
  readonly entity: string | undefined
  readonly items: number
  readonly attributes: readonly AttributeCounts[]
}

export interface KeyCounts extends WrappingKey {
  /** Fields whose data key is encrypted under it. */
  readonly fields: number
}

export interface AbsentAttribute {
  readonly entity: string | undefined
  readonly attribute: string
}

export interface ScanReport {
  readonly table: string
  readonly region: string
  readonly items: number
  readonly entities: readonly EntityCounts[]
  readonly keys: readonly KeyCounts[]
  /** What the client encrypts in kinds of items of which some were read, and none of them has. */
  readonly absent: readonly AbsentAttribute[]
  /** As DynamoDB counted them. */
  readonly readUnits: number
  readonly seconds: number
  /** False when it was ended before it had read everything. */
  readonly complete: boolean
}

interface Attribute {
  clear: number
  format1: number
  format2: number
  dbEsdk: number
  readonly notOpened: Map<string, number>
}

interface Entity {
  items: number
  readonly attributes: Map<string, Attribute>
}

interface Key {
  readonly key: WrappingKey
  fields: number
}

export class Counts {
  items = 0
  #readUnits = 0
  readonly #entities = new Map<string | undefined, Entity>()
  /** That of the item before, most often. */
  #lastEntity: { readonly name: string | undefined; readonly entity: Entity } | undefined
  /** By the key in one string. */
  readonly #keys = new Map<string, Key>()
  /** Of their names: whoever writes the table makes as many as they like, and as long. */
  #keyCharacters = 0
  readonly #others: Key = { key: OTHERS, fields: 0 }
  /** An envelope is the same for all items under one data key. */
  readonly #envelopes = new Map<string, readonly Key[]>()
  /** Most often that of the item before. */
  #lastEnvelope: { readonly bytes: Uint8Array; readonly keys: readonly Key[] } | undefined

  units(units: number): void {
    this.#readUnits += units
  }

  item(entity: string | undefined): void {
    this.items++
    this.#entity(entity).items++
  }

  clear(entity: string | undefined, attribute: string): void {
    this.#attribute(entity, attribute).clear++
  }

  sealed(entity: string | undefined, attribute: string, format: 1 | 2 | 'db-esdk'): void {
    const counts = this.#attribute(entity, attribute)
    if (format === 1) counts.format1++
    else if (format === 2) counts.format2++
    else counts.dbEsdk++
  }

  notOpened(entity: string | undefined, attribute: string, code: string): void {
    const { notOpened } = this.#attribute(entity, attribute)
    notOpened.set(code, (notOpened.get(code) ?? 0) + 1)
  }

  keys({ encryptedDataKeys = [] }: Pick<StoredDescription, 'encryptedDataKeys'>, fields = 1): void {
    for (const key of encryptedDataKeys.map(wrappingKey)) this.#key(key).fields += fields
  }

  /** Those of an item's short fields, whose data key is in its envelope. */
  keysBeside(attributes: Readonly<Record<string, unknown>>, fields: number): void {
    for (const name in attributes) {
      const bytes = attributes[name]
      if (bytes instanceof Uint8Array) for (const key of this.#inEnvelope(bytes)) key.fields += fields
    }
  }

  #inEnvelope(bytes: Uint8Array): readonly Key[] {
    const last = this.#lastEnvelope
    if (last !== undefined && (last.bytes === bytes || Buffer.compare(bytes, last.bytes) === 0))
      return last.keys
    const keys = this.#envelopeOf(bytes)
    this.#lastEnvelope = { bytes, keys }
    return keys
  }

  #envelopeOf(bytes: Uint8Array): readonly Key[] {
    // Of a writer who would fill the memory.
    if (bytes.length > MAX_ENVELOPE_BYTES) return keysOf(bytes).map(key => this.#key(key))
    const name = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString('latin1')
    const known = this.#envelopes.get(name)
    if (known !== undefined) return known
    const keys = keysOf(bytes).map(key => this.#key(key))
    if (this.#envelopes.size >= MAX_ENVELOPES) this.#envelopes.clear()
    this.#envelopes.set(name, keys)
    return keys
  }

  #key(key: WrappingKey): Key {
    const name = JSON.stringify([key.provider, key.name, key.version])
    const known = this.#keys.get(name)
    if (known !== undefined) return known
    if (this.#keyCharacters + name.length > MAX_KEY_CHARACTERS) return this.#others
    this.#keyCharacters += name.length
    const counts = { key, fields: 0 }
    this.#keys.set(name, counts)
    return counts
  }

  #entity(name: string | undefined): Entity {
    if (this.#lastEntity?.name === name && this.#lastEntity !== undefined) return this.#lastEntity.entity
    const entity = this.#entities.get(name) ?? { items: 0, attributes: new Map() }
    this.#entities.set(name, entity)
    this.#lastEntity = { name, entity }
    return entity
  }

  #attribute(entity: string | undefined, name: string): Attribute {
    const { attributes } = this.#entity(entity)
    const known = attributes.get(name)
    if (known !== undefined) return known
    const attribute: Attribute = { clear: 0, format1: 0, format2: 0, dbEsdk: 0, notOpened: new Map() }
    attributes.set(name, attribute)
    return attribute
  }

  #lacks(entity: string | undefined, attribute: string): boolean {
    const own = this.#entities.get(entity)
    // What has no entity's name is encrypted in items of all of them.
    const entities = entity === undefined ? [...this.#entities.values()] : own === undefined ? [] : [own]
    return entities.length > 0 && entities.every(({ attributes }) => !attributes.has(attribute))
  }

  /** @param known the table, as its client knows it */
  report({
    kinds,
  }: Pick<KnownTable, 'kinds'>): Pick<ScanReport, 'items' | 'entities' | 'keys' | 'absent' | 'readUnits'> {
    const entities = [...this.#entities].map(([entity, { items, attributes }]) => ({
      entity,
      items,
      attributes: [...attributes]
        .map(([attribute, { notOpened, ...counts }]) => ({
          attribute,
          ...counts,
          notOpened: Object.fromEntries([...notOpened].sort()),
        }))
        .sort((a, b) => (a.attribute < b.attribute ? -1 : 1)),
    }))
    const all = [...this.#keys.values(), ...(this.#others.fields > 0 ? [this.#others] : [])]
    const keys = all.map(({ key, fields }) => ({ ...key, fields }))
    return {
      items: this.items,
      entities: entities.sort((a, b) => ((a.entity ?? '~') < (b.entity ?? '~') ? -1 : 1)),
      keys: keys.sort((a, b) => b.fields - a.fields),
      absent: kinds
        .flatMap(({ name, encrypted }) =>
          encrypted.map(path => ({ entity: name, attribute: attributeName(path) })),
        )
        .filter(({ entity, attribute }) => this.#lacks(entity, attribute)),
      readUnits: this.#readUnits,
    }
  }
}

/** Of some 300 bytes; each may be another one's where short-lived processes write. */
const MAX_ENVELOPES = 10_000
/** More than one has with data keys for several KMS keys. */
const MAX_ENVELOPE_BYTES = 4096

/** Enough for a branch key of each of a hundred thousand tenants. */
const MAX_KEY_CHARACTERS = 2 ** 24
/** What stands for the keys that are too many to be told apart. */
const OTHERS: WrappingKey = { provider: 'others', name: 'keys whose names are more than can be kept' }

function keysOf(bytes: Uint8Array): readonly WrappingKey[] {
  try {
    return (describeStored(bytes).encryptedDataKeys ?? []).map(wrappingKey)
  } catch {
    return []
  }
}
