import { createHmac, timingSafeEqual } from 'node:crypto'
import { AwsError } from '../../aws.js'
import { kmsErrors } from '../errors.js'
import { arnOf, macAlgorithmOf, type RegionalKey } from '../key.js'
import { requireUsable } from '../keyAccess.js'
import type { KmsCall, KmsOperations } from './types.js'

/** The longest message and MAC (AWS KMS API reference, VerifyMac). */
const MAX_MESSAGE_BYTES = 4096
const MAX_MAC_BYTES = 6144

export const macs: KmsOperations = {
  GenerateMac(call) {
    const { key, mac } = compute(call)
    return { KeyId: arnOf(key), Mac: mac.toString('base64'), MacAlgorithm: macAlgorithmOf(key.shared.spec) }
  },

  VerifyMac(call) {
    const given = call.parameters.bytes('Mac', MAX_MAC_BYTES)
    const { key, mac } = compute(call)
    if (given.length !== mac.length || !timingSafeEqual(given, mac)) throw kmsErrors.invalidMac()
    return { KeyId: arnOf(key), MacAlgorithm: macAlgorithmOf(key.shared.spec), MacValid: true }
  },
}

function compute(call: KmsCall): { key: RegionalKey; mac: Buffer } {
  const key = call.key()
  requireUsable(key, 'GENERATE_VERIFY_MAC', call.operation)
  const { spec, materials } = key.shared
  const algorithm = call.parameters.string('MacAlgorithm')
  if (algorithm !== macAlgorithmOf(spec))
    throw new AwsError(
      'InvalidKeyUsageException',
      `Algorithm ${algorithm} is incompatible with key spec ${spec}.`,
    )
  const message = call.parameters.bytes('Message', MAX_MESSAGE_BYTES)
  const hash = algorithm.replace('HMAC_SHA_', 'sha')
  return { key, mac: createHmac(hash, materials[0]!.secret).update(message).digest() }
}
