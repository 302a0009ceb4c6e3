import { AwsError } from '../../aws.js'
import { kmsErrors } from '../errors.js'
import { arnOf, isPrimary, type RegionalKey } from '../key.js'
import { requireState } from '../keyAccess.js'
import { paginate } from './pagination.js'
import type { KmsCall, KmsOperations } from './types.js'

/** On-demand rotations of one key (AWS KMS API reference, RotateKeyOnDemand). */
const MAX_ROTATIONS = 25

const SECONDS_PER_DAY = 86_400

/** Rotation is shared by all replicas and set on the primary. Ciphertexts made before it still open. */
export const rotation: KmsOperations = {
  EnableKeyRotation(call) {
    const days = call.parameters.integer('RotationPeriodInDays', 90, 2560) ?? 365
    rotatableKey(call).shared.rotationPeriodInDays = days
    return undefined
  },

  DisableKeyRotation(call) {
    rotatableKey(call).shared.rotationPeriodInDays = undefined
    return undefined
  },

  RotateKeyOnDemand(call) {
    const key = rotatableKey(call)
    if (key.shared.materials.length > MAX_ROTATIONS)
      throw new AwsError('LimitExceededException', `The key was rotated on demand ${MAX_ROTATIONS} times.`)
    call.store.rotate(key)
    return { KeyId: arnOf(key) }
  },

  GetKeyRotationStatus(call) {
    const key = encryptionKey(call)
    const { rotationPeriodInDays } = key.shared
    return {
      KeyId: arnOf(key),
      KeyRotationEnabled: rotationPeriodInDays !== undefined,
      RotationPeriodInDays: rotationPeriodInDays,
      NextRotationDate:
        rotationPeriodInDays === undefined
          ? undefined
          : key.createdAt + rotationPeriodInDays * SECONDS_PER_DAY,
    }
  },

  ListKeyRotations(call) {
    const key = encryptionKey(call)
    const rotations = key.shared.materials
      .filter(({ rotatedAt }) => rotatedAt !== undefined)
      .map(({ id, rotatedAt }) => ({
        KeyId: arnOf(key),
        KeyMaterialId: id,
        RotationDate: rotatedAt,
        RotationType: 'ON_DEMAND',
      }))
    const { items, rest } = paginate(call.parameters, rotations, 100)
    return { Rotations: items, ...rest }
  },
}

function rotatableKey(call: KmsCall): RegionalKey {
  const key = encryptionKey(call)
  requireState(key, ['Enabled'])
  if (!isPrimary(key)) throw kmsErrors.notPrimary(arnOf(key))
  return key
}

/** HMAC keys do not rotate; AWS says so without a message. */
function encryptionKey(call: KmsCall): RegionalKey {
  const key = call.key()
  if (key.shared.usage !== 'ENCRYPT_DECRYPT') throw new AwsError('UnsupportedOperationException')
  return key
}
