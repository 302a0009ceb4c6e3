import { arnOf, type KeyState, type RegionalKey, type SharedKey } from './key.js'
import type { KeyStore } from './keyStore.js'

/** A key with what it is in each region, for people to look at. */
export interface KeyOverview {
  readonly id: string
  readonly spec: string
  readonly multiRegion: boolean
  readonly primaryRegion: string
  /** By region, the primary's included. */
  readonly replicas: ReadonlyMap<string, ReplicaOverview>
}

export interface ReplicaOverview {
  readonly arn: string
  readonly state: KeyState
  readonly description: string
  /** Names of aliases in this region, with `alias/`. */
  readonly aliases: readonly string[]
  /** Milliseconds since the epoch; only while it is pending deletion. */
  readonly deletionDate: number | undefined
}

/** All keys; region by region in the order in which they were made. */
export function overviewOf(store: KeyStore): KeyOverview[] {
  const replicasOf = new Map<SharedKey, Map<string, ReplicaOverview>>()
  for (const region of store.regions) {
    for (const key of store.list(region)) {
      const replicas = replicasOf.get(key.shared) ?? new Map<string, ReplicaOverview>()
      replicasOf.set(key.shared, replicas.set(region, replicaOf(store, key)))
    }
  }
  return [...replicasOf].map(([shared, replicas]) => {
    const { id, spec, multiRegion, primaryRegion } = shared
    return { id, spec, multiRegion, primaryRegion, replicas }
  })
}

function replicaOf(store: KeyStore, key: RegionalKey): ReplicaOverview {
  const aliases = [...store.aliases(key.region).values()]
    .filter(({ targetKeyId }) => targetKeyId === key.shared.id)
    .map(({ name }) => name)
  return {
    arn: arnOf(key),
    state: key.state,
    description: key.description,
    aliases,
    deletionDate: key.deletionDate === undefined ? undefined : key.deletionDate * 1000,
  }
}
