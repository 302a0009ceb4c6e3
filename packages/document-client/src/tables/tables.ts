import type { Format, TokenMaker } from '@dynaseal/core'
import { formatPath, invalidOption } from '@dynaseal/core/formats'
import { ClientFeatures } from '../client/features.js'
import { DocumentClientError } from '../errors.js'
import { type Dialect, titleOf } from './dialect.js'
import type { ItemKind, TableDescription } from './itemKind.js'
import { KnownTable } from './knownTable.js'

/** The tables that a sealed client knows, by logical name. */
export class Tables {
  readonly #tables = new Map<string, KnownTable>()
  /** By the name that they were added by. */
  readonly #added = new Map<string, KnownTable>()
  #lastAsked = ''
  #lastPlain = ''

  /**
   * @param logicalName physical table name (as commands carry it) to logical table name
   * @param timeToLive attributes by which DynamoDB deletes items
   * @param search what makes tokens, if anything does
   * @param features what else the client does. Default: nothing
   */
  constructor(
    private readonly dialect: Dialect,
    private readonly logicalName: (physical: string) => string,
    private readonly format: Format,
    private readonly timeToLive: readonly string[] = [],
    private readonly search?: TokenMaker,
    readonly features = new ClientFeatures([], dialect),
  ) {}

  /**
   * Makes a kind of items of a table known.
   *
   * @throws {DocumentClientError} `invalid-schema` for what cannot be encrypted, and for what could not be told from
   *   what another kind has there
   * @throws {ConfigurationError} `invalid-option`
   */
  add(description: TableDescription, kind: ItemKind): void {
    const name = this.#logicalName(description.tableName)
    const known = this.#tables.get(name)
    for (const each of [kind, ...(known?.kinds ?? [])]) this.#check(description, each, known)
    this.#checkTokens(description, kind, name, known)
    let table = known
    if (table === undefined) {
      const { keyNames, takesPlaintext = false } = description
      const { attributes, wholeItems = false } = this.format
      const standsAlone = this.format.standsAlone?.(name) === true
      table = new KnownTable(
        name,
        keyNames,
        takesPlaintext,
        attributes,
        wholeItems,
        standsAlone,
        this.dialect,
      )
    }
    table.add(kind, description)
    this.#tables.set(name, table)
    this.#added.set(plainName(description.tableName), table)
  }

  /** What is known of a table, if anything is. */
  find(tableName: string): KnownTable | undefined {
    return this.#tables.get(this.#logicalName(tableName))
  }

  /** By their names in DynamoDB, as they were added. */
  get known(): ReadonlyMap<string, KnownTable> {
    return this.#added
  }

  /**
   * @param tableName a table's name or ARN: a request's `TableName` allows both
   * @throws {DocumentClientError} `not-registered`
   * @throws {ConfigurationError} `invalid-option`
   */
  table(tableName: unknown): KnownTable {
    const known = typeof tableName === 'string' ? this.#tables.get(this.#logicalName(tableName)) : undefined
    if (known !== undefined) return known
    throw new DocumentClientError('not-registered', this.dialect.unknownTable(String(tableName)))
  }

  #checkTokens(
    { keyNames, kindAttribute }: TableDescription,
    kind: ItemKind,
    tableName: string,
    known: KnownTable | undefined,
  ): void {
    const others = known?.kinds ?? []
    if ([kind, ...others].every(({ tokens = [] }) => tokens.length === 0)) return
    const { search } = this.features
    search.checkTokens(this.dialect, kind, {
      tableName,
      keyNames,
      taken: [
        ...this.timeToLive,
        ...this.format.attributes,
        ...[kindAttribute ?? known?.kindAttribute].flatMap(each => each ?? []),
      ],
      maker: this.search,
      others,
    })
    search.checkKeyTokens(this.dialect, [kind, ...others], tableName, keyNames)
  }

  /** What DynamoDB, the format or this client reads cannot be encrypted, and what the format writes is its own. */
  #check(description: TableDescription, kind: ItemKind, known: KnownTable | undefined): void {
    const { tableName, keyNames, indexKeyNames, kindAttribute = known?.kindAttribute } = description
    const { dialect } = this
    const keys = new Set([...keyNames, ...indexKeyNames, ...(known?.indexKeyNames ?? [])])
    const title = titleOf(dialect, kind)
    const declared = [...kind.encrypted, ...(kind.clear === 'the rest' ? [] : kind.clear)]
    const names = [...declared.map(([first]) => first), ...keys, ...this.timeToLive, kindAttribute]
    const taken = this.format.attributes.find(name => names.includes(name))
    if (taken !== undefined) {
      throw new DocumentClientError(
        'invalid-schema',
        `'${taken}' of ${title} or of table ${tableName} has the name of an attribute that the format adds to items. Store it under another name, or give the format another one with the option envelopeAttribute. ${dialect.rename}`,
      )
    }
    for (const pattern of kind.encrypted) {
      const [first] = pattern
      const fault = this.format.faultOf?.(this.#logicalName(tableName), pattern)
      if (fault !== undefined) {
        throw new DocumentClientError(
          'invalid-schema',
          `'${formatPath(pattern)}' of ${title} in table ${tableName} cannot be encrypted in this format: ${fault}`,
        )
      }
      if (typeof first !== 'string') continue
      if (keys.has(first)) {
        throw new DocumentClientError(
          'invalid-schema',
          `'${first}' of ${title} is a key of table ${tableName} or of one of its indexes and cannot be encrypted: DynamoDB finds items by its value.`,
        )
      }
      if (this.timeToLive.includes(first)) {
        throw new DocumentClientError(
          'invalid-schema',
          `'${first}' of ${title} is a time to live and cannot be encrypted: DynamoDB could not read when to delete the item.`,
        )
      }
      if (first === kindAttribute) {
        throw new DocumentClientError(
          'invalid-schema',
          `'${first}' of ${title} says what kind of item an item is and cannot be encrypted: it is read before anything is opened.`,
        )
      }
    }
  }

  #logicalName(tableName: string): string {
    // Most ask for the same one again and again: for each record of a stream, by its ARN.
    if (tableName !== this.#lastAsked) {
      this.#lastPlain = plainName(tableName)
      this.#lastAsked = tableName
    }
    const physical = this.#lastPlain
    const name: unknown = this.logicalName(physical)
    if (typeof name === 'string' && name !== '') return name
    throw invalidOption(`logicalTableName gives no name for table ${physical}.`)
  }
}

function plainName(tableName: string): string {
  return /^arn:[^:]*:dynamodb:[^:]*:[^:]*:table\/([^/]+)/.exec(tableName)?.[1] ?? tableName
}
