import { keyArn } from './keyIds.js'

export type KeyUsage = 'ENCRYPT_DECRYPT' | 'GENERATE_VERIFY_MAC'

/** The states of a key with material of KMS's own (AWS KMS developer guide, "Key states"). */
export type KeyState =
  | 'Creating'
  | 'Enabled'
  | 'Disabled'
  | 'Updating'
  | 'PendingDeletion'
  | 'PendingReplicaDeletion'

export interface KeyMaterial {
  /** 32 bytes as hex; in KMS's metadata, and a ciphertext names the material it was made with by it. */
  readonly id: string
  readonly secret: Buffer
  /** Seconds since the epoch; undefined for the material the key was created with. */
  readonly rotatedAt?: number
}

/** What all replicas of a multi-Region key share; a single-Region key has one, too. */
export interface SharedKey {
  readonly id: string
  readonly spec: string
  readonly usage: KeyUsage
  readonly multiRegion: boolean
  primaryRegion: string
  /** Every region where the key exists, the primary's included. */
  readonly regions: Set<string>
  /** Oldest first; the last one encrypts. */
  readonly materials: KeyMaterial[]
  /** Undefined when automatic rotation is off. */
  rotationPeriodInDays: number | undefined
}

/** What each region has of its own: ReplicateKey copies none of it. */
export interface RegionalKey {
  readonly region: string
  readonly shared: SharedKey
  state: KeyState
  description: string
  /** Seconds since the epoch. */
  readonly createdAt: number
  /** Seconds since the epoch; only while PendingDeletion. */
  deletionDate: number | undefined
  /** Days; while PendingDeletion or PendingReplicaDeletion. */
  pendingWindowInDays: number | undefined
  policy: string
  readonly tags: Map<string, string>
}

export function arnOf(key: RegionalKey): string {
  return keyArn(key.region, key.shared.id)
}

export function isPrimary(key: RegionalKey): boolean {
  return key.shared.primaryRegion === key.region
}

/** `KeyMetadata`, as CreateKey, ReplicateKey and DescribeKey answer it. */
export function metadataOf(key: RegionalKey): Record<string, unknown> {
  const { shared } = key
  return {
    AWSAccountId: arnOf(key).split(':')[4],
    Arn: arnOf(key),
    CreationDate: key.createdAt,
    CustomerMasterKeySpec: shared.spec,
    DeletionDate: key.deletionDate,
    Description: key.description,
    Enabled: key.state === 'Enabled',
    KeyId: shared.id,
    KeyManager: 'CUSTOMER',
    KeySpec: shared.spec,
    KeyState: key.state,
    KeyUsage: shared.usage,
    MultiRegion: shared.multiRegion,
    Origin: 'AWS_KMS',
    PendingDeletionWindowInDays: key.state === 'PendingReplicaDeletion' ? key.pendingWindowInDays : undefined,
    ...(shared.usage === 'ENCRYPT_DECRYPT'
      ? { EncryptionAlgorithms: ['SYMMETRIC_DEFAULT'], CurrentKeyMaterialId: shared.materials.at(-1)!.id }
      : { MacAlgorithms: [macAlgorithmOf(shared.spec)] }),
    ...(shared.multiRegion ? { MultiRegionConfiguration: multiRegionConfiguration(key) } : {}),
  }
}

/** The one MAC algorithm of an HMAC key spec: HMAC_256 computes HMAC_SHA_256. */
export function macAlgorithmOf(spec: string): string {
  return spec.replace('HMAC_', 'HMAC_SHA_')
}

function multiRegionConfiguration(key: RegionalKey): Record<string, unknown> {
  const { shared } = key
  const entry = (region: string) => ({ Arn: keyArn(region, shared.id), Region: region })
  return {
    MultiRegionKeyType: isPrimary(key) ? 'PRIMARY' : 'REPLICA',
    PrimaryKey: entry(shared.primaryRegion),
    ReplicaKeys: [...shared.regions].filter(region => region !== shared.primaryRegion).map(entry),
  }
}
