import type { Services } from '../services.js'
import { Calls } from './calls.js'
import { ensureKey } from './keys.js'
import type { InitialResources, KeyReference } from './resources.js'
import { ensureTable } from './tables.js'

export { checkResources } from './check.js'

/** Makes what is missing, after `checkResources`. Throws InitialResourceError for what is there and different. */
export async function ensureResources(
  services: Services,
  { keys, tables }: InitialResources,
  regions: readonly string[],
): Promise<KeyReference[]> {
  const calls = new Calls(services, regions)
  const [first = ''] = regions
  const references: KeyReference[] = []
  for (const [n, key] of keys.entries())
    references.push(await ensureKey(calls, services.kms, key, key.Region ?? first, `keys[${n}]`))
  for (const [n, table] of tables.entries())
    await ensureTable(calls, table, table.Region ?? first, `tables[${n}]`)
  return references
}
