import { setTimeout as sleep } from 'node:timers/promises'
import { ask, describeTable, type Engine, EngineEndedError, readItem } from './engine.js'
import type { GlobalTable } from './globalTable.js'
import { type AttributeMap, itemId, keyOfId } from './items.js'
import type { Intent, Journal, Pending } from './journal.js'
import type { KeyLocks } from './keyLocks.js'
import { type Backlog, type Lag, Link, retryDelay } from './link.js'
import { explain, isFinal, isNotFound, type RefusedWrite } from './refusals.js'
import { isNewer, type Version } from './versions.js'

/** One write, as it travels to the other replicas. */
export interface Change {
  readonly table: GlobalTable
  readonly key: AttributeMap
  /** The whole item after the write; undefined when it was deleted. */
  readonly image: AttributeMap | undefined
  readonly version: Version
}

/** The name under which an item in a region is locked, by writers and by replication. */
export function lockName(region: string, table: GlobalTable, key: AttributeMap): string {
  return `${region}/${table.name}/${itemId(key)}`
}

function pendingOf(changes: readonly Change[]): Pending[] {
  return changes.flatMap(change =>
    [...change.table.replicas.keys()].filter(to => to !== change.version.region).map(to => ({ change, to })),
  )
}

/**
 * Carries changes between regions. A change is applied only where it is newer than what is there, so that it
 * does not matter in which order changes arrive or how often, and all replicas end up with the last one.
 */
export class Replication {
  readonly #engines: ReadonlyMap<string, Engine>
  readonly #locks: KeyLocks
  readonly #journal: Journal | undefined
  readonly #links = new Map<string, Link<Change>>()
  readonly #background = new Set<Promise<void>>()
  #refused: RefusedWrite[] = []
  #quietWaiters: (() => void)[] = []
  #stopped = false

  constructor(engines: ReadonlyMap<string, Engine>, locks: KeyLocks, lag: Lag, journal?: Journal) {
    this.#engines = engines
    this.#locks = locks
    this.#journal = journal
    const onQuiet = () => this.#checkQuiet()
    for (const from of engines.keys()) {
      for (const to of engines.keys()) {
        if (from === to) continue
        const deliver = (change: Change) => this.#receive(change, to)
        this.#links.set(`${from}>${to}`, new Link({ lag, deliver, onQuiet }))
      }
    }
  }

  /**
   * Notes writes where they were made, and sends them to the other replicas. The caller holds the items' locks.
   * `intents`: with a journal, what was noted before.
   */
  async publish(changes: readonly Change[], intents: readonly Intent[] = []): Promise<void> {
    const pending = pendingOf(changes)
    if (this.#journal !== undefined) await this.#journal.published(changes, pending, intents)
    for (const { table, key, version } of changes) table.versions(version.region).set(itemId(key), version)
    this.resume(pending)
    if (this.#journal !== undefined) await this.#sendToNewcomers(changes, pending)
  }

  /** To the replicas that have joined while the journal was written. */
  async #sendToNewcomers(changes: readonly Change[], sent: readonly Pending[]): Promise<void> {
    const replica = ({ change, to }: Pending) => `${change.table.id}/${to}`
    const reached = new Set(sent.map(replica))
    const missed = pendingOf(changes).filter(one => !reached.has(replica(one)))
    if (missed.length === 0) return
    this.resume(missed)
    await this.#journal?.sent(missed)
  }

  /** Sends what is noted as pending. */
  resume(pending: readonly Pending[]): void {
    for (const { change, to } of pending) this.#link(change.version.region, to).push(change)
  }

  /** Both directions; held back changes travel on when it is healed by the function that is returned. */
  cut(a: string, b: string): () => void {
    const links = [this.#link(a, b), this.#link(b, a)]
    for (const link of links) link.cut()
    return () => {
      for (const link of links) link.heal()
    }
  }

  /**
   * Copies a table to a new replica that has joined it, item by item, while writes go on. What is still on its
   * way to `source` would never reach the newcomer, and is sent there as well.
   */
  backfill(table: GlobalTable, source: string, target: string): Promise<void> {
    const travelling = [...this.#links.values()]
      .flatMap(link => link.messages)
      .filter(change => change.table === table && change.version.region !== target)
      .map((change): Pending => ({ change, to: target }))
    const noted = this.#journal?.sent(travelling)
    this.resume(travelling)
    return this.track(Promise.all([noted, this.#copy(table, source, target)]).then(() => {}))
  }

  /** `waitForReplication` waits for this as well. */
  track(work: Promise<void>): Promise<void> {
    const tracked = work.finally(() => {
      this.#background.delete(tracked)
      this.#checkQuiet()
    })
    this.#background.add(tracked)
    return tracked
  }

  /** What is on its way from one region to another; of one table, or of all. */
  backlog(from: string, to: string, tableName?: string): Backlog {
    return this.#link(from, to).backlog(({ table }) => tableName === undefined || table.name === tableName)
  }

  /** Resolves when nothing waits and nothing is being applied, cut links aside. */
  async whenQuiet(): Promise<void> {
    if (this.#stopped) return
    await new Promise<void>(resolve => {
      this.#quietWaiters.push(resolve)
      this.#checkQuiet()
    })
  }

  /** The writes that were refused for good since this was last asked. */
  takeRefused(): RefusedWrite[] {
    const refused = this.#refused
    this.#refused = []
    return refused
  }

  stop(): void {
    this.#stopped = true
    for (const link of this.#links.values()) link.stop()
    const waiters = this.#quietWaiters
    this.#quietWaiters = []
    for (const resolve of waiters) resolve()
  }

  /** Fails for what may pass. What is refused for good is noted: to try again would be to try for ever. */
  async #receive(change: Change, to: string): Promise<void> {
    const { table, key, version } = change
    try {
      await this.#locks.hold([lockName(to, table, key)], () => this.#apply(change, to))
    } catch (error) {
      if (!isFinal(error) || (await this.#mayComeOrGo(table, to, error))) throw error
      this.#refuse(table, key, version.region, to, error)
      // An engine that has ended may take it at the next start.
      if (!(error instanceof EngineEndedError)) await this.#journal?.delivered({ change, to }, false)
    }
  }

  #refuse(table: GlobalTable, key: AttributeMap, from: string, to: string, error: unknown): void {
    this.#refused.push({ tableName: table.name, key, from, to, ...explain(error) })
  }

  /** A table that is being created is not found, either; one that is being deleted will not be a replica any more. */
  async #mayComeOrGo(table: GlobalTable, to: string, error: unknown): Promise<boolean> {
    const status = table.replicas.get(to)
    if (status === undefined || status === 'DELETING') return true
    if (!isNotFound(error)) return false
    if (status === 'CREATING') return true
    return describeTable(this.#engines.get(to)!, table.name).then(
      () => true,
      () => false,
    )
  }

  /** The caller holds the item's lock in `to`. Straight to the engine: a replicated write is not replicated. */
  async #apply(change: Change, to: string): Promise<void> {
    const { table, key, image, version } = change
    const id = itemId(key)
    // The replica may have been removed meanwhile.
    const applies = table.replicas.has(to) && isNewer(version, table.versions(to).get(id))
    if (applies) {
      await this.#write(table, key, image, to)
      table.versions(to).set(id, version)
    }
    await this.#journal?.delivered({ change, to }, applies)
  }

  async #write(
    table: GlobalTable,
    key: AttributeMap,
    image: AttributeMap | undefined,
    to: string,
  ): Promise<void> {
    const engine = this.#engines.get(to)!
    if (image === undefined) await ask(engine, 'DeleteItem', { TableName: table.name, Key: key })
    else await ask(engine, 'PutItem', { TableName: table.name, Item: image })
  }

  async #copy(table: GlobalTable, source: string, target: string): Promise<void> {
    const engine = this.#engines.get(source)!
    let next: unknown
    do {
      const from = next
      const page = await this.#insist(() =>
        ask(engine, 'Scan', { TableName: table.name, ConsistentRead: true, ExclusiveStartKey: from }),
      )
      for (const item of page.Items as AttributeMap[]) {
        const key = Object.fromEntries(table.keyNames.map(name => [name, item[name]!]))
        await this.#copyItem(table, key, source, target)
      }
      next = page.LastEvaluatedKey
    } while (next !== undefined)
    // Deletions are not in the scan, but must keep out, and undo, older writes that travel to the target themselves.
    for (const [id, version] of [...table.versions(source)]) {
      if (isNewer(version, table.versions(target).get(id)))
        await this.#copyItem(table, keyOfId(id), source, target)
    }
  }

  async #copyItem(table: GlobalTable, key: AttributeMap, source: string, target: string): Promise<void> {
    try {
      await this.#insist(() => this.#copyItemOnce(table, key, source, target))
    } catch (error) {
      // Without a table there is nothing to go on with.
      if (!isFinal(error) || isNotFound(error)) throw error
      this.#refuse(table, key, source, target, error)
    }
  }

  /** Repeats what may pass. */
  async #insist<T>(work: () => Promise<T>): Promise<T> {
    for (let attempts = 1; ; attempts++) {
      try {
        return await work()
      } catch (error) {
        if (this.#stopped || isFinal(error)) throw error
        await sleep(retryDelay(attempts))
      }
    }
  }

  /** Under both locks, so that the image and its version belong together. */
  async #copyItemOnce(table: GlobalTable, key: AttributeMap, source: string, target: string): Promise<void> {
    const names = [lockName(source, table, key), lockName(target, table, key)]
    await this.#locks.hold(names, async () => {
      const id = itemId(key)
      const version = table.versions(source).get(id)
      const newest = table.versions(target).get(id)
      if (newest !== undefined && (version === undefined || !isNewer(version, newest))) return
      const image = await readItem(this.#engines.get(source)!, table.name, key)
      // A deletion has something to delete only where an older write has overtaken it.
      if (image !== undefined || newest !== undefined) await this.#write(table, key, image, target)
      if (version === undefined) return
      table.versions(target).set(id, version)
      await this.#journal?.copied({ table, key, version }, target)
    })
  }

  #checkQuiet(): void {
    if (this.#quietWaiters.length === 0 || this.#background.size > 0) return
    for (const link of this.#links.values()) if (!link.quiet) return
    const waiters = this.#quietWaiters
    this.#quietWaiters = []
    for (const resolve of waiters) resolve()
  }

  #link(from: string, to: string): Link<Change> {
    return this.#links.get(`${from}>${to}`)!
  }
}
