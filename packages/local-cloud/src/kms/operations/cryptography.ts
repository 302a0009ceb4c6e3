import { randomBytes } from 'node:crypto'
import { MAX_CIPHERTEXT_BYTES, openCiphertext, parseCiphertext, sealCiphertext } from '../ciphertext.js'
import { kmsErrors } from '../errors.js'
import { arnOf, type RegionalKey } from '../key.js'
import { requireUsable } from '../keyAccess.js'
import type { EncryptionContext, Parameters } from '../parameters.js'
import type { KmsCall, KmsOperations } from './types.js'

/** Direct encryption takes at most 4,096 bytes (AWS KMS API reference, Encrypt). */
const MAX_PLAINTEXT_BYTES = 4096

const SYMMETRIC = 'SYMMETRIC_DEFAULT'

export const cryptography: KmsOperations = {
  Encrypt(call) {
    const key = encryptionKey(call)
    const plaintext = call.parameters.bytes('Plaintext', MAX_PLAINTEXT_BYTES)
    return {
      CiphertextBlob: seal(key, plaintext, call.context()),
      EncryptionAlgorithm: SYMMETRIC,
      KeyId: arnOf(key),
    }
  },

  Decrypt(call) {
    const { key, plaintext } = open(call, 'CiphertextBlob', 'KeyId', call.context())
    return { EncryptionAlgorithm: SYMMETRIC, KeyId: arnOf(key), Plaintext: plaintext.toString('base64') }
  },

  ReEncrypt(call) {
    const source = open(call, 'CiphertextBlob', 'SourceKeyId', call.context('SourceEncryptionContext'))
    const key = encryptionKey(call, 'DestinationKeyId')
    return {
      CiphertextBlob: seal(key, source.plaintext, call.context('DestinationEncryptionContext')),
      DestinationEncryptionAlgorithm: SYMMETRIC,
      KeyId: arnOf(key),
      SourceEncryptionAlgorithm: SYMMETRIC,
      SourceKeyId: arnOf(source.key),
    }
  },

  GenerateDataKey: generateDataKey,

  GenerateDataKeyWithoutPlaintext(call) {
    const { CiphertextBlob, KeyId } = generateDataKey(call)
    return { CiphertextBlob, KeyId }
  },

  GenerateRandom({ parameters }) {
    const length = parameters.integer('NumberOfBytes', 1, 1024) ?? 0
    if (length === 0) throw kmsErrors.validation('NumberOfBytes is required.')
    return { Plaintext: randomBytes(length).toString('base64') }
  },
}

function generateDataKey(call: KmsCall): { CiphertextBlob: string; KeyId: string; Plaintext: string } {
  const key = encryptionKey(call)
  const plaintext = randomBytes(dataKeyLength(call.parameters))
  return {
    CiphertextBlob: seal(key, plaintext, call.context()),
    KeyId: arnOf(key),
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

function seal(key: RegionalKey, plaintext: Buffer, context: EncryptionContext): string {
  const { id, materials } = key.shared
  return sealCiphertext(id, materials.at(-1)!, plaintext, context).toString('base64')
}

/**
 * The local replica of the ciphertext's key opens it: a ciphertext names a key by its id, which all replicas
 * share. A key that the caller names must be that one.
 */
function open(
  call: KmsCall,
  blobParameter: string,
  keyParameter: string,
  context: EncryptionContext,
): { key: RegionalKey; plaintext: Buffer } {
  const blob = call.parameters.bytes(blobParameter, MAX_CIPHERTEXT_BYTES)
  const named = call.parameters.has(keyParameter) ? call.key(keyParameter) : undefined
  const ciphertext = parseCiphertext(blob)
  if (named !== undefined && named.shared.id !== ciphertext.keyId) throw kmsErrors.incorrectKey()
  const key = call.store.find(call.region, ciphertext.keyId)
  if (key === undefined) throw kmsErrors.noKeyForCiphertext()
  call.used(key)
  requireUsable(key, 'ENCRYPT_DECRYPT', call.operation)
  return { key, plaintext: openCiphertext(ciphertext, key.shared.materials, context) }
}
