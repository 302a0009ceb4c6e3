import type { DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb'
import {
  type ItemKind,
  type SealedParts,
  type TableDescription,
  translated,
} from '@dynaseal/document-client/mapper'
import { dialect } from './dialect.js'
import { patternsOf } from './entityPatterns.js'

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

type Client = Pick<SealedParts<DynamoDBDocumentClient>, 'tables' | 'format' | 'isMocked'>

/** The entities that were registered on one sealed client, which knows of them what is encrypted where. */
export class Registry {
  readonly #entities = new WeakSet<object>()

  constructor(private readonly client: Client) {}

  /**
   * @throws {ToolboxError} `invalid-schema`
   * @throws {ConfigurationError} `invalid-option`
   */
  register(entity: RegistrableEntity): void {
    const { tables, format, isMocked } = this.client
    const patterns = patternsOf(entity, { isMocked, format })
    const kind: ItemKind = { name: entity.entityName, ...patterns, isNamed: entity.entityAttribute !== false }
    try {
      tables.add(describe(entity.table), kind)
    } catch (error) {
      throw translated(dialect, error)
    }
    this.#entities.add(entity)
  }

  knows(entity: RegistrableEntity): boolean {
    return this.#entities.has(entity)
  }
}

function describe(table: RegistrableEntity['table']): TableDescription {
  const keys = Object.entries(table.indexes).map(([name, index]) => [name, keyOf(table, index)] as const)
  return {
    tableName: table.getName(),
    keyNames: namesOf(table),
    indexKeyNames: keys.flatMap(([, key]) => key),
    indexes: Object.fromEntries(keys.filter(([name]) => isSimple(table.indexes[name] as IndexKeys))),
    kindAttribute: table.entityAttributeSavedAs,
  }
}

interface IndexKeys {
  readonly type?: string
  readonly partitionKey?: { readonly name: string }
  readonly sortKey?: { readonly name: string }
  /** Of indexes whose keys have several attributes. */
  readonly partitionKeys?: readonly { readonly name: string }[]
  readonly sortKeys?: readonly { readonly name: string }[]
}

/** Whether items of an index have an order by one attribute. */
function isSimple({ partitionKeys, sortKeys }: IndexKeys): boolean {
  return partitionKeys === undefined && sortKeys === undefined
}

/** Of a local index, the partition key is that of the table. */
function keyOf({ partitionKey }: RegistrableEntity['table'], index: IndexKeys): string[] {
  const { type, partitionKeys = [], sortKeys = [] } = index
  const own = namesOf(index as { partitionKey?: { name: string }; sortKey?: { name: string } })
  const several = [...partitionKeys, ...sortKeys].map(({ name }) => name)
  return type === 'local' ? [partitionKey.name, ...own] : [...own, ...several]
}

function namesOf({
  partitionKey,
  sortKey,
}: {
  partitionKey?: { name: string }
  sortKey?: { name: string } | undefined
}): string[] {
  return [partitionKey, sortKey].flatMap(key => key?.name ?? [])
}
