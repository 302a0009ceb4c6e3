import { ask, describeTable, type Engine } from './engine.js'
import type { GlobalTables, ReplicaStatus } from './globalTable.js'
import type { AttributeMap } from './items.js'
import type { Backlog } from './link.js'
import { isNotFound } from './refusals.js'
import type { Replication } from './replication.js'

/** Tables of one name, by region. */
export interface TableOverview {
  readonly name: string
  readonly regions: ReadonlyMap<string, RegionalTable>
}

export interface RegionalTable {
  /** For example ACTIVE. */
  readonly status: string
  /** Undefined when the table is not a global one. */
  readonly replica: ReplicaStatus | undefined
  readonly items: ItemCount
  /** Writes from other regions that are not applied here yet. */
  readonly backlog: Backlog
}

export interface ItemCount {
  readonly count: number
  /** There are more, which were not counted. */
  readonly more: boolean
}

/** A region's engine failed to answer. */
export class InspectionError extends Error {}

export interface ItemPage {
  readonly keyNames: readonly string[]
  readonly items: readonly AttributeMap[]
  /** Where the next page starts; undefined on the last one. */
  readonly next: AttributeMap | undefined
}

/** So that looking at a large table does not keep its engine from its work. */
const MOST_COUNTED = 1000

/** What the tables hold, asked of the engines: no client's call, no fault's business. */
export class Inspection {
  readonly #engines: ReadonlyMap<string, Engine>
  readonly #tables: GlobalTables
  readonly #replication: Replication

  constructor(engines: ReadonlyMap<string, Engine>, tables: GlobalTables, replication: Replication) {
    this.#engines = engines
    this.#tables = tables
    this.#replication = replication
  }

  /** For people: what a region's tables are stored by. */
  engineName(region: string): string {
    return this.#engines.get(region)?.name ?? ''
  }

  backlog(from: string, to: string): Backlog {
    return this.#replication.backlog(from, to)
  }

  /** By name. Regions whose engine does not answer are in `failed`, with what is wrong. */
  async tables(): Promise<{ tables: TableOverview[]; failed: ReadonlyMap<string, string> }> {
    const found = new Map<string, Map<string, RegionalTable>>()
    const failed = new Map<string, string>()
    for (const [region, engine] of this.#engines) {
      try {
        for (const name of await listTables(engine)) {
          const table = await this.#table(region, engine, name)
          const regions = found.get(name) ?? new Map<string, RegionalTable>()
          if (table !== undefined) found.set(name, regions.set(region, table))
        }
      } catch (error) {
        failed.set(region, messageOf(error))
      }
    }
    const tables = [...found].map(([name, regions]) => ({ name, regions }))
    return { tables: tables.sort((a, b) => (a.name < b.name ? -1 : 1)), failed }
  }

  /** Some items, in the engine's order. Throws InspectionError when the engine refuses, or there is no such table. */
  async items(region: string, tableName: string, limit: number, start?: AttributeMap): Promise<ItemPage> {
    return this.#asking(region, tableName, async engine => {
      const { KeySchema } = await describeTable(engine, tableName)
      const input = { TableName: tableName, Limit: limit, ConsistentRead: true, ExclusiveStartKey: start }
      const { Items, LastEvaluatedKey } = await ask(engine, 'Scan', input)
      return {
        keyNames: KeySchema.map(({ AttributeName }) => AttributeName),
        items: Items as AttributeMap[],
        next: LastEvaluatedKey as AttributeMap | undefined,
      }
    })
  }

  /** Undefined when there is no such item. Throws InspectionError as `items` does. */
  async item(region: string, tableName: string, key: AttributeMap): Promise<AttributeMap | undefined> {
    return this.#asking(region, tableName, async engine => {
      const { Item } = await ask(engine, 'GetItem', { TableName: tableName, Key: key, ConsistentRead: true })
      return Item as AttributeMap | undefined
    })
  }

  async #asking<T>(region: string, tableName: string, work: (engine: Engine) => Promise<T>): Promise<T> {
    const engine = this.#engines.get(region)
    if (engine === undefined)
      throw new InspectionError(`There is no region ${region || 'without a name'} here.`)
    try {
      return await work(engine)
    } catch (error) {
      if (isNotFound(error)) throw new InspectionError(`There is no table ${tableName} in ${region}.`)
      throw new InspectionError(messageOf(error))
    }
  }

  /** Undefined when it was deleted meanwhile. */
  async #table(region: string, engine: Engine, name: string): Promise<RegionalTable | undefined> {
    try {
      const { TableStatus: status } = await describeTable(engine, name)
      const global = this.#tables.find(region, name)
      return {
        status,
        replica: global?.replicas.get(region),
        items: status === 'ACTIVE' ? await count(engine, name) : { count: 0, more: false },
        backlog: this.#backlogOf(global?.replicas.keys() ?? [], region, name),
      }
    } catch (error) {
      if (isNotFound(error)) return undefined
      throw error
    }
  }

  #backlogOf(replicas: Iterable<string>, to: string, tableName: string): Backlog {
    const backlogs = [...replicas]
      .filter(from => from !== to)
      .map(from => this.#replication.backlog(from, to, tableName))
    const since = backlogs.flatMap(backlog => backlog.since ?? [])
    return {
      count: backlogs.reduce((sum, backlog) => sum + backlog.count, 0),
      since: since.length === 0 ? undefined : Math.min(...since),
    }
  }
}

async function listTables(engine: Engine): Promise<string[]> {
  const names: string[] = []
  let next: unknown
  do {
    const answer = await ask(engine, 'ListTables', { ExclusiveStartTableName: next })
    names.push(...(answer.TableNames as string[]))
    next = answer.LastEvaluatedTableName
  } while (next !== undefined)
  return names
}

async function count(engine: Engine, tableName: string): Promise<ItemCount> {
  const { Count, LastEvaluatedKey } = await ask(engine, 'Scan', {
    TableName: tableName,
    Select: 'COUNT',
    Limit: MOST_COUNTED,
    ConsistentRead: true,
  })
  return { count: Number(Count), more: LastEvaluatedKey !== undefined }
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}
