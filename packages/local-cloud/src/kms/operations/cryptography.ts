import { AwsError } from '../../aws.js'
import { MAX_CIPHERTEXT_BYTES, openCiphertext, parseCiphertext, sealCiphertext } from '../ciphertext.js'
import { kmsErrors } from '../errors.js'
import { arnOf, type KeyMaterial, type RegionalKey } from '../key.js'
import { requireUsable } from '../keyAccess.js'
import type { EncryptionContext, Parameters } from '../parameters.js'
import { random } from '../random.js'
import type { KmsCall, KmsOperations } from './types.js'

/** Direct encryption takes at most 4,096 bytes (AWS KMS API reference, Encrypt). */
const MAX_PLAINTEXT_BYTES = 4096

const SYMMETRIC = 'SYMMETRIC_DEFAULT'

export const cryptography: KmsOperations = {
  Encrypt(call) {
    requireAlgorithm(call, 'EncryptionAlgorithm')
    const key = encryptionKey(call)
    const plaintext = call.parameters.bytes('Plaintext', MAX_PLAINTEXT_BYTES)
    return {
      CiphertextBlob: seal(key, plaintext, call.context()),
      EncryptionAlgorithm: SYMMETRIC,
      KeyId: arnOf(key),
    }
  },

  Decrypt(call) {
    requireAlgorithm(call, 'EncryptionAlgorithm')
    const { key, plaintext, materialId } = open(call, 'KeyId', call.context())
    return {
      EncryptionAlgorithm: SYMMETRIC,
      KeyId: arnOf(key),
      KeyMaterialId: materialId,
      Plaintext: plaintext.toString('base64'),
    }
  },

  ReEncrypt(call) {
    requireAlgorithm(call, 'SourceEncryptionAlgorithm')
    requireAlgorithm(call, 'DestinationEncryptionAlgorithm')
    const source = open(call, 'SourceKeyId', call.context('SourceEncryptionContext'))
    const key = encryptionKey(call, 'DestinationKeyId')
    return {
      CiphertextBlob: seal(key, source.plaintext, call.context('DestinationEncryptionContext')),
      DestinationEncryptionAlgorithm: SYMMETRIC,
      DestinationKeyMaterialId: currentMaterial(key).id,
      KeyId: arnOf(key),
      SourceEncryptionAlgorithm: SYMMETRIC,
      SourceKeyId: arnOf(source.key),
      SourceKeyMaterialId: source.materialId,
    }
  },

  GenerateDataKey: generateDataKey,

  GenerateDataKeyWithoutPlaintext(call) {
    const { Plaintext, ...answer } = generateDataKey(call)
    return answer
  },

  GenerateRandom({ parameters }) {
    const length = parameters.integer('NumberOfBytes', 1, 1024) ?? 0
    if (length === 0) throw kmsErrors.validation('NumberOfBytes is required.')
    return { Plaintext: random(length).toString('base64') }
  },
}

function generateDataKey(call: KmsCall) {
  const key = encryptionKey(call)
  const plaintext = random(dataKeyLength(call.parameters))
  return {
    CiphertextBlob: seal(key, plaintext, call.context()),
    KeyId: arnOf(key),
    KeyMaterialId: currentMaterial(key).id,
    Plaintext: plaintext.toString('base64'),
  }
}

function dataKeyLength(parameters: Parameters): number {
  const spec = parameters.choice('KeySpec', ['AES_256', 'AES_128'])
  const length = parameters.integer('NumberOfBytes', 1, 1024)
  if ((spec === undefined) === (length === undefined))
    throw kmsErrors.validation('Please specify either number of bytes or key spec.')
  return length ?? (spec === 'AES_128' ? 16 : 32)
}

function encryptionKey(call: KmsCall, parameter?: string): RegionalKey {
  const key = call.key(parameter)
  requireUsable(key, 'ENCRYPT_DECRYPT', call.operation)
  return key
}

function requireAlgorithm({ parameters }: KmsCall, parameter: string): void {
  const algorithm = parameters.optionalString(parameter) ?? SYMMETRIC
  if (algorithm !== SYMMETRIC)
    throw new AwsError(
      'InvalidKeyUsageException',
      `Algorithm ${algorithm} is incompatible with key spec SYMMETRIC_DEFAULT.`,
    )
}

function currentMaterial(key: RegionalKey): KeyMaterial {
  return key.shared.materials.at(-1)!
}

function seal(key: RegionalKey, plaintext: Buffer, context: EncryptionContext): string {
  return sealCiphertext(key.shared.id, currentMaterial(key), plaintext, context).toString('base64')
}

/**
 * The local replica of the ciphertext's key opens it: a ciphertext names a key by its id, which all replicas
 * share. A key that the caller names must be that one.
 */
function open(
  call: KmsCall,
  keyParameter: string,
  context: EncryptionContext,
): { key: RegionalKey; plaintext: Buffer; materialId: string } {
  const blob = call.parameters.bytes('CiphertextBlob', MAX_CIPHERTEXT_BYTES)
  const named = call.parameters.has(keyParameter) ? call.key(keyParameter) : undefined
  const ciphertext = parseCiphertext(blob)
  if (named !== undefined && named.shared.id !== ciphertext.keyId) throw kmsErrors.incorrectKey()
  const key = call.store.find(call.region, ciphertext.keyId)
  if (key === undefined) throw kmsErrors.noKeyForCiphertext()
  call.used(key)
  requireUsable(key, 'ENCRYPT_DECRYPT', call.operation)
  const plaintext = openCiphertext(ciphertext, key.shared.materials, context)
  return { key, plaintext, materialId: ciphertext.materialId }
}
