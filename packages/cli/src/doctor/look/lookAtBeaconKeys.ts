import { beaconParts, keyringParts } from '@dynaseal/core/parts'
import { checkBeaconKeys } from '../../keys/beaconKeys.js'
import type { WireItem } from '../../stored/wireItem.js'
import type { SeenBeaconKey } from '../seen.js'
import type { Limits } from '../wire.js'

/** Unwraps the beacon keys of a client in each region alone; none of what does not tell where they are. */
export async function lookAtBeaconKeys(
  search: unknown,
  samples: readonly WireItem[],
  { signal }: Limits,
): Promise<SeenBeaconKey[]> {
  if (keyringParts(beaconParts(search)?.beaconKeys)?.kind !== 'branch-keys') return []
  const checked = await checkBeaconKeys(search, samples, { signal })
  return checked.flatMap(({ branchKeyId, replicas }) =>
    replicas.map(({ region, reason }) => ({ branchKeyId, region, reason })),
  )
}
