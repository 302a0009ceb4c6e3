import type { KeyMaterial, KeyState, KeyUsage, RegionalKey, SharedKey } from './key.js'

/** A key with all its replicas, as it is kept on disk. */
export interface KeyRecord {
  readonly id: string
  readonly spec: string
  readonly usage: KeyUsage
  readonly multiRegion: boolean
  readonly primaryRegion: string
  readonly materials: readonly { readonly id: string; readonly secret: string; readonly rotatedAt?: number }[]
  readonly rotationPeriodInDays?: number | undefined
  readonly replicas: readonly ReplicaRecord[]
}

interface ReplicaRecord {
  readonly region: string
  readonly state: KeyState
  readonly description: string
  readonly createdAt: number
  readonly deletionDate?: number | undefined
  readonly pendingWindowInDays?: number | undefined
  readonly policy: string
  readonly tags: readonly (readonly [string, string])[]
}

export function recordOf(shared: SharedKey, replicas: readonly RegionalKey[]): KeyRecord {
  return {
    id: shared.id,
    spec: shared.spec,
    usage: shared.usage,
    multiRegion: shared.multiRegion,
    primaryRegion: shared.primaryRegion,
    materials: shared.materials.map(material => ({
      ...material,
      secret: material.secret.toString('base64'),
    })),
    rotationPeriodInDays: shared.rotationPeriodInDays,
    replicas: replicas.map(({ shared: _, tags, ...own }) => ({ ...own, tags: [...tags] })),
  }
}

/** The key in every region where it exists. */
export function keysOf({ replicas, ...record }: KeyRecord): RegionalKey[] {
  const shared: SharedKey = {
    ...record,
    regions: new Set(replicas.map(({ region }) => region)),
    materials: record.materials.map(
      (material): KeyMaterial => ({ ...material, secret: Buffer.from(material.secret, 'base64') }),
    ),
    rotationPeriodInDays: record.rotationPeriodInDays,
  }
  return replicas.map(replica => ({
    ...replica,
    shared,
    state: settled(replica.state),
    deletionDate: replica.deletionDate,
    pendingWindowInDays: replica.pendingWindowInDays,
    tags: new Map(replica.tags),
  }))
}

/** What was under way when the process ended is over. */
function settled(state: KeyState): KeyState {
  return state === 'Creating' || state === 'Updating' ? 'Enabled' : state
}
