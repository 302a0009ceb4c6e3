import type { Entity, Schema } from 'dynamodb-toolbox'
import { type AttributePattern, anyIndex, anyKey, formatPath, overlap } from './attributePattern.js'
import { EncryptedAttribute } from './encrypted.js'
import { ToolboxError } from './errors.js'

interface RegisteredEntity {
  readonly encrypted: readonly AttributePattern[]
  readonly clear: readonly AttributePattern[]
}

/** What is known of one table: its key, and where its entities keep ciphertext. */
export class RegisteredTable {
  readonly #entities = new Map<string, RegisteredEntity>()

  constructor(
    /** Logical name, part of what a ciphertext is bound to. */
    readonly name: string,
    readonly keyNames: readonly string[],
    /** The attribute in which dynamodb-toolbox stores the entity's name. */
    readonly entityAttribute: string,
  ) {}

  add(name: string, entity: RegisteredEntity): void {
    this.#entities.set(name, entity)
  }

  /**
   * Where ciphertext belongs in an item. A pattern of one entity holds for an item of another one too,
   * unless that other entity is registered and says that it keeps something in clear there: the stored
   * entity name alone, which anyone who writes the table can change, never switches a check off.
   *
   * @param entity the item's entity name, as far as it is known
   */
  encrypted(entity: unknown): AttributePattern[] {
    const clear = typeof entity === 'string' ? (this.#entities.get(entity)?.clear ?? []) : []
    const patterns: AttributePattern[] = []
    for (const [name, registered] of this.#entities) {
      for (const pattern of registered.encrypted) {
        if (name === entity || !clear.some(open => overlap(open, pattern))) patterns.push(pattern)
      }
    }
    return patterns
  }
}

/** The tables whose entities were registered, by logical name. */
export class Registry {
  readonly #tables = new Map<string, RegisteredTable>()

  /** @param logicalName physical table name (as commands carry it) to logical table name */
  constructor(readonly logicalName: (physical: string) => string) {}

  /** @throws {ToolboxError} `invalid-schema` */
  register(entity: Entity): void {
    const { table } = entity
    const patterns = patternsOf(entity)
    const indexes = Object.values(table.indexes) as {
      partitionKey?: { name: string }
      sortKey?: { name: string }
    }[]
    const found = new Set<string>([
      table.partitionKey.name,
      ...(table.sortKey === undefined ? [] : [table.sortKey.name]),
      ...indexes
        .flatMap(({ partitionKey, sortKey }) => [partitionKey, sortKey])
        .flatMap(key => key?.name ?? []),
    ])
    for (const [first] of patterns.encrypted) {
      if (typeof first !== 'string') continue
      if (found.has(first)) {
        throw new ToolboxError(
          'invalid-schema',
          `'${first}' of entity ${entity.entityName} is a key of table ${table.getName()} or of one of its indexes and cannot be encrypted: DynamoDB finds items by its value.`,
        )
      }
      if (first === table.entityAttributeSavedAs) {
        throw new ToolboxError(
          'invalid-schema',
          `'${first}' holds the entity's name and cannot be encrypted: dynamodb-toolbox reads it to choose a schema.`,
        )
      }
    }
    const name = this.logicalName(table.getName())
    let registered = this.#tables.get(name)
    if (registered === undefined) {
      const keyNames = [table.partitionKey.name, ...(table.sortKey === undefined ? [] : [table.sortKey.name])]
      registered = new RegisteredTable(name, keyNames, table.entityAttributeSavedAs)
      this.#tables.set(name, registered)
    }
    registered.add(entity.entityName, patterns)
  }

  /** @param tableName a table's name or ARN, as the `TableName` of a request allows both */
  find(tableName: string): RegisteredTable | undefined {
    return this.#tables.get(
      this.logicalName(/^arn:[^:]*:dynamodb:[^:]*:[^:]*:table\/([^/]+)/.exec(tableName)?.[1] ?? tableName),
    )
  }
}

function patternsOf(entity: Entity): RegisteredEntity {
  const encrypted: AttributePattern[] = []
  const clear: AttributePattern[] = []
  const visit = (schema: Schema, path: AttributePattern): void => {
    const place = formatPath(path)
    const attribute = path.length > 0 ? EncryptedAttribute.of(schema, place) : undefined
    if (attribute !== undefined) {
      if (schema.props.key === true) {
        throw new ToolboxError(
          'invalid-schema',
          `'${place}' of entity ${entity.entityName} is both encrypted and a key. DynamoDB finds items by a key's value: remove one of the two.`,
        )
      }
      attribute.places.add(place)
      encrypted.push(path)
      return
    }
    switch (schema.type) {
      case 'item':
      case 'map':
        for (const [name, child] of Object.entries(schema.attributes)) {
          visit(child, [...path, child.props.savedAs ?? name])
        }
        return
      case 'set':
        if (EncryptedAttribute.of(schema.elements, place) !== undefined) {
          throw new ToolboxError(
            'invalid-schema',
            `The elements of set '${place}' cannot be encrypted one by one. Encrypt the set: encrypted(set(string())).`,
          )
        }
        clear.push(path)
        return
      case 'list':
        visit(schema.elements, [...path, anyIndex])
        return
      case 'tuple':
        for (const element of schema.elements) visit(element, [...path, anyIndex])
        return
      case 'record':
        visit(schema.elements, [...path, anyKey])
        return
      case 'anyOf':
        for (const element of schema.elements) visit(element, path)
        return
      default:
        clear.push(path)
    }
  }
  visit(entity.schema, [])
  for (const pattern of encrypted) {
    if (clear.some(open => overlap(open, pattern))) {
      throw new ToolboxError(
        'invalid-schema',
        `'${formatPath(pattern)}' of entity ${entity.entityName} is encrypted in one alternative and clear in another, so nobody could tell which one a stored value should be. Encrypt both, or the anyOf (or tuple) as a whole.`,
      )
    }
  }
  return { encrypted, clear }
}
