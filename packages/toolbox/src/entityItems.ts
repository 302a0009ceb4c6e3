import type {
  Bytes,
  ItemOpener,
  NativeItem,
  OpenedChange,
  OpenedRecord,
  RecordResult,
  StreamRecord,
} from '@dynaseal/document-client'
import { type Arrivals, oneRecord, type Wanted } from '@dynaseal/document-client/mapper'
import type { Entity, FormattedItem, Schema } from 'dynamodb-toolbox'
import { ToolboxError } from './errors.js'
import type { RegistrableEntity, Registry } from './registry.js'
import { copyOf } from './toolboxCopies.js'

/**
 * Items of an entity that arrive without a command: what opens is formatted as dynamodb-toolbox formats it. Items with the name
 * of another entity, and those of other tables, are passed by, and not opened.
 */
export interface EntityItemOpener {
  /** `undefined` for an item of another entity. */
  openItem<ENTITY extends Entity>(
    entity: ENTITY,
    item: NativeItem,
  ): Promise<FormattedItem<ENTITY> | undefined>
  /** Without the items of other entities. */
  openItems<ENTITY extends Entity>(
    entity: ENTITY,
    items: readonly NativeItem[],
  ): Promise<FormattedItem<ENTITY>[]>
  /**
   * `undefined` for a change of an item of another entity. One of an item that was, or becomes, the entity's has that image
   * alone; and a record without images says of no entity that it is not about it.
   *
   * @throws {DynamoDBToolboxError} also for an image that does not fit the schema
   */
  openStreamRecord<ENTITY extends Entity>(
    entity: ENTITY,
    record: StreamRecord,
  ): Promise<OpenedRecord<FormattedItem<ENTITY>> | undefined>
  /** Likewise, of a batch: neither a record nor an error for a change of an item of another entity. */
  openStreamRecords<ENTITY extends Entity>(
    entity: ENTITY,
    records: readonly StreamRecord[],
  ): Promise<RecordResult<OpenedRecord<FormattedItem<ENTITY>> | undefined>[]>
  openExport<ENTITY extends Entity>(
    entity: ENTITY,
    file: Bytes,
  ): AsyncGenerator<FormattedItem<ENTITY>, void, undefined>
  openIncrementalExport<ENTITY extends Entity>(
    entity: ENTITY,
    file: Bytes,
  ): AsyncGenerator<OpenedChange<FormattedItem<ENTITY>>, void, undefined>
}

/** Those of one entity, as somebody asks for them. */
export class EntityItems {
  readonly #wanted: Wanted
  readonly #nameAttribute: string | undefined
  readonly #formatter: { format(item: object): unknown }

  /** @throws {ToolboxError} `not-registered` */
  constructor(
    private readonly entity: RegistrableEntity,
    registry: Registry,
    private readonly arrivals: Arrivals,
  ) {
    const { table, entityName, entityAttribute } = entity
    if (!registry.knows(entity)) {
      throw new ToolboxError(
        'not-registered',
        `Entity ${entityName} is not registered on this sealed client. Call register(entity) on it.`,
      )
    }
    const nameAttribute = entityAttribute === false ? undefined : table.entityAttributeSavedAs
    const schema = entity.schema as Schema
    this.#nameAttribute = nameAttribute
    this.#formatter = new (copyOf(schema).format.Formatter)(schema)
    this.#wanted = {
      table: table.getName(),
      isWanted: item =>
        nameAttribute === undefined || [undefined, entityName].includes(item[nameAttribute] as string),
    }
  }

  async openItems(items: readonly NativeItem[]): Promise<unknown[]> {
    const opened = await this.arrivals.openItems(this.#wanted.table, items, this.#wanted)
    return opened.map(item => this.#format(item))
  }

  async openStreamRecord(record: StreamRecord): Promise<OpenedRecord<unknown> | undefined> {
    return oneRecord(await this.openStreamRecords([record]))
  }

  async openStreamRecords(
    records: readonly StreamRecord[],
  ): Promise<RecordResult<OpenedRecord<unknown> | undefined>[]> {
    const results = await this.arrivals.openStreamRecords(records, {}, this.#wanted)
    return results.map(result => {
      if (result.record === undefined) return result
      try {
        return { ...result, record: { ...result.record, ...this.#images(result.record) } }
      } catch (error) {
        return { sequenceNumber: result.sequenceNumber, error: error as Error & { code: string } }
      }
    })
  }

  async *openExport(file: Bytes): AsyncGenerator<unknown, void, undefined> {
    for await (const item of this.arrivals.openExport(this.#wanted.table, file, this.#wanted))
      yield this.#format(item)
  }

  async *openIncrementalExport(file: Bytes): AsyncGenerator<OpenedChange<unknown>, void, undefined> {
    const { table } = this.#wanted
    for await (const change of this.arrivals.openIncrementalExport(table, file, this.#wanted))
      yield { ...change, ...this.#images(change) }
  }

  #images({ newImage, oldImage }: OpenedChange): Pick<OpenedChange<unknown>, 'newImage' | 'oldImage'> {
    return { newImage: newImage && this.#format(newImage), oldImage: oldImage && this.#format(oldImage) }
  }

  /** As `EntityFormatter` does, which is not loaded for it, and writes keys into the messages of its errors. */
  #format(item: NativeItem): unknown {
    const name = this.#nameAttribute
    return this.#formatter.format(name === undefined ? item : { ...item, [name]: this.entity.entityName })
  }
}

/** Lets the methods of a sealed client that take a table take an entity in its place. */
export function openEntities(sealed: ItemOpener, registry: Registry, arrivals: Arrivals): void {
  const { openItem, openItems, openStreamRecord, openStreamRecords, openExport, openIncrementalExport } =
    sealed
  const items = (entity: unknown) => new EntityItems(entity as RegistrableEntity, registry, arrivals)
  const methods: Record<string, (first: never, second: never) => unknown> = {
    openItem: async (table: unknown, item: NativeItem) =>
      isEntity(table) ? (await items(table).openItems([item]))[0] : openItem(table as string, item),
    openItems: async (table: unknown, all: NativeItem[]) =>
      isEntity(table) ? items(table).openItems(all) : openItems(table as string, all),
    openStreamRecord: async (first: unknown, second: never) =>
      isEntity(first)
        ? items(first).openStreamRecord(second)
        : openStreamRecord(first as StreamRecord, second),
    openStreamRecords: async (first: unknown, second: never) =>
      isEntity(first)
        ? items(first).openStreamRecords(second)
        : openStreamRecords(first as StreamRecord[], second),
    openExport: (table: unknown, file: Bytes) =>
      isEntity(table) ? items(table).openExport(file) : openExport(table as string, file),
    openIncrementalExport: (table: unknown, file: Bytes) =>
      isEntity(table)
        ? items(table).openIncrementalExport(file)
        : openIncrementalExport(table as string, file),
  }
  for (const [name, value] of Object.entries(methods))
    Object.defineProperty(sealed, name, { configurable: true, value })
}

function isEntity(value: unknown): boolean {
  return typeof (value as Partial<RegistrableEntity> | null | undefined)?.entityName === 'string'
}
