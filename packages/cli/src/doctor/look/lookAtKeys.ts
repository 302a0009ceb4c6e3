import type { SeenKey, SeenReplica } from '../seen.js'
import type { Limits } from '../wire.js'
import { inAllRegions, type KeyAccess, keyIdOf } from './keyAccess.js'
import { type LookedAt, lookAtReplica, type Made, ReplicaCalls, type Use } from './lookAtReplica.js'

/** A keyring, and what the application does with it. */
export interface Demand {
  readonly access: KeyAccess
  readonly uses: readonly Use[]
}

interface Wanted {
  readonly region: string
  readonly arn: string
  readonly access: KeyAccess
  /** By what is done: several clients and tables may do the same. */
  readonly uses: Map<string, Use>
}

/** All keys of all keyrings, each replica once, all at a time. */
export async function lookAtKeys(demands: readonly Demand[], limits: Limits): Promise<SeenKey[]> {
  const byKey = new Map<string, Wanted[]>()
  for (const replica of wantedReplicas(demands).values()) {
    const key = inAllRegions(replica.arn)
    byKey.set(key, [...(byKey.get(key) ?? []), replica])
  }
  return Promise.all([...byKey.values()].map(replicas => lookAtKey(replicas, limits)))
}

function wantedReplicas(demands: readonly Demand[]): Map<string, Wanted> {
  const wanted = new Map<string, Wanted>()
  for (const { access, uses } of demands) {
    for (const { region, arn } of access.replicas) {
      const replica = wanted.get(arn) ?? { region, arn, access, uses: new Map<string, Use>() }
      wanted.set(arn, replica)
      for (const use of uses) {
        const id = JSON.stringify([use.table, Object.entries(use.context).sort()])
        const known = replica.uses.get(id)
        const seals = use.seals || known?.seals === true
        const opens = use.opens || known?.opens === true
        replica.uses.set(id, { ...use, seals, opens })
      }
    }
  }
  return wanted
}

async function lookAtKey(wanted: readonly Wanted[], limits: Limits): Promise<SeenKey> {
  const looked = await Promise.all(
    wanted.map(async ({ region, arn, access, uses }) => {
      const calls = new ReplicaCalls(region, arn, access, limits)
      const all = [...uses.values()]
      return { calls, uses: all, at: await lookAtReplica(calls, access.attemptTimeout, all) }
    }),
  )
  // The first that works stands for the key.
  const reference = looked.find(({ at }) => at.isFine && at.made.length > 0)
  const replicas = await Promise.all(
    looked.map(async ({ calls, uses, at }): Promise<SeenReplica> => {
      const isAsked = at.isFine && calls !== reference?.calls && uses.some(use => use.opens)
      const foreign = isAsked && reference ? await openForeign(calls, reference.at.made[0]!) : undefined
      return { ...at.seen, ms: calls.ms, foreign }
    }),
  )
  const aliases = await lookAtAliases(looked)
  return { id: keyIdOf(wanted[0]!.arn), replicas, aliases }
}

/** What another replica encrypted: the proof that the two have the same key material. */
async function openForeign(calls: ReplicaCalls, made: Made): Promise<SeenReplica['foreign']> {
  const failure = await calls.decrypt(made.ciphertext, made.context)
  return failure && { from: made.region, failure }
}

/** Each alias that the key has in some region, in all of them. */
async function lookAtAliases(
  looked: readonly { readonly calls: ReplicaCalls; readonly at: LookedAt }[],
): Promise<SeenKey['aliases']> {
  const seen = looked.filter(({ at }) => at.aliases !== undefined)
  const names = [...new Set(seen.flatMap(({ at }) => at.aliases!))].sort()
  const aliases = new Map<string, ReadonlyMap<string, string | undefined>>()
  for (const name of names) {
    const targets = new Map<string, string | undefined>()
    for (const { calls, at } of seen) {
      if (at.aliases!.includes(name)) {
        targets.set(calls.region, keyIdOf(calls.arn))
        continue
      }
      const { output, failure } = await calls.describe(name)
      if (failure === undefined || failure.kind === 'missing')
        targets.set(calls.region, output?.KeyMetadata?.KeyId)
    }
    aliases.set(name, targets)
  }
  return aliases
}
