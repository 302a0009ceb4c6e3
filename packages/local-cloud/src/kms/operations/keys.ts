import { AwsError } from '../../aws.js'
import { kmsErrors } from '../errors.js'
import { arnOf, isPrimary, type KeyUsage, metadataOf, type RegionalKey } from '../key.js'
import { requireState } from '../keyAccess.js'
import { keyArn } from '../keyIds.js'
import type { Parameters } from '../parameters.js'
import { paginate } from './pagination.js'
import { requirePolicyDocument } from './policies.js'
import { readTags, tagList } from './tags.js'
import type { KmsCall, KmsOperations } from './types.js'

const KEY_SPECS: readonly string[] = ['SYMMETRIC_DEFAULT', 'HMAC_224', 'HMAC_256', 'HMAC_384', 'HMAC_512']
const KEY_USAGES: readonly KeyUsage[] = ['ENCRYPT_DECRYPT', 'GENERATE_VERIFY_MAC']

export const keys: KmsOperations = {
  CreateKey({ region, parameters, store, newKeyId, used }) {
    const spec = readSpec(parameters)
    const usage = parameters.choice('KeyUsage', KEY_USAGES)
    const isMac = spec !== 'SYMMETRIC_DEFAULT'
    if (isMac && usage === undefined)
      throw kmsErrors.validation(
        'You must specify a KeyUsage value for all KMS keys except for symmetric encryption keys.',
      )
    if (usage !== undefined && isMac !== (usage === 'GENERATE_VERIFY_MAC'))
      throw kmsErrors.validation(`KeyUsage ${usage} is not compatible with KeySpec ${spec}`)
    const key = store.create(region, {
      id: newKeyId,
      spec,
      usage: usage ?? 'ENCRYPT_DECRYPT',
      multiRegion: parameters.boolean('MultiRegion'),
      description: parameters.optionalString('Description') ?? '',
      policy: readPolicy(parameters),
      tags: readTags(parameters),
    })
    used(key)
    return { KeyMetadata: metadataOf(key) }
  },

  ReplicateKey(call) {
    const { parameters, store } = call
    const primary = primaryKey(call)
    requireState(primary, ['Enabled'])
    const region = parameters.string('ReplicaRegion')
    const replica = store.replicate(primary, region, {
      description: parameters.optionalString('Description') ?? '',
      policy: readPolicy(parameters),
      tags: readTags(parameters),
    })
    call.later(() => {
      if (replica.state === 'Creating') replica.state = 'Enabled'
    })
    return {
      ReplicaKeyMetadata: metadataOf(replica),
      ReplicaPolicy: replica.policy,
      ReplicaTags: tagList(replica),
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

  ListKeys({ region, store, parameters }) {
    const { items, rest } = paginate(parameters, store.list(region), 100)
    return { Keys: items.map(key => ({ KeyArn: arnOf(key), KeyId: key.shared.id })), ...rest }
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

/** KMS has more specs; signing and asymmetric encryption are not for data keys. */
function readSpec(parameters: Parameters): string {
  const spec =
    parameters.optionalString('KeySpec') ??
    parameters.optionalString('CustomerMasterKeySpec') ??
    'SYMMETRIC_DEFAULT'
  if (!KEY_SPECS.includes(spec))
    throw new AwsError(
      'UnsupportedOperationException',
      `The local cloud's KMS has no keys of spec ${spec}; it has ${KEY_SPECS.join(', ')}.`,
    )
  return spec
}

function readPolicy(parameters: Parameters): string | undefined {
  const policy = parameters.optionalString('Policy')
  if (policy !== undefined) requirePolicyDocument(policy)
  return policy
}

function primaryKey(call: KmsCall): RegionalKey {
  const key = call.key()
  if (!key.shared.multiRegion || !isPrimary(key)) throw kmsErrors.notPrimary(arnOf(key))
  return key
}
