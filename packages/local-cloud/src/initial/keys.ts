import { keyArn } from '../kms/keyIds.js'
import type { KmsService } from '../kms/service.js'
import { at, type Calls, until } from './calls.js'
import { isMultiRegion } from './check.js'
import { type InitialKey, InitialResourceError, type KeyReference } from './resources.js'

/** `KeyMetadata`, as far as we read it. */
interface KeyMetadata {
  readonly KeyId: string
  readonly KeySpec: string
  readonly KeyUsage: string
  readonly KeyState: string
  readonly MultiRegion: boolean
  readonly MultiRegionConfiguration?: {
    readonly PrimaryKey: { readonly Region: string }
    readonly ReplicaKeys: readonly { readonly Region: string }[]
  }
}

/**
 * Makes what is missing of a key: itself, its replicas, its alias in each of their regions. What is there is left as
 * it is, and refused if it could not be made so: another spec, usage or kind, an alias of another key.
 */
export async function ensureKey(
  calls: Calls,
  kms: KmsService,
  key: InitialKey,
  home: string,
  path: string,
): Promise<KeyReference> {
  const describe = async (region: string, KeyId: string) =>
    (await calls.find('kms', region, 'DescribeKey', { KeyId }))?.KeyMetadata as KeyMetadata | undefined

  const found = await at(path, () => describe(home, key.KeyId ?? key.AliasName!))
  if (found !== undefined) refuseOther(key, found, path)
  else if (key.KeyId !== undefined) await refuseTaken(calls, key, key.KeyId, home, path)
  const KeyId = found?.KeyId ?? (await at(path, () => create(kms, key, home)))

  for (const [n, region] of (key.ReplicaRegions ?? []).entries()) {
    const place = `${path}.ReplicaRegions[${n}]`
    if ((await describe(region, KeyId)) === undefined)
      await at(place, async () => {
        const primary = (await describe(home, KeyId))?.MultiRegionConfiguration?.PrimaryKey.Region
        const { Description, Policy, Tags } = key
        const own = { Description, Policy, Tags }
        await calls.send('kms', primary ?? home, 'ReplicateKey', { KeyId, ReplicaRegion: region, ...own })
      })
    // Until then it takes no alias.
    await until(async () => (await describe(region, KeyId))?.KeyState !== 'Creating')
  }
  for (const region of [home, ...(key.ReplicaRegions ?? [])])
    await at(`${path}.AliasName`, () => ensureAlias(calls, key, KeyId, region, path))
  const { AliasName } = key
  return {
    keyId: KeyId,
    ...(AliasName && { aliasName: AliasName }),
    arns: arnsOf((await describe(home, KeyId))!, home),
  }
}

function create(kms: KmsService, key: InitialKey, home: string): Promise<string> {
  const { AliasName, KeyId, Region, ReplicaRegions, ...input } = key
  const names = { keyId: KeyId, aliasName: AliasName }
  return kms.createKey(home, { ...input, MultiRegion: isMultiRegion(key) }, names)
}

async function ensureAlias(
  calls: Calls,
  { AliasName }: InitialKey,
  TargetKeyId: string,
  region: string,
  path: string,
): Promise<void> {
  if (AliasName === undefined) return
  const target = await targetOf(calls, AliasName, region)
  if (target === undefined) await calls.send('kms', region, 'CreateAlias', { AliasName, TargetKeyId })
  else if (target !== TargetKeyId) throw aliasTaken(AliasName, region, target, TargetKeyId, path)
}

function aliasTaken(alias: string, region: string, is: string, wanted: string, path: string) {
  return new InitialResourceError(
    `${path}.AliasName`,
    `${alias} is there in ${region}, of the key ${is} and not of ${wanted}. ` +
      'Choose another name, or another directory.',
  )
}

async function targetOf(calls: Calls, KeyId: string, region: string): Promise<string | undefined> {
  const answer = await calls.find('kms', region, 'DescribeKey', { KeyId })
  return (answer?.KeyMetadata as KeyMetadata | undefined)?.KeyId
}

/** For a key that is not at home: neither its id nor its alias may be another's. */
async function refuseTaken(
  calls: Calls,
  key: InitialKey,
  keyId: string,
  home: string,
  path: string,
): Promise<void> {
  for (const region of calls.regions) {
    if ((await targetOf(calls, keyId, region)) !== undefined)
      throw new InitialResourceError(
        `${path}.Region`,
        `is ${home}, but the key ${keyId} is there in ${region} and not in ${home}. Give a Region where it is.`,
      )
  }
  const { AliasName } = key
  const other = AliasName && (await targetOf(calls, AliasName, home))
  if (other) throw aliasTaken(AliasName, home, other, keyId, path)
}

function refuseOther(key: InitialKey, found: KeyMetadata, path: string): void {
  const wanted = {
    KeySpec: key.KeySpec ?? found.KeySpec,
    KeyUsage: key.KeyUsage ?? found.KeyUsage,
    MultiRegion: isMultiRegion(key),
  }
  for (const name of ['KeySpec', 'KeyUsage', 'MultiRegion'] as const) {
    if (found[name] !== wanted[name])
      throw new InitialResourceError(
        `${path}.${name}`,
        `is ${wanted[name]}, but the key ${found.KeyId} that is there has ${found[name]}. ` +
          'Describe it as it is, call it something else, or choose another directory.',
      )
  }
}

function arnsOf({ KeyId, MultiRegionConfiguration }: KeyMetadata, home: string): Record<string, string> {
  const { PrimaryKey, ReplicaKeys } = MultiRegionConfiguration ?? {
    PrimaryKey: { Region: home },
    ReplicaKeys: [],
  }
  return Object.fromEntries([PrimaryKey, ...ReplicaKeys].map(({ Region }) => [Region, keyArn(Region, KeyId)]))
}
