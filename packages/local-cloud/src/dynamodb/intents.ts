import { type Engine, readItem } from './engine.js'
import { imageDigest, itemId } from './items.js'
import type { Intent } from './journal.js'
import type { Change } from './replication.js'
import { isNewer } from './versions.js'

/** What has come of a write of which nobody knows whether it was made; undefined if nothing has. */
export async function changeOf(
  { table, key, version, before }: Intent,
  engine: Engine,
): Promise<Change | undefined> {
  const { region } = version
  if (!table.replicas.has(region)) return undefined
  if (!isNewer(version, table.versions(region).get(itemId(key)))) return undefined
  const image = await readItem(engine, table.name, key)
  return imageDigest(image) === before ? undefined : { table, key, image, version }
}
