import type { Store, StoreChange } from '../disk/store.js'
import { GlobalTable, type ReplicaStatus } from './globalTable.js'
import { type AttributeMap, itemId, keyOfId } from './items.js'
import type { Change } from './replication.js'
import type { Version } from './versions.js'

/*
 * Entries of the store, where TABLE is a global table's id:
 *
 *   dynamodb/tables/TABLE                           name, key and replicas
 *   dynamodb/versions/TABLE/REGION/ITEM             of every item in every replica, deleted ones included
 *   dynamodb/pending/TABLE/FROM/TO/STAMP/ITEM       what has not arrived yet
 *   dynamodb/intents/TABLE/REGION/ITEM              what may or may not have been written
 */
const TABLES = 'dynamodb/tables/'
const VERSIONS = 'dynamodb/versions/'
const PENDING = 'dynamodb/pending/'
const INTENTS = 'dynamodb/intents/'

/** A write that is about to be sent to an engine. */
export interface Intent {
  readonly table: GlobalTable
  readonly key: AttributeMap
  /** The one that the item gets if it is written. */
  readonly version: Version
  /** `imageDigest` of the item as it was. */
  readonly before: string
}

/** A change that is on its way to a region. */
export interface Pending {
  readonly change: Change
  readonly to: string
}

export interface Loaded {
  /** With their versions. */
  readonly tables: readonly GlobalTable[]
  readonly intents: readonly Intent[]
  readonly pending: readonly Pending[]
}

/**
 * Keeps what replication must not forget. An engine and the store cannot be written to at once, so that a write
 * is noted before it goes to the engine, with a digest of the item as it is: when the process is killed before the
 * write is acknowledged, the next start sees by that whether it happened. A delivery is removed only when it is
 * done, and does no harm when it is done twice.
 */
export class Journal {
  readonly #store: Store

  constructor(store: Store) {
    this.#store = store
  }

  /** Its name and replicas; a table that is global no more has none, and is forgotten. */
  async saveTable(table: GlobalTable): Promise<void> {
    const key = TABLES + table.id
    const { name, keyNames, replicas } = table
    await this.#store.write([
      replicas.size === 0
        ? { type: 'del', key }
        : { type: 'put', key, value: { name, keyNames, replicas: [...replicas] } },
    ])
  }

  /** A region has a replica no more. */
  async left(table: GlobalTable, region: string): Promise<void> {
    await this.saveTable(table)
    await this.#store.clear(`${VERSIONS}${table.id}/${region}/`)
  }

  async intend(intents: readonly Intent[]): Promise<void> {
    await this.#store.write(
      intents.map(intent => ({
        type: 'put',
        key: intentKey(intent),
        value: [intent.version.stamp, intent.before],
      })),
    )
  }

  /** Writes that were made, as `intents` had said, and where they are sent. */
  async published(
    changes: readonly Change[],
    pending: readonly Pending[],
    intents: readonly Intent[],
  ): Promise<void> {
    await this.#store.write([
      ...intents.map(withoutIntent),
      ...changes.map(change => versionEntry(change, change.version.region)),
      ...pending.map(pendingEntry),
    ])
  }

  /** Writes that were refused. */
  async withdraw(intents: readonly Intent[]): Promise<void> {
    await this.#store.write(intents.map(withoutIntent))
  }

  /** Changes that are sent to one more region. */
  async sent(pending: readonly Pending[]): Promise<void> {
    await this.published([], pending, [])
  }

  /** It has arrived: as the newest version there, or (not `applied`) too late to matter. */
  async delivered(pending: Pending, applied: boolean): Promise<void> {
    const { change, to } = pending
    await this.#store.write([
      { type: 'del', key: pendingEntry(pending).key },
      ...(applied ? [versionEntry(change, to)] : []),
    ])
  }

  /** A copy of an item has arrived in a new replica. */
  async copied(item: Pick<Change, 'table' | 'key' | 'version'>, to: string): Promise<void> {
    await this.#store.write([versionEntry(item, to)])
  }

  async load(): Promise<Loaded> {
    const tables = new Map<string, GlobalTable>()
    for await (const [id, value] of this.#store.entries(TABLES)) {
      const { name, keyNames, replicas } = value as TableEntry
      const table = new GlobalTable(name, keyNames, id)
      for (const [region, status] of replicas)
        table.replicas.set(region, status === 'CREATION_FAILED' ? 'CREATING' : status)
      tables.set(id, table)
    }
    await this.#loadVersions(tables)
    return {
      tables: [...tables.values()],
      intents: await this.#loadIntents(tables),
      pending: await this.#loadPending(tables),
    }
  }

  async #loadVersions(tables: ReadonlyMap<string, GlobalTable>): Promise<void> {
    for await (const [rest, value] of this.#store.entries(VERSIONS)) {
      const [id = '', region = '', item = ''] = split(rest, 3)
      const [stamp, writer] = value as [number, string]
      const table = tables.get(id)
      if (table?.replicas.has(region)) table.versions(region).set(item, { stamp, region: writer })
      else await this.#forget(VERSIONS + rest)
    }
  }

  async #loadIntents(tables: ReadonlyMap<string, GlobalTable>): Promise<Intent[]> {
    const intents: Intent[] = []
    for await (const [rest, value] of this.#store.entries(INTENTS)) {
      const [id = '', region = '', item = ''] = split(rest, 3)
      const [stamp, before] = value as [number, string]
      const table = tables.get(id)
      if (table?.replicas.has(region))
        intents.push({ table, key: keyOfId(item), version: { stamp, region }, before })
      else await this.#forget(INTENTS + rest)
    }
    return intents
  }

  async #loadPending(tables: ReadonlyMap<string, GlobalTable>): Promise<Pending[]> {
    const pending: Pending[] = []
    for await (const [rest, value] of this.#store.entries(PENDING)) {
      const [id = '', from = '', to = '', stamp, item = ''] = split(rest, 5)
      const { image } = value as { image?: AttributeMap }
      const table = tables.get(id)
      const version = { stamp: Number(stamp), region: from }
      if (table?.replicas.has(to)) pending.push({ change: { table, key: keyOfId(item), image, version }, to })
      else await this.#forget(PENDING + rest)
    }
    return pending
  }

  #forget(key: string): Promise<void> {
    return this.#store.write([{ type: 'del', key }])
  }
}

interface TableEntry {
  readonly name: string
  readonly keyNames: readonly string[]
  readonly replicas: readonly (readonly [string, ReplicaStatus])[]
}

function intentKey({ table, key, version }: Intent): string {
  return `${INTENTS}${table.id}/${version.region}/${itemId(key)}`
}

function withoutIntent(intent: Intent): StoreChange {
  return { type: 'del', key: intentKey(intent) }
}

function versionEntry({ table, key, version }: Pick<Change, 'table' | 'key' | 'version'>, region: string) {
  return {
    type: 'put',
    key: `${VERSIONS}${table.id}/${region}/${itemId(key)}`,
    value: [version.stamp, version.region],
  } as const
}

function pendingEntry({ change, to }: Pending) {
  const { table, key, image, version } = change
  return {
    type: 'put',
    key: `${PENDING}${table.id}/${version.region}/${to}/${version.stamp}/${itemId(key)}`,
    value: { image },
  } as const
}

/** The last part keeps its slashes. */
function split(text: string, parts: number): string[] {
  const all = text.split('/')
  return [...all.slice(0, parts - 1), all.slice(parts - 1).join('/')]
}
