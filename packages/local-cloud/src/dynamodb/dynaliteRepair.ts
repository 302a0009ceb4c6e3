import type { ClassicLevel } from 'classic-level'
import type { StoredIndex, StoredItem, StoredTable } from 'dynalite/db/index.js'
import { dynaliteDb } from './dynaliteModule.js'

/*
 * dynalite (its db/index.js) keeps everything of a region in one LevelDB, under keys that start with
 *
 *   table~                            a table's description
 *   item-TABLE~  tag-TABLE~           its items and tags
 *   index-local~TABLE~INDEX~          entries of its indexes
 *   index-global~TABLE~INDEX~
 *
 * It changes a table's status by a timer, and an item's index entries before the item, each in a write of its own.
 * A process that is killed in between leaves tables that are CREATING for ever, entries without an item, and
 * items that an index does not have.
 */

type Level = ClassicLevel<string, unknown>

/** Finishes what a killed process has left undone in dynalite's folder, which is made if need be. */
export async function repairDynalite(folder: string): Promise<void> {
  const { ClassicLevel } = await import('classic-level')
  const level: Level = new ClassicLevel<string, unknown>(folder, { valueEncoding: 'json' })
  await level.open()
  try {
    const tables = (await level.values(within('table~')).all()) as StoredTable[]
    for (const table of tables) {
      if (table.TableStatus === 'DELETING') await removeTable(level, table)
      else await repairTable(level, table)
    }
  } finally {
    await level.close()
  }
}

async function removeTable(level: Level, { TableName }: StoredTable): Promise<void> {
  for (const kind of ['item-', 'tag-', 'index-local~', 'index-global~'])
    await level.clear(within(`${kind}${TableName}~`))
  await level.del(`table~${TableName}`)
}

async function repairTable(level: Level, table: StoredTable): Promise<void> {
  const globalIndexes = table.GlobalSecondaryIndexes ?? []
  const statuses = [table.TableStatus, ...globalIndexes.map(({ IndexStatus }) => IndexStatus)]
  if (statuses.some(status => status !== 'ACTIVE')) {
    table.TableStatus = 'ACTIVE'
    for (const index of globalIndexes) index.IndexStatus = 'ACTIVE'
    await level.put(`table~${table.TableName}`, table)
  }
  for (const index of table.LocalSecondaryIndexes ?? []) await repairIndex(level, table, index, 'local')
  for (const index of globalIndexes) await repairIndex(level, table, index, 'global')
}

async function repairIndex(
  level: Level,
  table: StoredTable,
  index: StoredIndex,
  type: 'local' | 'global',
): Promise<void> {
  const items = `item-${table.TableName}~`
  const entries = `index-${type}~${table.TableName}~${index.IndexName}~`
  const entryOf = (item: StoredItem) => dynaliteDb.getIndexActions([index], undefined, item, table).puts[0]

  for await (const item of level.values(within(items))) {
    const entry = entryOf(item as StoredItem)
    if (entry === undefined) continue
    const found = await level.get(entries + entry.key)
    if (JSON.stringify(found) !== JSON.stringify(entry.item)) await level.put(entries + entry.key, entry.item)
  }
  for await (const [key, entry] of level.iterator(within(entries))) {
    const item = await level.get(items + dynaliteDb.createKey(entry as StoredItem, table))
    if (item === undefined || entries + entryOf(item as StoredItem)?.key !== key) await level.del(key)
  }
}

/** All keys that start with `prefix`, which ends with a tilde. */
function within(prefix: string): { gte: string; lt: string } {
  return { gte: prefix, lt: `${prefix.slice(0, -1)}\x7f` }
}
