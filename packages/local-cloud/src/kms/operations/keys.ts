import { kmsErrors } from '../errors.js'
import { arnOf, isPrimary, type KeyUsage, metadataOf, type RegionalKey } from '../key.js'
import { requireState } from '../keyAccess.js'
import { keyArn } from '../keyIds.js'
import type { KmsCall, KmsOperations } from './types.js'

const KEY_SPECS = ['SYMMETRIC_DEFAULT', 'HMAC_224', 'HMAC_256', 'HMAC_384', 'HMAC_512'] as const
const KEY_USAGES: readonly KeyUsage[] = ['ENCRYPT_DECRYPT', 'GENERATE_VERIFY_MAC']

export const keys: KmsOperations = {
  CreateKey({ region, parameters, store, used }) {
    const spec =
      parameters.choice('KeySpec', KEY_SPECS) ??
      parameters.choice('CustomerMasterKeySpec', KEY_SPECS) ??
      'SYMMETRIC_DEFAULT'
    const usage = parameters.choice('KeyUsage', KEY_USAGES)
    const isMac = spec !== 'SYMMETRIC_DEFAULT'
    if (isMac && usage === undefined)
      throw kmsErrors.validation(
        'You must specify a KeyUsage value for all KMS keys except for symmetric encryption keys.',
      )
    if (usage !== undefined && isMac !== (usage === 'GENERATE_VERIFY_MAC'))
      throw kmsErrors.validation(`KeyUsage ${usage} is not compatible with KeySpec ${spec}`)
    const key = store.create(region, {
      spec,
      usage: usage ?? 'ENCRYPT_DECRYPT',
      multiRegion: parameters.boolean('MultiRegion'),
      description: parameters.optionalString('Description') ?? '',
      policy: parameters.optionalString('Policy'),
    })
    addTags(key, parameters.records('Tags'))
    used(key)
    return { KeyMetadata: metadataOf(key) }
  },

  ReplicateKey(call) {
    const { parameters, store } = call
    const primary = primaryKey(call)
    requireState(primary, ['Enabled'])
    const region = parameters.string('ReplicaRegion')
    const description = parameters.optionalString('Description') ?? ''
    const replica = store.replicate(primary, region, description, parameters.optionalString('Policy'))
    addTags(replica, parameters.records('Tags'))
    call.later(() => {
      if (replica.state === 'Creating') replica.state = 'Enabled'
    })
    return {
      ReplicaKeyMetadata: metadataOf(replica),
      ReplicaPolicy: replica.policy,
      ReplicaTags: [...replica.tags].map(([TagKey, TagValue]) => ({ TagKey, TagValue })),
    }
  },

  UpdatePrimaryRegion(call) {
    const primary = primaryKey(call)
    requireState(primary, ['Enabled'])
    const { shared } = primary
    const region = call.parameters.string('PrimaryRegion')
    const replica = shared.regions.has(region) ? call.store.find(region, shared.id) : undefined
    if (replica === undefined) throw kmsErrors.keyNotFound(keyArn(region, shared.id))
    requireState(replica, ['Enabled'])
    shared.primaryRegion = region
    for (const key of [primary, replica]) {
      key.state = 'Updating'
      call.later(() => {
        if (key.state === 'Updating') key.state = 'Enabled'
      })
    }
    return undefined
  },

  DescribeKey(call) {
    return { KeyMetadata: metadataOf(call.key()) }
  },

  ListKeys({ region, store }) {
    const Keys = store.list(region).map(key => ({ KeyArn: arnOf(key), KeyId: key.shared.id }))
    return { Keys, Truncated: false }
  },

  UpdateKeyDescription(call) {
    const key = call.key()
    requireState(key, ['Enabled', 'Disabled'])
    key.description = call.parameters.string('Description')
    return undefined
  },

  EnableKey(call) {
    const key = call.key()
    requireState(key, ['Enabled', 'Disabled'])
    key.state = 'Enabled'
    return undefined
  },

  DisableKey(call) {
    const key = call.key()
    requireState(key, ['Enabled', 'Disabled'])
    key.state = 'Disabled'
    return undefined
  },

  ScheduleKeyDeletion(call) {
    const key = call.key()
    const days = call.parameters.integer('PendingWindowInDays', 7, 30) ?? 30
    requireState(key, ['Enabled', 'Disabled'])
    call.store.scheduleDeletion(key, days)
    return {
      DeletionDate: key.deletionDate,
      KeyId: arnOf(key),
      KeyState: key.state,
      PendingWindowInDays: days,
    }
  },

  CancelKeyDeletion(call) {
    const key = call.key()
    if (key.state !== 'PendingDeletion' && key.state !== 'PendingReplicaDeletion')
      throw kmsErrors.invalidState(arnOf(key), 'not pending deletion')
    key.state = 'Disabled'
    key.deletionDate = undefined
    key.pendingWindowInDays = undefined
    return { KeyId: arnOf(key) }
  },
}

function primaryKey(call: KmsCall): RegionalKey {
  const key = call.key()
  if (!key.shared.multiRegion || !isPrimary(key)) throw kmsErrors.notPrimary(arnOf(key))
  return key
}

function addTags(key: RegionalKey, tags: readonly Readonly<Record<string, string>>[] = []): void {
  for (const { TagKey, TagValue } of tags) key.tags.set(TagKey ?? '', TagValue ?? '')
}
