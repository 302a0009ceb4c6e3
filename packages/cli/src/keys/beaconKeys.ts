import { type BeaconParts, beaconParts, keyringParts } from '@dynaseal/core/parts'
import { CliError } from '../errors.js'
import type { WireItem } from '../stored/wireItem.js'
import { reasonOf } from './reasonOf.js'
import type { CheckOptions, ReplicaCheck } from './searchKeys.js'

/** What became of the beacon key of a branch key in each region. */
export interface CheckedBeaconKey {
  readonly branchKeyId: string
  /** One for each region in which its KMS key is, and that was asked. */
  readonly replicas: readonly ReplicaCheck[]
}

/**
 * Reads and decrypts each beacon key in each region alone.
 *
 * @param search what makes the beacons of a client; whatever makes other tokens has none
 * @throws {CliError} `unsupported` for a source of beacon keys that does not tell where they are
 * @param items of which the branch keys are, where beacons depend on the item
 */
export async function checkBeaconKeys(
  search: unknown,
  items: readonly WireItem[],
  { signal, without }: CheckOptions = {},
): Promise<CheckedBeaconKey[]> {
  const parts = beaconParts(search)
  if (parts === undefined) return []
  const key = keyringParts(parts.beaconKeys)
  if (key?.kind !== 'branch-keys')
    throw new CliError(
      'unsupported',
      'What has the beacon keys of the configuration does not tell where they are. A BranchKeyring of @dynaseal/branch-keyring does.',
    )
  const regions = key.replicas.map(({ region }) => region).filter(region => region !== without)
  return Promise.all(
    idsOf(parts, items).map(async branchKeyId => ({
      branchKeyId,
      replicas: await Promise.all(
        regions.map(region => checkIn(region, () => key.alone(region), branchKeyId, signal)),
      ),
    })),
  )
}

function idsOf({ branchKeyId, keyFieldName }: BeaconParts, items: readonly WireItem[]): string[] {
  if (branchKeyId !== undefined) return [branchKeyId]
  const named = items.flatMap(item => (keyFieldName === undefined ? [] : (item[keyFieldName]?.S ?? [])))
  return [...new Set(named)]
}

async function checkIn(
  region: string,
  alone: () => BeaconParts['beaconKeys'],
  branchKeyId: string,
  signal: AbortSignal | undefined,
): Promise<ReplicaCheck> {
  const start = performance.now()
  const milliseconds = () => Math.round(performance.now() - start)
  try {
    const key = await alone().beaconKey(branchKeyId, { signal })
    key.release()
    return { region, opens: true, milliseconds: milliseconds() }
  } catch (error) {
    signal?.throwIfAborted()
    return { region, opens: false, milliseconds: milliseconds(), reason: reasonOf(error) }
  }
}
