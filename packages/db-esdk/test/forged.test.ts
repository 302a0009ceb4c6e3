import type { AttributeValue } from '@dynaseal/core'
import { sourceAsKeyring } from '@dynaseal/core/formats'
import { expect, it } from 'vitest'
import { commitmentOf } from '../src/commitment.js'
import { type Pairs, serializePairs } from '../src/context.js'
import { PlainFields, type SignedField } from '../src/fields.js'
import { layOutHeader, parseHeader } from '../src/header.js'
import { createItemEncryptor, type Item } from '../src/index.js'
import { Recipient, WRAPPED_BYTES } from '../src/intermediateKeys.js'
import { withItemKeys } from '../src/keys.js'
import { digestOf } from '../src/record.js'
import { Sealing } from '../src/seal.js'
import { Table } from '../src/table.js'
import { attributesOf, rejection } from './support/items.js'

// What only who has the keys can make, so that of all checks the last one has to notice it.

const intermediateKey = Buffer.alloc(32, 7)
const dataKey = Buffer.alloc(32, 8)
const entry = { providerId: 'p', providerInfo: 'i', encryptedDataKey: Uint8Array.of(1) }
const table = new Table(
  { table: 'Customers', partitionKey: 'id', sortKey: undefined },
  { attributeActionsOnEncrypt: { ssn: 'ENCRYPT_AND_SIGN' } },
)
const item: Item = { id: { S: 'a' }, ssn: { S: 'secret' } }
const encryptor = createItemEncryptor({
  logicalTableName: 'Customers',
  partitionKeyName: 'id',
  keyring: sourceAsKeyring({
    generateDataKey: () => Promise.reject(new Error('opens only')),
    decryptDataKey: async () => Uint8Array.from(intermediateKey),
  }),
})

interface Forgery {
  readonly commitment?: (commitment: Buffer) => Buffer
  readonly stored?: Pairs
  readonly value?: (value: Buffer) => Buffer
}

/** An item with a footer that is right for it, whatever was changed before. */
function forge({ commitment = given => given, stored = {}, value = given => given }: Forgery): Item {
  const sealing = new Sealing(table, '0x6700', new PlainFields(table, attributesOf(table, item)))
  const random = () => Buffer.concat([dataKey, Buffer.alloc(32, 9)])
  const { header: honest, values } = sealing.seal([{ key: intermediateKey, entry }], random())
  const parsed = parseHeader(honest)
  const context = serializePairs({ ...stored, ...sealing.pairs })!
  const recipient = new Recipient()
  recipient.setKey(intermediateKey)
  const encryptedDataKey = Buffer.alloc(WRAPPED_BYTES + 1, 1)
  recipient.wrapInto(encryptedDataKey, dataKey, context)
  const encryptedDataKeys = [{ ...entry, encryptedDataKey }]
  const header = layOutHeader({ ...parsed, context: serializePairs(stored)!, encryptedDataKeys })
  const body = header.subarray(0, -32)
  header.set(
    commitment(withItemKeys(dataKey, parsed.messageId, commit => commitmentOf(body, commit))),
    body.length,
  )
  const ssn = value(values.get('ssn')!)
  const fields: SignedField[] = [
    { name: 'id', letter: 's', path: table.paths.of('id'), bytes: Buffer.from([0, 1, 0x61]) },
    { name: 'ssn', letter: 'e', path: table.paths.of('ssn'), bytes: ssn },
  ]
  const digest = digestOf(header, context, record => {
    for (const field of fields) record.add(field)
  })
  const footer = recipient.tag(digest)
  return {
    id: item.id as AttributeValue,
    ssn: { B: ssn },
    aws_dbe_head: { B: header },
    aws_dbe_foot: { B: footer },
  }
}

const flipped = (bytes: Buffer) => {
  const copy = Buffer.from(bytes)
  copy[copy.length - 1]! ^= 1
  return copy
}

it('opens what is forged without a change, and keeps pairs that are stored besides', async () => {
  expect(await encryptor.decryptItem(forge({}))).toEqual(item)
  expect(await encryptor.decryptItem(forge({ stored: { tenant: 'acme' } }))).toEqual(item)
})

it('refuses a commitment that is not that of the data key', async () => {
  const error = await rejection(() => encryptor.decryptItem(forge({ commitment: flipped })))
  expect(error).toMatchObject({ code: 'not-authentic', path: [] })
})

it('refuses a pair that is stored and says something else', async () => {
  const stored = { 'aws-crypto-table-name': 'Others' }
  const error = await rejection(() => encryptor.decryptItem(forge({ stored })))
  expect(error).toMatchObject({ code: 'wrong-context', path: [] })
})

it.each<[string, Pairs]>([
  ['a public key where nothing is signed', { 'aws-crypto-public-key': 'A'.repeat(66) }],
  ['a pair without a name', { '': 'nothing' }],
])('refuses %s that is stored', async (_, stored) => {
  const error = await rejection(() => encryptor.decryptItem(forge({ stored })))
  expect(error).toMatchObject({ code: 'malformed-message', path: [] })
})

it('refuses the name of a sort key whose value is not in the context', async () => {
  const error = await rejection(() =>
    encryptor.decryptItem(forge({ stored: { 'aws-crypto-sort-name': 'at' } })),
  )
  expect(error).toMatchObject({ code: 'wrong-context', path: [] })
})

it('refuses a value that does not authenticate by itself', async () => {
  const error = await rejection(() => encryptor.decryptItem(forge({ value: flipped })))
  expect(error).toMatchObject({ code: 'not-authentic', path: ['ssn'] })
})
