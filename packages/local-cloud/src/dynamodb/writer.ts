import { isDeepStrictEqual } from 'node:util'
import type { AwsRequest, AwsResponse } from '../aws.js'
import { type Engine, EngineError, readItem } from './engine.js'
import type { GlobalTable, GlobalTables } from './globalTable.js'
import { changeOf } from './intents.js'
import { type AttributeMap, imageDigest, itemId, keyOf } from './items.js'
import type { Intent, Journal } from './journal.js'
import type { KeyLocks } from './keyLocks.js'
import { type Change, lockName, type Replication } from './replication.js'
import { TransactionTokens } from './transactionTokens.js'
import type { Version, VersionClock } from './versions.js'
import { readFailed, readToken, readUnprocessed, readWrites, type Write } from './writes.js'

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
  readonly #tokens = new TransactionTokens()
  readonly #journal: Journal | undefined
  readonly #untracked = new Set<Promise<AwsResponse>>()

  constructor(options: {
    tables: GlobalTables
    locks: KeyLocks
    replication: Replication
    clock: VersionClock
    journal?: Journal | undefined
  }) {
    this.#tables = options.tables
    this.#locks = options.locks
    this.#replication = options.replication
    this.#clock = options.clock
    this.#journal = options.journal
  }

  async write(engine: Engine, request: AwsRequest): Promise<AwsResponse> {
    const writes = this.#globalWrites(request)
    if (writes.length === 0) return this.#writeUntracked(engine, request)
    const names = writes.map(({ table, key }) => lockName(request.region, table, key))
    return this.#locks.hold(names, async () => {
      const token = tokenOf(request)
      const before = token !== undefined && this.#tokens.has(token) ? await images(engine, writes) : undefined
      const intents = this.#journal === undefined ? [] : await this.#intend(engine, request.region, writes)
      const response = await engine.send(request).catch(async (error: unknown) => {
        await this.#publishWritten(engine, intents)
        throw error
      })
      if (response.status !== 200) {
        await this.#journal?.withdraw(intents)
        return response
      }
      if (token !== undefined) this.#tokens.add(token)
      await this.#publish(engine, request, writes, response, before, intents)
      return response
    })
  }

  /** Answers no intents for keys that the engine does not take; it will say so of the writes, too. */
  async #intend(engine: Engine, region: string, writes: readonly GlobalWrite[]): Promise<Intent[]> {
    const intents: Intent[] = []
    try {
      for (const { table, key } of writes) {
        const before = imageDigest(await readItem(engine, table.name, key))
        intents.push({ table, key, before, version: this.#nextVersion(region, table, key) })
      }
    } catch (error) {
      if (error instanceof EngineError) return []
      throw error
    }
    await this.#journal?.intend(intents)
    return intents
  }

  /** After a failure that does not say what was written; what cannot be found out now is left to the next start. */
  async #publishWritten(engine: Engine, intents: readonly Intent[]): Promise<void> {
    try {
      const changes = await Promise.all(intents.map(intent => changeOf(intent, engine)))
      await this.#replication.publish(
        changes.filter(change => change !== undefined),
        intents,
      )
    } catch {
      // The engine has not only failed but ended.
    }
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
    return this.#tables.empty ? [] : this.#onGlobalTables(request.region, readWrites(request))
  }

  #onGlobalTables(region: string, writes: readonly Write[]): GlobalWrite[] {
    return writes.flatMap(write => {
      const table = this.#tables.find(region, write.tableName)
      const key = table && keyOf(write.item, table.keyNames)
      return table && key ? [{ table, key, write }] : []
    })
  }

  /** `before`: the images from before a request that may not have written anything; then only changes are published. */
  async #publish(
    engine: Engine,
    request: AwsRequest,
    writes: readonly GlobalWrite[],
    response: AwsResponse,
    before: readonly (AttributeMap | undefined)[] | undefined,
    intents: readonly Intent[],
  ): Promise<void> {
    const { region } = request
    const undone = this.#undone(request, response)
    const changes: Change[] = []
    for (const [n, { table, key, write }] of writes.entries()) {
      if (undone.items.has(lockName(region, table, key)) || undone.positions.has(write.position)) continue
      const image = await this.#imageAfter(engine, table, key, write)
      if (before !== undefined && isDeepStrictEqual(image, before[n])) continue
      const version = intents[n]?.version ?? this.#nextVersion(region, table, key)
      changes.push({ table, key, image, version })
    }
    await this.#replication.publish(changes, intents)
  }

  #nextVersion(region: string, table: GlobalTable, key: AttributeMap): Version {
    return this.#clock.next(region, table.versions(region).get(itemId(key)))
  }

  /** What an answer says was not done, although it is a success. */
  #undone(request: AwsRequest, response: AwsResponse) {
    const body = response.body.toString()
    const unprocessed = request.operation === 'BatchWriteItem' ? readUnprocessed(body) : []
    const failed = request.operation === 'BatchExecuteStatement' ? readFailed(body) : []
    return {
      items: new Set(
        this.#onGlobalTables(request.region, unprocessed).map(({ table, key }) =>
          lockName(request.region, table, key),
        ),
      ),
      positions: new Set<number | undefined>(failed),
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
}

function images(engine: Engine, writes: readonly GlobalWrite[]): Promise<(AttributeMap | undefined)[]> {
  return Promise.all(writes.map(({ table, key }) => readItem(engine, table.name, key)))
}

function tokenOf(request: AwsRequest): string | undefined {
  const token = readToken(request)
  return token && `${request.region}/${token}`
}
