import { DescribeKeyCommand, type KeyMetadata } from '@aws-sdk/client-kms'
import { UnusableResponseError } from './attempt.js'
import type { AnySignal } from './attemptSignal.js'
import { MrkKeyringConfigError } from './configError.js'
import { type KmsSender, readable } from './kmsCalls.js'
import type { RegionalRequest } from './regionalKms.js'
import { isReplicaOf, type Replica } from './replicas.js'

/**
 * Asks a region which replicas a key has. An answer about another key is none, and the next region is asked: all that is
 * written from then on would be encrypted under that one.
 *
 * @param isAskedFor whether an ARN is that of the key, as far as its name tells
 */
export function describeKey(isAskedFor: (arn: string) => boolean): RegionalRequest<KeyMetadata> {
  return {
    operation: 'DescribeKey',
    async send(client: KmsSender, keyId: string, signal: AnySignal) {
      const { KeyMetadata } = await readable(
        client.send(new DescribeKeyCommand({ KeyId: keyId }), { abortSignal: signal }),
      )
      if (KeyMetadata === undefined) throw new UnusableResponseError('KMS answered without key metadata')
      const replicas = KeyMetadata.MultiRegion ? replicasOf(KeyMetadata) : undefined
      if (replicas?.length === 0) throw new UnusableResponseError('KMS answered without replicas')
      const other = replicas?.find(({ arn }) => !isAskedFor(arn))
      if (other !== undefined)
        throw new UnusableResponseError(`KMS answered for ${other.arn} where ${keyId} was asked`)
      return KeyMetadata
    },
    discard: () => {},
  }
}

/** Whether an ARN is that of a key that is named by its id, its ARN, an alias or an alias's ARN. An alias tells nothing. */
export function isNamed(keyId: string, arn: string): boolean {
  if (/^(arn:.*:)?alias\//.test(keyId)) return true
  return keyId.startsWith('arn:')
    ? isReplicaOf({ arn: keyId, region: '' }, arn)
    : arn.endsWith(`:key/${keyId}`)
}

/**
 * The replicas that `DescribeKey` names: the primary first.
 *
 * @throws MrkKeyringConfigError for a key that is no multi-Region key
 */
export function replicasOf({ Arn, MultiRegion, MultiRegionConfiguration }: KeyMetadata): Replica[] {
  if (!MultiRegion || MultiRegionConfiguration === undefined)
    throw new MrkKeyringConfigError(
      'NOT_MULTI_REGION',
      `${Arn} is a single-Region key, which no other region can decrypt with: give a multi-Region key, or use the stock KmsKeyringNode`,
    )
  const { PrimaryKey, ReplicaKeys = [] } = MultiRegionConfiguration
  return [PrimaryKey, ...ReplicaKeys].flatMap(key =>
    key?.Arn === undefined || key.Region === undefined ? [] : [{ arn: key.Arn, region: key.Region }],
  )
}

/**
 * Where to ask about a key that is named by its id, its ARN, an alias or an alias's ARN, and under which
 * name there.
 *
 * @throws MrkKeyringConfigError when no region is known, or `keyId` names nothing
 */
export function placesToAsk(keyId: string, regions: readonly string[] | undefined, own: string | undefined) {
  if (typeof keyId !== 'string' || !/^\S+$/.test(keyId))
    throw new MrkKeyringConfigError(
      'BAD_OPTION',
      `keyId is ${typeof keyId === 'string' ? JSON.stringify(keyId) : typeof keyId}: give the key's id, ARN or alias, or the ARN of the alias`,
    )
  const parts = keyId.split(':')
  const named = parts[0] === 'arn' && parts.length === 6 ? parts[3] : undefined
  const places = new Set(regions ?? [own, named].filter(region => region !== undefined && region !== ''))
  if (places.size === 0)
    throw new MrkKeyringConfigError(
      'BAD_OPTION',
      `no region is known in which to ask about ${keyId}: give regions, or region, or the key's ARN`,
    )
  return [...places].map((region): Replica => {
    // KMS answers "Invalid arn" for an ARN of another region than its own.
    const name = named === undefined ? keyId : parts.with(3, region!).join(':')
    return { region: region!, arn: name }
  })
}

/** What is in `now` and was not in `before`. */
export function newIn(now: readonly Replica[], before: readonly Replica[]): Replica[] {
  return now.filter(({ arn }) => !before.some(other => other.arn === arn))
}
