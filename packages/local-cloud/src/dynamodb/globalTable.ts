import { randomUUID } from 'node:crypto'
import type { Version } from './versions.js'

export type ReplicaStatus = 'CREATING' | 'CREATION_FAILED' | 'ACTIVE' | 'DELETING'

/** One table in several regions, version 2019.11.21. */
export class GlobalTable {
  /** Tells it from others of its name, before it or in other regions. */
  readonly id: string
  readonly name: string
  readonly keyNames: readonly string[]
  /** All regions, the one where it was first created included: they are equals. */
  readonly replicas = new Map<string, ReplicaStatus>()
  readonly #versions = new Map<string, Map<string, Version>>()

  constructor(name: string, keyNames: readonly string[], id: string = randomUUID()) {
    this.id = id
    this.name = name
    this.keyNames = keyNames
  }

  /** Item ids and their versions in a region. Deleted items keep theirs, so that older writes stay out. */
  versions(region: string): Map<string, Version> {
    let versions = this.#versions.get(region)
    if (versions === undefined) {
      versions = new Map()
      this.#versions.set(region, versions)
    }
    return versions
  }

  remove(region: string): void {
    this.replicas.delete(region)
    this.#versions.delete(region)
  }

  /** What DescribeTable adds in a region: the other replicas. */
  describe(region: string): Record<string, unknown> {
    const Replicas = [...this.replicas]
      .filter(([RegionName]) => RegionName !== region)
      .map(([RegionName, ReplicaStatus]) => ({ RegionName, ReplicaStatus }))
    return { GlobalTableVersion: '2019.11.21', Replicas }
  }
}

/** Which tables are global, by region: a region may have a table of the same name that is not. */
export class GlobalTables {
  readonly #tables = new Map<string, GlobalTable>()

  find(region: string, tableName: string): GlobalTable | undefined {
    return this.#tables.get(`${region}/${tableName}`)
  }

  in(region: string): GlobalTable[] {
    return [...this.#tables.values()].filter(table => table.replicas.has(region))
  }

  get empty(): boolean {
    return this.#tables.size === 0
  }

  join(table: GlobalTable, region: string, status: ReplicaStatus): void {
    table.replicas.set(region, status)
    this.#tables.set(`${region}/${table.name}`, table)
  }

  /** The last region left is not a global table any more. */
  leave(table: GlobalTable, region: string): void {
    table.remove(region)
    this.#tables.delete(`${region}/${table.name}`)
    const [last, ...others] = table.replicas.keys()
    if (last !== undefined && others.length === 0) this.leave(table, last)
  }
}
