import type { Seen } from '../seen.js'
import type { Limits } from '../wire.js'
import { lookAtBeaconKeys } from './lookAtBeaconKeys.js'
import { type ChosenClient, type LookedClient, lookAtClient } from './lookAtClient.js'
import { lookAtKeys } from './lookAtKeys.js'
import { lookAtSearchKeys } from './lookAtSearchKeys.js'
import { lookAtTable } from './lookAtTable.js'

/** Looks at all that the checks need, in all regions at once. Only what AWS does not allow stays unseen. */
export async function lookAround(clients: readonly ChosenClient[], limits: Limits): Promise<Seen> {
  const looked = await Promise.all(clients.map(client => lookAtClient(client, limits)))
  const demands = looked.flatMap(one => one.demands)
  const [keys, tables, searchKeys, beaconKeys] = await Promise.all([
    lookAtKeys(demands, limits),
    Promise.all(looked.map(client => lookAtTables(client, limits))),
    Promise.all(clients.map(({ parts }) => lookAtSearchKeys(parts.search, limits))),
    Promise.all(clients.map(({ parts }, i) => lookAtBeaconKeys(parts.search, looked[i]!.samples, limits))),
  ])
  return {
    clients: looked.map(({ seen }) => seen),
    keys,
    tables: tables.flat(),
    searchKeys: searchKeys.flat(),
    beaconKeys: beaconKeys.flat(),
  }
}

/** One after the other: backups are described ten times a second at most (DynamoDB API reference, DescribeContinuousBackups). */
async function lookAtTables({ seen, sender }: LookedClient, limits: Limits): Promise<Seen['tables']> {
  const tables: Seen['tables'][number][] = []
  for (const [name, table] of seen.tables)
    tables.push(await lookAtTable(sender, seen.region, name, table, limits))
  return tables
}
