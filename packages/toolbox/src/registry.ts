import { type AttributePath, ConfigurationError, type Format } from '@dynaseal/core'
import {
  type AttributePattern,
  formatPath,
  isContainer,
  isIndex,
  overlap,
  relate,
  sameAs,
} from './attributePattern.js'
import { type EntityPatterns, patternsOf } from './entityPatterns.js'
import { ToolboxError } from './errors.js'
import { namesInherited } from './inheritedNames.js'

/**
 * What registration reads of a dynamodb-toolbox `Entity`. Not the class itself, whose type is invariant in
 * its schema: there is no type of all entities.
 */
export interface RegistrableEntity {
  readonly entityName: string
  /** Its schema; `object`, because anything closer would guide the inference of an entity written in place. */
  readonly schema: object
  readonly table: {
    getName(): string
    readonly partitionKey: { readonly name: string }
    readonly sortKey?: { readonly name: string } | undefined
    readonly indexes: Readonly<Record<string, object>>
    readonly entityAttributeSavedAs: string
    readonly documentClient?: unknown
  }
  /** Whether, and how, its items have the entity's name. */
  readonly entityAttribute?: unknown
}

/** What is known of one table: its key, and where its entities keep ciphertext. */
export class RegisteredTable {
  /** Several registrations of one name (versions of a schema, say) hold together. */
  readonly #entities = new Map<string, EntityPatterns[]>()
  /** By name of a registered entity, and for all other names together: it is asked for every item of a page. */
  readonly #encrypted = new Map<unknown, readonly AttributePattern[]>()
  /** The encrypted ones whose names objects inherit. */
  readonly inherited: AttributePattern[] = []

  constructor(
    /** Logical name, part of what a ciphertext is bound to. */
    readonly name: string,
    readonly keyNames: readonly string[],
    /** The attribute in which dynamodb-toolbox stores the entity's name. */
    readonly entityAttribute: string,
    /** The attributes that the format may add to items. */
    readonly formatAttributes: readonly string[],
    /** Whether the format seals items as wholes. */
    readonly wholeItems: boolean,
    /** Whether its indexes may lack the format's attributes. */
    readonly standsAlone: boolean,
  ) {}

  /** @throws {ToolboxError} `invalid-schema` */
  add(name: string, entity: EntityPatterns): void {
    for (const [otherName, others] of this.#entities) {
      // Versions of one entity hold together.
      if (otherName === name) continue
      for (const other of others) {
        refuseNameless(this.name, [name, entity], [otherName, other])
        refuseNameless(this.name, [otherName, other], [name, entity])
      }
    }
    this.inherited.push(...entity.encrypted.filter(namesInherited))
    this.#entities.set(name, [...(this.#entities.get(name) ?? []), entity])
    this.#encrypted.clear()
  }

  /**
   * Where ciphertext belongs in an item. A pattern of one entity holds for items of another one too,
   * unless that other entity is registered and declares what stands there: a name that nobody registered
   * switches no check off.
   *
   * @param entity the item's entity name, as far as it is known
   */
  encrypted(entity: unknown): readonly AttributePattern[] {
    const own = this.#registered(entity)
    const name = own.length > 0 ? entity : undefined
    const known = this.#encrypted.get(name)
    if (known !== undefined) return known
    const declared = own.flatMap(({ encrypted, clear }) => [...encrypted, ...clear])
    const others = [...this.#entities.values()]
      .flat()
      .filter(registered => !own.includes(registered))
      .flatMap(({ encrypted }) => encrypted)
      .filter(pattern => !declared.some(other => overlap(other, pattern)))
    const patterns = [...own.flatMap(({ encrypted }) => encrypted), ...others]
    this.#encrypted.set(name, patterns)
    return patterns
  }

  /**
   * Whether an entity declares something else at a path that others have to be looked through: a clear leaf, or a
   * container of the value's kind. An alternative of an `anyOf` may be either.
   */
  mayStand(entity: unknown, path: AttributePath, value: unknown): boolean {
    if (value === null) return true
    const own = this.#registered(entity)
    const candidates = own.length > 0 ? own : [...this.#entities.values()].flat()
    const continues = (pattern: AttributePattern) =>
      relate(pattern, path) === 'above' && isIndex(pattern[path.length]) === Array.isArray(value)
    return candidates.some(
      ({ clear, encrypted }) =>
        clear.some(pattern => relate(pattern, path) === 'at') ||
        (isContainer(value) && [...clear, ...encrypted].some(continues)),
    )
  }

  /** Whether an entity has a clear leaf at a path. */
  isClear(path: AttributePath): boolean {
    return [...this.#entities.values()]
      .flat()
      .some(({ clear }) => clear.some(each => relate(each, path) === 'at'))
  }

  /** Whether binary values have no place at a path: entities declare it, and none of them a type that has some. */
  refusesBinary(entity: unknown, path: AttributePath): boolean {
    const own = this.#registered(entity)
    const candidates = own.length > 0 ? own : [...this.#entities.values()].flat()
    const at = (pattern: AttributePattern) => relate(pattern, path) === 'at'
    return candidates.some(({ clear }) => clear.some(at)) && !candidates.some(({ binary }) => binary.some(at))
  }

  /** Whether it takes the entity's name to tell ciphertext from a clear attribute of another entity. */
  get isAmbiguous(): boolean {
    const all = [...this.#entities.values()].flat()
    return all.some(({ encrypted }) =>
      encrypted.some(pattern =>
        all.some(({ clear }) => clear.some(open => overlap(open, pattern) && open.length >= pattern.length)),
      ),
    )
  }

  #registered(entity: unknown): readonly EntityPatterns[] {
    return typeof entity === 'string' ? (this.#entities.get(entity) ?? []) : []
  }
}

/** The tables whose entities were registered, by logical name. */
export class Registry {
  readonly #tables = new Map<string, RegisteredTable>()
  readonly #entities = new WeakSet<object>()

  /**
   * @param logicalName physical table name (as commands carry it) to logical table name
   * @param timeToLive attributes by which DynamoDB deletes items
   * @param isMocked whether something answers in the place of the sealed client
   */
  constructor(
    private readonly logicalName: (physical: string) => string,
    private readonly format: Format,
    private readonly timeToLive: readonly string[] = [],
    private readonly isMocked: () => boolean = () => false,
  ) {}

  /** @throws {ToolboxError} `invalid-schema` */
  register(entity: RegistrableEntity): void {
    const { table } = entity
    const { attributes, wholeItems = false } = this.format
    const patterns = patternsOf(entity, { isMocked: this.isMocked, format: this.format })
    const indexes = Object.values(table.indexes) as {
      partitionKey?: { name: string }
      sortKey?: { name: string }
    }[]
    const keys = new Set<string>([
      table.partitionKey.name,
      ...(table.sortKey === undefined ? [] : [table.sortKey.name]),
      ...indexes
        .flatMap(({ partitionKey, sortKey }) => [partitionKey, sortKey])
        .flatMap(key => key?.name ?? []),
    ])
    const declared = [...patterns.encrypted, ...patterns.clear].map(([first]) => first)
    const taken = attributes.find(name =>
      [...declared, ...keys, ...this.timeToLive, table.entityAttributeSavedAs].includes(name),
    )
    if (taken !== undefined) {
      throw new ToolboxError(
        'invalid-schema',
        `'${taken}' of entity ${entity.entityName} or of table ${table.getName()} has the name of an attribute that the format adds to items. Store it under another name, with savedAs(), or give the format another one with the option envelopeAttribute.`,
      )
    }
    for (const [first] of patterns.encrypted) {
      if (typeof first !== 'string') continue
      if (keys.has(first)) {
        throw new ToolboxError(
          'invalid-schema',
          `'${first}' of entity ${entity.entityName} is a key of table ${table.getName()} or of one of its indexes and cannot be encrypted: DynamoDB finds items by its value.`,
        )
      }
      if (this.timeToLive.includes(first)) {
        throw new ToolboxError(
          'invalid-schema',
          `'${first}' of entity ${entity.entityName} is a time to live and cannot be encrypted: DynamoDB could not read when to delete the item.`,
        )
      }
      if (first === table.entityAttributeSavedAs) {
        throw new ToolboxError(
          'invalid-schema',
          `'${first}' holds the entity's name and cannot be encrypted: dynamodb-toolbox reads it to choose a schema.`,
        )
      }
    }
    const name = this.#logicalName(table.getName())
    let registered = this.#tables.get(name)
    if (registered === undefined) {
      const keyNames = [table.partitionKey.name, ...(table.sortKey === undefined ? [] : [table.sortKey.name])]
      registered = new RegisteredTable(
        name,
        keyNames,
        table.entityAttributeSavedAs,
        attributes,
        wholeItems,
        this.format.standsAlone?.(name) === true,
      )
      this.#tables.set(name, registered)
    }
    registered.add(entity.entityName, patterns)
    this.#entities.add(entity)
  }

  knows(entity: RegistrableEntity): boolean {
    return this.#entities.has(entity)
  }

  /**
   * @param tableName a table's name or ARN: a request's `TableName` allows both
   * @throws {ToolboxError} `not-registered`
   * @throws {ConfigurationError} `invalid-option`
   */
  table(tableName: unknown): RegisteredTable {
    const registered =
      typeof tableName === 'string' ? this.#tables.get(this.#logicalName(tableName)) : undefined
    if (registered !== undefined) return registered
    throw new ToolboxError(
      'not-registered',
      `This sealed client knows no entity of table ${String(tableName)}, so it cannot tell what is encrypted there. Call register(entity) on it (for entities that encrypt nothing as well), map the name with logicalTableName if the table is known under another one, or use the document client that you gave to sealDocumentClient().`,
    )
  }

  #logicalName(tableName: string): string {
    const physical = plainName(tableName)
    const name: unknown = this.logicalName(physical)
    if (typeof name === 'string' && name !== '') return name
    throw new ConfigurationError('invalid-option', `logicalTableName gives no name for table ${physical}.`)
  }
}

function plainName(tableName: string): string {
  return /^arn:[^:]*:dynamodb:[^:]*:[^:]*:table\/([^/]+)/.exec(tableName)?.[1] ?? tableName
}

type Named = readonly [name: string, entity: EntityPatterns]

/**
 * The name that tells two entities apart stands in the item, and whoever writes the table writes it. It may decide
 * only if the entity that encrypts checks it, and one without an entity attribute does not.
 */
function refuseNameless(table: string, [name, entity]: Named, [otherName, other]: Named): void {
  if (entity.isNamed) return
  const pattern = entity.encrypted.find(
    each =>
      !other.encrypted.some(same => sameAs(same, each)) &&
      [...other.encrypted, ...other.clear].some(declared => overlap(declared, each)),
  )
  if (pattern === undefined) return
  throw new ToolboxError(
    'invalid-schema',
    `'${formatPath(pattern)}' of table ${table} is encrypted in entity ${name} and something else in entity ${otherName}, and items of ${name} do not say which entity they are of. Give ${name} its entity attribute, or store one of the two under another name, with savedAs().`,
  )
}
