import type { AwsRequest, AwsResponse } from '../aws.js'
import { type Engine, readItem } from './engine.js'
import type { GlobalTable, GlobalTables } from './globalTable.js'
import { type AttributeMap, itemId, keyOf } from './items.js'
import type { KeyLocks } from './keyLocks.js'
import { lockName, type Replication } from './replication.js'
import type { VersionClock } from './versions.js'
import { readUnprocessed, readWrites, type Write } from './writes.js'

/** A write to an item of a global table. */
interface GlobalWrite {
  readonly table: GlobalTable
  readonly key: AttributeMap
  readonly write: Write
}

/**
 * Writes in one region, unchanged and with the engine's own answer, and publishes what became of the items of
 * global tables. An item's writers, replication included, take turns, so that each image belongs to its version.
 */
export class Writer {
  readonly #tables: GlobalTables
  readonly #locks: KeyLocks
  readonly #replication: Replication
  readonly #clock: VersionClock
  readonly #untracked = new Set<Promise<AwsResponse>>()

  constructor(tables: GlobalTables, locks: KeyLocks, replication: Replication, clock: VersionClock) {
    this.#tables = tables
    this.#locks = locks
    this.#replication = replication
    this.#clock = clock
  }

  async write(engine: Engine, request: AwsRequest): Promise<AwsResponse> {
    const writes = this.#globalWrites(request)
    if (writes.length === 0) return this.#writeUntracked(engine, request)
    const names = writes.map(({ table, key }) => lockName(request.region, table, key))
    return this.#locks.hold(names, async () => {
      const response = await engine.send(request)
      if (response.status === 200) await this.#publish(engine, request, writes, response)
      return response
    })
  }

  /** Resolves when the writes are done that were under way before a table became global. */
  async untrackedDone(): Promise<void> {
    await Promise.allSettled(this.#untracked)
  }

  async #writeUntracked(engine: Engine, request: AwsRequest): Promise<AwsResponse> {
    const sent = engine.send(request)
    this.#untracked.add(sent)
    try {
      return await sent
    } finally {
      this.#untracked.delete(sent)
    }
  }

  #globalWrites(request: AwsRequest): GlobalWrite[] {
    if (this.#tables.empty) return []
    return readWrites(request).flatMap(write => {
      const table = this.#tables.find(request.region, write.tableName)
      const key = table && keyOf(write.item, table.keyNames)
      return table && key ? [{ table, key, write }] : []
    })
  }

  async #publish(
    engine: Engine,
    { region, operation }: AwsRequest,
    writes: readonly GlobalWrite[],
    response: AwsResponse,
  ): Promise<void> {
    const undone = operation === 'BatchWriteItem' ? this.#unprocessed(response) : undefined
    for (const { table, key, write } of writes) {
      if (undone?.has(`${table.name}/${itemId(key)}`)) continue
      const image = await this.#imageAfter(engine, table, key, write)
      const version = this.#clock.next(region, table.versions(region).get(itemId(key)))
      this.#replication.publish({ table, key, image, version })
    }
  }

  async #imageAfter(
    engine: Engine,
    table: GlobalTable,
    key: AttributeMap,
    write: Write,
  ): Promise<AttributeMap | undefined> {
    switch (write.effect) {
      case 'put':
        return write.item
      case 'delete':
        return undefined
      case 'update':
        return readItem(engine, table.name, key)
    }
  }

  /** Nearly always empty; an engine may leave writes of a batch to the client to repeat. */
  #unprocessed(response: AwsResponse): Set<string> {
    const undone = new Set<string>()
    for (const { tableName, item } of readUnprocessed(response.body.toString()))
      undone.add(`${tableName}/${itemId(item)}`)
    return undone
  }
}
