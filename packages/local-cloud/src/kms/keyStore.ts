import { randomBytes } from 'node:crypto'
import { ACCOUNT } from '../aws.js'
import { kmsErrors } from './errors.js'
import { isPrimary, type KeyMaterial, type KeyUsage, type RegionalKey, type SharedKey } from './key.js'
import { aliasArn, keyArn, MULTI_REGION_ID, newKeyId, SINGLE_REGION_ID } from './keyIds.js'

export interface Alias {
  readonly name: string
  targetKeyId: string
  /** Seconds since the epoch. */
  readonly createdAt: number
  updatedAt: number
}

/** What a new key of one region may be given. */
interface KeyOptions {
  readonly description: string
  /** Default: the account's IAM decides. */
  readonly policy: string | undefined
  readonly tags: Iterable<[string, string]>
}

interface Region {
  readonly keys: Map<string, RegionalKey>
  readonly aliases: Map<string, Alias>
}

/** All keys and aliases of all regions. */
export class KeyStore {
  readonly #regions: ReadonlyMap<string, Region>
  readonly #changedKeys = new Set<SharedKey>()
  readonly #changedAliases = new Set<string>()
  readonly #now: (region: string) => number

  /** `now` answers what time it is in a region, in milliseconds since the epoch. */
  constructor(regions: readonly string[], now: (region: string) => number) {
    this.#regions = new Map(regions.map(region => [region, { keys: new Map(), aliases: new Map() }]))
    this.#now = now
  }

  get regions(): string[] {
    return [...this.#regions.keys()]
  }

  /** Seconds since the epoch, with fractions, as KMS writes dates. */
  seconds(region: string): number {
    return this.#now(region) / 1000
  }

  create(
    region: string,
    options: KeyOptions & { id?: string | undefined; spec: string; usage: KeyUsage; multiRegion: boolean },
  ): RegionalKey {
    const shared: SharedKey = {
      id: options.id ?? newKeyId(options.multiRegion),
      spec: options.spec,
      usage: options.usage,
      multiRegion: options.multiRegion,
      primaryRegion: region,
      regions: new Set(),
      materials: [newMaterial(options.spec)],
      rotationPeriodInDays: undefined,
    }
    const key = this.#add(region, shared, options)
    key.state = 'Enabled'
    return key
  }

  /** Adds a replica in state Creating. */
  replicate(primary: RegionalKey, region: string, options: KeyOptions): RegionalKey {
    if (this.find(region, primary.shared.id) !== undefined)
      throw kmsErrors.alreadyExists(keyArn(region, primary.shared.id))
    return this.#add(region, primary.shared, options)
  }

  #add(region: string, shared: SharedKey, { description, policy, tags }: KeyOptions): RegionalKey {
    const key: RegionalKey = {
      region,
      shared,
      state: 'Creating',
      description,
      createdAt: this.seconds(region),
      deletionDate: undefined,
      pendingWindowInDays: undefined,
      policy: policy ?? defaultPolicy,
      tags: new Map(tags),
    }
    shared.regions.add(region)
    this.#in(region).keys.set(shared.id, key)
    return key
  }

  rotate({ shared, region }: RegionalKey): void {
    shared.materials.push({ ...newMaterial(shared.spec), rotatedAt: this.seconds(region) })
  }

  list(region: string): RegionalKey[] {
    for (const key of this.#in(region).keys.values()) this.#removeWhenDue(key)
    return [...this.#in(region).keys.values()]
  }

  /** By id alone, as a ciphertext names its key. */
  find(region: string, keyId: string): RegionalKey | undefined {
    const key = this.#in(region).keys.get(keyId)
    if (key !== undefined) this.#removeWhenDue(key)
    return this.#in(region).keys.get(keyId)
  }

  /** By what a caller may give as `KeyId`: an id, a key ARN, an alias name or an alias ARN. */
  resolve(region: string, keyId: string): RegionalKey {
    let name = keyId
    if (keyId.startsWith('arn:')) {
      const parts = keyId.split(':')
      const [, , service, arnRegion = '', account] = parts
      name = parts
        .slice(5)
        .join(':')
        .replace(/^key\//, '')
      if (arnRegion !== region) throw kmsErrors.otherRegion(arnRegion)
      if (service !== 'kms' || account !== ACCOUNT) throw kmsErrors.keyNotFound(keyId)
    }
    if (name.startsWith('alias/')) name = this.alias(region, name).targetKeyId
    else if (!MULTI_REGION_ID.test(name) && !SINGLE_REGION_ID.test(name)) throw kmsErrors.invalidKeyId(keyId)
    const key = this.find(region, name)
    if (key === undefined) throw kmsErrors.keyNotFound(keyArn(region, name))
    return key
  }

  alias(region: string, name: string): Alias {
    const alias = this.#in(region).aliases.get(name)
    if (alias === undefined) throw kmsErrors.aliasNotFound(aliasArn(region, name))
    return alias
  }

  aliases(region: string): Map<string, Alias> {
    return this.#in(region).aliases
  }

  /**
   * Time passes only when somebody looks: a key whose waiting period is over is removed then, with its aliases,
   * and a primary that waited for its last replica starts its own waiting period.
   */
  #removeWhenDue(key: RegionalKey): void {
    if (key.deletionDate === undefined || key.deletionDate > this.seconds(key.region)) return
    const { keys, aliases } = this.#in(key.region)
    const { shared } = key
    keys.delete(shared.id)
    shared.regions.delete(key.region)
    for (const alias of [...aliases.values()]) if (alias.targetKeyId === shared.id) aliases.delete(alias.name)
    this.noteChange(key)
    this.noteAliasChange(key.region)
    const primary = this.#in(shared.primaryRegion).keys.get(shared.id)
    if (primary?.state === 'PendingReplicaDeletion' && shared.regions.size === 1) {
      primary.state = 'PendingDeletion'
      primary.deletionDate = key.deletionDate + (primary.pendingWindowInDays ?? 30) * 86_400
    }
  }

  /** Adds a key as it was before a restart. */
  restore(key: RegionalKey): void {
    this.#in(key.region).keys.set(key.shared.id, key)
  }

  /** In all regions, those included whose deletion is due. */
  replicas({ id, regions }: SharedKey): RegionalKey[] {
    return [...regions].map(region => this.#in(region).keys.get(id)!)
  }

  noteChange({ shared }: RegionalKey): void {
    this.#changedKeys.add(shared)
  }

  noteAliasChange(region: string): void {
    this.#changedAliases.add(region)
  }

  /** The keys, and the regions whose aliases, have changed since this was last asked for. */
  takeChanges(): { keys: SharedKey[]; aliases: string[] } {
    const changes = { keys: [...this.#changedKeys], aliases: [...this.#changedAliases] }
    this.#changedKeys.clear()
    this.#changedAliases.clear()
    return changes
  }

  /** Deletion is due after so many days; a primary waits for its replicas first. */
  scheduleDeletion(key: RegionalKey, days: number): void {
    key.pendingWindowInDays = days
    if (isPrimary(key) && key.shared.regions.size > 1) {
      key.state = 'PendingReplicaDeletion'
    } else {
      key.state = 'PendingDeletion'
      key.deletionDate = this.seconds(key.region) + days * 86_400
    }
  }

  #in(region: string): Region {
    const found = this.#regions.get(region)
    if (found === undefined) throw kmsErrors.validation(`The local cloud has no region ${region}`)
    return found
  }
}

/** What a key created without a policy gets on AWS: the account's IAM decides. */
const defaultPolicy = JSON.stringify({
  Version: '2012-10-17',
  Id: 'key-default-1',
  Statement: [
    {
      Sid: 'Enable IAM User Permissions',
      Effect: 'Allow',
      Principal: { AWS: `arn:aws:iam::${ACCOUNT}:root` },
      Action: 'kms:*',
      Resource: '*',
    },
  ],
})

function newMaterial(spec: string): KeyMaterial {
  const bits = spec.startsWith('HMAC_') ? Number(spec.slice('HMAC_'.length)) : 256
  return { id: randomBytes(32).toString('hex'), secret: randomBytes(bits / 8) }
}
