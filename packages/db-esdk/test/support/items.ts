import { RawAesKeyringNode, RawAesWrappingSuiteIdentifier } from '@aws-crypto/client-node'
import type { Attributes } from '../../src/fields.js'
import type { AlgorithmSuite, CryptoAction, Item, ItemEncryptorOptions } from '../../src/index.js'
import { createItemEncryptor } from '../../src/index.js'
import type { Table } from '../../src/table.js'

export const SUITES: readonly AlgorithmSuite[] = ['0x6700', '0x6701']

export const customer: Item = {
  id: { S: 'customer-1' },
  ssn: { S: '078-05-1120' },
  cards: { L: [{ M: { number: { S: '4111111111111111' }, limit: { N: '500' } } }] },
  plan: { S: 'pro' },
  visits: { N: '3' },
}

export const actions: Record<string, CryptoAction> = {
  id: 'SIGN_ONLY',
  ssn: 'ENCRYPT_AND_SIGN',
  cards: 'ENCRYPT_AND_SIGN',
  visits: 'DO_NOTHING',
}

export function rawKeyring(name = 'test') {
  return new RawAesKeyringNode({
    keyName: name,
    keyNamespace: 'dynaseal-tests',
    unencryptedMasterKey: new Uint8Array(32).fill(name.length),
    wrappingSuite: RawAesWrappingSuiteIdentifier.AES256_GCM_IV12_TAG16_NO_PADDING,
    utf8Sorting: true,
  })
}

/** An encryptor of customers. */
export function customers(options: Partial<ItemEncryptorOptions> = {}) {
  return createItemEncryptor({
    logicalTableName: 'Customers',
    partitionKeyName: 'id',
    attributeActionsOnEncrypt: actions,
    allowedUnsignedAttributes: ['visits'],
    keyring: rawKeyring(),
    ...options,
  })
}

export const bytesOf = (item: Item, name: string) => Buffer.from((item[name] as { B: Uint8Array }).B)

/** What a call rejects with, or throws. */
export async function rejection(call: () => Promise<unknown>): Promise<Error & Record<string, unknown>> {
  try {
    await call()
  } catch (error) {
    return error as Error & Record<string, unknown>
  }
  throw new Error('it succeeded')
}

/** An item as it is sealed, with what its table says of each attribute. */
export function attributesOf(table: Table, item: Item): Attributes {
  const names = Object.keys(item)
  return { names, values: Object.values(item), letters: names.map(name => table.letterOf(name)) }
}
