// Items without a command, of a table that was declared.
import { DynamoDBClient } from '@aws-sdk/client-dynamodb'
import { DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb'
import { marshall } from '@aws-sdk/util-dynamodb'
import { DocumentClientError, sealDocumentClient, sealDynamoDBClient } from '@dynaseal/document-client'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { inBase64 } from '../../support/streamRecords.js'
import { createWorld, EAST, WEST, type World } from '../../support/world.js'

const person = {
  id: 'ada',
  email: 'secret',
  cards: [{ number: 'secret', brand: 'A' }],
  plan: 'pro',
  type: 'person',
}
const note = { id: 'note', email: 'in clear', type: 'note' }

let world: World
beforeAll(async () => {
  world = await createWorld()
}, 60_000)
afterAll(() => world.stop())

const clientIn = (region: string) =>
  sealDocumentClient(DynamoDBDocumentClient.from(new DynamoDBClient(world.config(region))), {
    keyring: world.keyring(region),
  }).declare(
    {
      table: 'people',
      key: ['id'],
      encrypted: ['email', 'cards[*].number'],
      when: { attribute: 'type', equals: 'person' },
    },
    { table: 'people', key: ['id'], encrypted: [], when: { attribute: 'type', equals: 'note' } },
  )

test('plain values at declared paths are sealed, and opened in an item, a record and an export', async () => {
  const sealed = await clientIn(EAST).sealItems('people', [person, note])
  expect(sealed[0]?.email).toBeInstanceOf(Uint8Array)
  expect(sealed[1]).toEqual(note)
  const reader = clientIn(WEST)
  expect(await reader.openItems('people', sealed)).toEqual([person, note])
  const image = marshall(sealed[0])
  const record = {
    eventName: 'INSERT',
    eventSourceARN: `arn:aws:dynamodb:${EAST}:000000000000:table/people/stream/1`,
    dynamodb: { SequenceNumber: '1', Keys: { id: image.id }, NewImage: image },
  }
  const { newImage } = await reader.openStreamRecord(JSON.parse(JSON.stringify(record, inBase64)))
  expect(newImage).toEqual(person)
  const file = Buffer.from(JSON.stringify({ Item: image }, inBase64))
  for await (const item of reader.openExport('people', [file])) expect(item).toEqual(person)
})

test('a client of attribute values takes and gives these', async () => {
  const declaration = { table: 'numbers', key: ['id'], encrypted: ['exact'] }
  const client = sealDynamoDBClient(new DynamoDBClient(world.config(EAST)), {
    keyring: world.keyring(EAST),
  }).declare(declaration)
  const item = {
    id: { N: '12345678901234567890' },
    exact: { N: '0.1234567890123456789' },
    open: { SS: ['a'] },
  }
  const sealed = await client.sealItem('numbers', item)
  expect(sealed).toMatchObject({ id: item.id, exact: { B: expect.any(Uint8Array) }, open: item.open })
  expect(await client.openItem('numbers', sealed)).toEqual(item)
  const { id } = item
  const table = `arn:aws:dynamodb:${EAST}:000000000000:table/numbers/stream/1`
  const change = { SequenceNumber: '1', Keys: { id }, NewImage: sealed }
  const record = { eventName: 'INSERT', eventSourceARN: table, dynamodb: change }
  const opened = await client.openStreamRecord(JSON.parse(JSON.stringify(record, inBase64)))
  expect(opened).toMatchObject({ keys: { id }, newImage: item, oldImage: undefined })
  const lines = [{ Item: sealed }, { Keys: { id }, OldImage: sealed }].map(line =>
    JSON.stringify(line, inBase64),
  )
  for await (const one of client.openExport('numbers', [Buffer.from(lines[0]!)])) expect(one).toEqual(item)
  for await (const one of client.openIncrementalExport('numbers', [Buffer.from(lines[1]!)]))
    expect(one).toEqual({ keys: { id }, newImage: undefined, oldImage: item })
})

test('errors are those of this package', async () => {
  const error = await clientIn(EAST)
    .openItem('nowhere', {})
    .catch(thrown => thrown)
  expect(Object.getPrototypeOf(error)).toBe(DocumentClientError.prototype)
  expect(error).toMatchObject({ code: 'not-registered' })
})
