import { readFileSync } from 'node:fs'
import { RawAesKeyringNode, RawAesWrappingSuiteIdentifier } from '@aws-crypto/client-node'
import type { AttributePath, AttributeValue } from '../../src/index.js'

/** Where a vector's field was read; `test/vectors/README.md` has all members. */
export interface VectorPlace {
  readonly name: string
  readonly table: string
  readonly key: Record<string, AttributeValue>
  readonly encryptionContext: Record<string, string>
}

export type VectorPath = AttributePath

export interface WrappingKey {
  readonly namespace: string
  readonly name: string
  readonly key: string
}

export const vectorsFolder = new URL('../../../../test/vectors/', import.meta.url)

export function loadVectors<FILE>(name: string): FILE {
  return JSON.parse(readFileSync(new URL(name, vectorsFolder), 'utf8'))
}

export function vectorKeyring({ namespace, name, key }: WrappingKey): RawAesKeyringNode {
  return new RawAesKeyringNode({
    keyName: name,
    keyNamespace: namespace,
    unencryptedMasterKey: Uint8Array.from(Buffer.from(key, 'hex')),
    wrappingSuite: RawAesWrappingSuiteIdentifier.AES256_GCM_IV12_TAG16_NO_PADDING,
    utf8Sorting: true,
  })
}

/** Binaries from base64, as in DynamoDB's JSON. */
export function fromJson(value: AttributeValue): AttributeValue {
  const bytes = (text: unknown) => Uint8Array.from(Buffer.from(text as string, 'base64'))
  if ('B' in value) return { B: bytes(value.B) }
  if ('BS' in value) return { BS: value.BS.map(bytes) }
  if ('L' in value) return { L: value.L.map(fromJson) }
  if ('M' in value) return { M: valuesFromJson(value.M) }
  return value
}

export function valuesFromJson(record: Record<string, AttributeValue>): Record<string, AttributeValue> {
  return Object.fromEntries(Object.entries(record).map(([name, value]) => [name, fromJson(value)]))
}
