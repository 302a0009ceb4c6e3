import { constants, privateDecrypt, publicEncrypt } from 'node:crypto'
import { readFileSync } from 'node:fs'
import {
  type KeyringNode,
  MultiKeyringNode,
  RawAesKeyringNode,
  RawAesWrappingSuiteIdentifier,
  RawRsaKeyringNode,
} from '@aws-crypto/client-node'
import type { AttributeValue, Keyring } from '@dynaseal/core'
import { sourceAsKeyring } from '@dynaseal/core/formats'
import { unwrap, wrap, wrappedUnder } from '../../../branch-keyring/src/wrapping.js'
import { serializePairs } from '../../src/context.js'
import { type CryptoAction, createItemEncryptor, type Item, type ItemEncryptor } from '../../src/index.js'

export interface KeyringConfig {
  readonly type: 'raw-aes' | 'raw-rsa' | 'raw-ecdh' | 'multi' | 'hierarchical' | 'kms-recorded'
  readonly namespace: string
  readonly name: string
  readonly key: string
  readonly padding: string
  readonly publicKey: string
  readonly privateKey: string
  readonly generator: KeyringConfig
  readonly children: readonly KeyringConfig[]
  readonly branchKeyId: string
  readonly branchKeyVersion: string
  readonly branchKey: string
  readonly blobs: Readonly<
    Record<string, { arn: string; plaintext: string; context: Record<string, string> }>
  >
}

export interface Config {
  readonly logicalTableName: string
  readonly partitionKeyName: string
  readonly sortKeyName?: string
  readonly attributeActions: Readonly<Record<string, CryptoAction>>
  readonly algorithmSuite?: '6700' | '6701'
  readonly allowedUnsignedAttributes?: readonly string[]
  readonly allowedUnsignedAttributePrefix?: string
  readonly keyring: KeyringConfig
}

type Json = Readonly<Record<string, unknown>>

export interface Vector {
  readonly id: string
  readonly description: string
  readonly config: Config
  readonly plaintext: Json
  readonly encrypted: Json
  readonly encryptionContext: Readonly<Record<string, string>>
  readonly outcome: 'sealed' | 'refused'
}

type Vectors = Readonly<Record<'positives' | 'tolerated' | 'negatives' | 'sealing', readonly Vector[]>>

/** Made and judged by the official Java release: see test/vectors/README.md. */
export const vectors: Vectors = JSON.parse(
  readFileSync(new URL('../../../../test/vectors/dbEsdk/vectors.json', import.meta.url), 'utf8'),
)

/** Made by who has the keys, and judged by the official Java release. */
export const crafted: readonly Vector[] = JSON.parse(
  readFileSync(new URL('../../../../test/vectors/dbEsdk/crafted.json', import.meta.url), 'utf8'),
).items

/** DynamoDB JSON, with binary in base64, as attribute values. */
export function itemOf(json: Json): Item {
  return Object.fromEntries(
    Object.entries(json).map(([name, value]) => [name, attributeValue(value as Json)]),
  )
}

function attributeValue(json: Json): AttributeValue {
  const [[type, content]] = Object.entries(json) as [[string, never]]
  if (type === 'B') return { B: bytes(content) }
  if (type === 'BS') return { BS: (content as string[]).map(bytes) }
  if (type === 'L') return { L: (content as Json[]).map(attributeValue) }
  if (type === 'M') return { M: itemOf(content) }
  return { [type]: content } as unknown as AttributeValue
}

const bytes = (text: string) => new Uint8Array(Buffer.from(text, 'base64'))

export function encryptorOf(config: Config, keyring = keyringOf(config.keyring)): ItemEncryptor {
  const { attributeActions, algorithmSuite, keyring: _, ...same } = config
  const suite = algorithmSuite === undefined ? {} : { algorithmSuite: `0x${algorithmSuite}` as const }
  return createItemEncryptor({ ...same, ...suite, attributeActionsOnEncrypt: attributeActions, keyring })
}

const AES = {
  16: RawAesWrappingSuiteIdentifier.AES128_GCM_IV12_TAG16_NO_PADDING,
  24: RawAesWrappingSuiteIdentifier.AES192_GCM_IV12_TAG16_NO_PADDING,
  32: RawAesWrappingSuiteIdentifier.AES256_GCM_IV12_TAG16_NO_PADDING,
}

/** The keyrings of the AWS Encryption SDK, where it has them. */
export function keyringOf(config: KeyringConfig): Keyring {
  switch (config.type) {
    case 'raw-aes': {
      // Memory of its own: the keyring refuses what shares a pool.
      const unencryptedMasterKey = new Uint8Array(Buffer.from(config.key, 'hex'))
      return new RawAesKeyringNode({
        keyNamespace: config.namespace,
        keyName: config.name,
        unencryptedMasterKey,
        wrappingSuite: AES[unencryptedMasterKey.length as keyof typeof AES],
        // Else contexts whose keys have characters beyond U+FFFF are bound in an order of its own.
        utf8Sorting: true,
      })
    }
    case 'raw-rsa': {
      const oaepHash = /^OAEP_(SHA\d+)_MGF1$/.exec(config.padding)?.[1]?.toLowerCase() as 'sha256' | undefined
      if (oaepHash === undefined) return pkcs1(config)
      return new RawRsaKeyringNode({
        keyNamespace: config.namespace,
        keyName: config.name,
        rsaKey: { publicKey: config.publicKey, privateKey: config.privateKey },
        padding: constants.RSA_PKCS1_OAEP_PADDING,
        oaepHash,
      })
    }
    case 'multi':
      return new MultiKeyringNode({
        generator: keyringOf(config.generator) as KeyringNode,
        children: config.children.map(child => keyringOf(child) as KeyringNode),
      })
    case 'hierarchical':
      return branchKey(config)
    case 'kms-recorded':
      return recorded(config)
    default:
      throw new TypeError(`There is no keyring of type ${config.type} for Node.js.`)
  }
}

/** As a raw RSA keyring: Node.js 20 decrypts with no padding but OAEP, so that of the AWS Encryption SDK opens nothing. */
function pkcs1({ namespace, name, publicKey, privateKey }: KeyringConfig): Keyring {
  return sourceAsKeyring({
    async generateDataKey() {
      const dataKey = crypto.getRandomValues(new Uint8Array(32))
      const encryptedDataKey = publicEncrypt(
        { key: publicKey, padding: constants.RSA_PKCS1_PADDING },
        dataKey,
      )
      return { dataKey, encryptedDataKeys: [{ providerId: namespace, providerInfo: name, encryptedDataKey }] }
    },
    async decryptDataKey({ encryptedDataKeys }) {
      const entry = encryptedDataKeys.find(
        ({ providerId, providerInfo }) => providerId === namespace && providerInfo === name,
      )
      if (entry === undefined) throw new Error('none is wrapped under the key')
      const options = { key: privateKey, padding: constants.RSA_NO_PADDING }
      const padded = privateDecrypt(options, entry.encryptedDataKey)
      return new Uint8Array(padded.subarray(padded.indexOf(0, 2) + 1))
    },
  })
}

/** One version of a branch key, which is given. */
function branchKey({ branchKey, branchKeyId, branchKeyVersion }: KeyringConfig): Keyring {
  const providerId = 'aws-kms-hierarchy'
  const wrapping = (pairs: Readonly<Record<string, string>>) => ({
    secret: Buffer.from(branchKey, 'hex'),
    branchKeyId,
    version: Buffer.from(branchKeyVersion.replaceAll('-', ''), 'hex'),
    context: serializePairs(pairs)!,
  })
  return sourceAsKeyring({
    async generateDataKey({ encryptionContext }) {
      const dataKey = crypto.getRandomValues(new Uint8Array(32))
      const encryptedDataKey = wrap(dataKey, wrapping(encryptionContext))
      return { dataKey, encryptedDataKeys: [{ providerId, providerInfo: branchKeyId, encryptedDataKey }] }
    },
    async decryptDataKey({ encryptionContext, encryptedDataKeys }) {
      const entry = encryptedDataKeys.find(
        ({ providerId: id, providerInfo, encryptedDataKey }) =>
          id === providerId &&
          providerInfo === branchKeyId &&
          wrappedUnder(encryptedDataKey, 32) === branchKeyVersion,
      )
      if (entry === undefined) throw new Error('none is wrapped under the branch key')
      return unwrap(entry.encryptedDataKey, wrapping(encryptionContext))
    },
  })
}

/** What KMS answered when the vector was made. */
function recorded({ blobs }: KeyringConfig): Keyring {
  return sourceAsKeyring({
    generateDataKey: () => Promise.reject(new Error('what was recorded generates nothing')),
    async decryptDataKey({ encryptionContext, encryptedDataKeys }) {
      for (const { providerId, encryptedDataKey } of encryptedDataKeys) {
        const answer = blobs[Buffer.from(encryptedDataKey).toString('base64')]
        if (providerId !== 'aws-kms' || answer === undefined) continue
        const expected = serializePairs(answer.context)!
        if (!serializePairs(encryptionContext)!.equals(expected))
          throw new Error('InvalidCiphertextException')
        return new Uint8Array(Buffer.from(answer.plaintext, 'hex'))
      }
      throw new Error('KMS was not asked for these')
    },
  })
}
