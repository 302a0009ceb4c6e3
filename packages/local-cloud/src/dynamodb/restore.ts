import type { Engine } from './engine.js'
import type { GlobalTables } from './globalTable.js'
import { changeOf } from './intents.js'
import type { Journal } from './journal.js'
import type { Change, Replication } from './replication.js'
import type { TableAdmin } from './tableAdmin.js'
import type { VersionClock } from './versions.js'

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
    const change = await changeOf(intent, engines.get(intent.version.region)!)
    if (change !== undefined) written.push(change)
  }
  await replication.publish(written, loaded.intents)
  replication.resume(loaded.pending)
  for (const table of loaded.tables) await admin.resumeCreations(table)
}
