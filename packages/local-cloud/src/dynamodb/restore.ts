import { type Engine, readItem } from './engine.js'
import type { GlobalTables } from './globalTable.js'
import { imageDigest, itemId } from './items.js'
import type { Intent, Journal } from './journal.js'
import type { Change, Replication } from './replication.js'
import type { TableAdmin } from './tableAdmin.js'
import { isNewer, type VersionClock } from './versions.js'

/** Goes on where an earlier process has ended, however it did. To be called before the first request. */
export async function restore(options: {
  readonly journal: Journal
  readonly engines: ReadonlyMap<string, Engine>
  readonly tables: GlobalTables
  readonly replication: Replication
  readonly admin: TableAdmin
  readonly clock: VersionClock
}): Promise<void> {
  const { journal, engines, tables, replication, admin, clock } = options
  const loaded = await journal.load()
  for (const table of loaded.tables) {
    for (const [region, status] of table.replicas) {
      tables.join(table, region, status)
      for (const version of table.versions(region).values()) clock.advance(version)
    }
  }
  for (const { version } of [...loaded.intents, ...loaded.pending.map(({ change }) => change)])
    clock.advance(version)
  for (const table of loaded.tables) await admin.resumeRemovals(table)

  // All are looked at before anything is delivered, which would make an item differ from what it was before.
  const written: Change[] = []
  for (const intent of loaded.intents) {
    const change = await changeOf(intent, engines)
    if (change !== undefined) written.push(change)
  }
  await replication.publish(written, loaded.intents)
  replication.resume(loaded.pending)
  for (const table of loaded.tables) await admin.resumeCreations(table)
}

/** The write that was not acknowledged any more, if it was made: then it counts. */
async function changeOf(
  { table, key, version, before }: Intent,
  engines: ReadonlyMap<string, Engine>,
): Promise<Change | undefined> {
  const { region } = version
  if (!table.replicas.has(region)) return undefined
  if (!isNewer(version, table.versions(region).get(itemId(key)))) return undefined
  const image = await readItem(engines.get(region)!, table.name, key)
  return imageDigest(image) === before ? undefined : { table, key, image, version }
}
