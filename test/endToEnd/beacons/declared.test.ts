// Beacons of declared tables: of what they are, what is compared, and what nobody else writes.
import { subscribe, unsubscribe } from 'node:diagnostics_channel'
import { DynamoDBClient } from '@aws-sdk/client-dynamodb'
import { BatchWriteCommand, DynamoDBDocumentClient, PutCommand, ScanCommand } from '@aws-sdk/lib-dynamodb'
import { createSearchKey, createSearchTokens } from '@dynaseal/core'
import { falsePositiveChannel, openPartially, sealDocumentClient, search } from '@dynaseal/document-client'
import { expect, test } from 'vitest'
import { leaks } from '../../support/recordingProxy.js'
import { EAST } from '../../support/world.js'
import { byEmail, type Client, clinic, EMAIL, put, SECRETS, STREET, scan, TABLE, TAG } from './clinic.js'

const own = clinic()

test('locations in maps, sets and shared keys', async () => {
  const client = own.declared(
    {
      aws_dbe_b_email: { of: 'email', bits: 16 },
      aws_dbe_b_street: { of: 'address.street', bits: 16 },
      aws_dbe_b_labels: { of: 'tags', members: true, bits: 16 },
    },
    { tables: { [TABLE]: { shared: { labels: 'email' } } } },
  )
  await put(client, {
    id: 'a',
    at: 1,
    email: EMAIL,
    address: { street: STREET },
    tags: new Set([EMAIL, TAG]),
  })
  await put(client, { id: 'b', at: 1, email: 'bob', address: 'no map' })
  expect(await own.stored('a')).toMatchObject({
    aws_dbe_b_email: own.beacon('email', EMAIL, 16),
    aws_dbe_b_street: own.beacon('street', STREET, 16),
    aws_dbe_b_labels: new Set([own.beacon('email', EMAIL, 16), own.beacon('email', TAG, 16)]),
  })
  expect(await scan(client, 'aws_dbe_b_street = :s', { ':s': STREET })).toEqual(['a'])
  expect(await scan(client, 'contains(aws_dbe_b_labels, :t)', { ':t': TAG })).toEqual(['a'])
  expect(leaks(own.world.proxy.sent, SECRETS)).toEqual([])
})

test('what has the same beacon and another value is dropped and published, and pages stay honest', async () => {
  const client = own.declared({ aws_dbe_b_email: { of: 'email', bits: 1 } })
  const emails = Array.from({ length: 24 }, (_, n) => `${n}@example.com`)
  for (const [n, email] of emails.entries()) await put(client, { id: `${n}`, at: n, email })
  const events: unknown[] = []
  const listen = (event: unknown) => events.push(event)
  subscribe(falsePositiveChannel, listen)
  const found: unknown[] = []
  let scanned = 0
  let ExclusiveStartKey: Record<string, unknown> | undefined
  do {
    const page = await client.send(
      byEmail('7@example.com', { Limit: 5, ...(ExclusiveStartKey && { ExclusiveStartKey }) }),
    )
    expect(page.Count).toBe(page.Items!.length)
    scanned += page.ScannedCount!
    found.push(...page.Items!)
    ExclusiveStartKey = page.LastEvaluatedKey
  } while (ExclusiveStartKey !== undefined)
  unsubscribe(falsePositiveChannel, listen)
  expect(found).toEqual([{ id: '7', at: 7, email: '7@example.com' }])
  const sharing = emails.filter(
    each => own.beacon('email', each, 1) === own.beacon('email', '7@example.com', 1),
  )
  expect(scanned).toBe(sharing.length)
  expect(events).toHaveLength(sharing.length - 1)
  expect(events[0]).toEqual({ table: TABLE, keyNames: ['id'], path: ['aws_dbe_b_email'] })
})

test('an item with the beacon of another value was tampered with, and is not returned', async () => {
  const client = own.declared({ aws_dbe_b_email: { of: 'email', bits: 32 } })
  await put(client, { id: 'a', at: 1, email: EMAIL })
  await put(client, { id: 'b', at: 2, email: 'bob' })
  const planted = { ...(await own.stored('b')), aws_dbe_b_email: own.beacon('email', EMAIL, 32) }
  await own.plant(planted)
  await expect(client.send(byEmail(EMAIL))).rejects.toMatchObject({
    name: 'FieldsNotOpenedError',
    failures: [{ code: 'wrong-token', path: ['aws_dbe_b_email'] }],
  })
  const { result, unopened } = await openPartially(() => client.send(byEmail(EMAIL)))
  expect(result.Items).toEqual([{ id: 'a', at: 1, email: EMAIL }])
  expect(unopened).toHaveLength(1)
})

test('items that arrive without a command have theirs, too, and show none', async () => {
  const client = own.declared({ aws_dbe_b_email: { of: 'email', bits: 32 } })
  const item = { id: 'a', at: 1, email: EMAIL }
  const sealed = await client.sealItem(TABLE, item)
  expect(sealed).toMatchObject({ aws_dbe_b_email: own.beacon('email', EMAIL, 32) })
  expect(await client.openItem(TABLE, sealed)).toEqual(item)
})

test('a multi key store: each item has the beacons of the branch key that it names', async () => {
  const client = own.declared(
    {
      aws_dbe_b_email: { of: 'email', tenant: 'tenant', bits: 32 },
      aws_dbe_b_tags: { of: 'tags', members: true, tenant: 'tenant', bits: 32 },
    },
    { keyFieldName: 'tenant' },
  )
  for (const n of [1, 2])
    await put(client, { id: `${n}`, at: n, tenant: `tenant-${n}`, email: EMAIL, tags: new Set([TAG]) })
  const [one, two] = [await own.stored('1'), await own.stored('2')]
  expect(one.aws_dbe_b_email).not.toBe(two.aws_dbe_b_email)
  const key = await own.keyringIn(EAST).beaconKey('tenant-1')
  expect(one.aws_dbe_b_email).toBe(own.beacon('email', EMAIL, 32, key.secret))
  key.release()
  const { Items } = await client.send(byEmail(EMAIL, {}, 'tenant-2'))
  expect(Items).toEqual([{ id: '2', at: 2, tenant: 'tenant-2', email: EMAIL, tags: new Set([TAG]) }])
  const ofTags = new ScanCommand({
    TableName: TABLE,
    FilterExpression: 'contains(aws_dbe_b_tags, :t)',
    ExpressionAttributeValues: { ':t': search(TAG, { tenant: 'tenant-1' }) },
  })
  expect((await client.send(ofTags)).Items?.map(({ id }) => id)).toEqual(['1'])
  await expect(client.send(byEmail(EMAIL))).rejects.toMatchObject({ code: 'invalid-value' })
  const ofNobody = put(client, { id: '3', at: 3, email: EMAIL })
  await expect(ofNobody).rejects.toMatchObject({ code: 'invalid-value' })
})

test('what is sealed already is sent again as it is', async () => {
  const client = own.declared({ aws_dbe_b_email: { of: 'email', bits: 32 } })
  await put(client, { id: 'a', at: 1, email: EMAIL })
  const sealed = await own.stored('a')
  await client.send(new BatchWriteCommand({ RequestItems: { [TABLE]: [{ PutRequest: { Item: sealed } }] } }))
  expect(await own.stored('a')).toEqual(sealed)
})

test('nobody else writes an attribute with the name of a beacon', async () => {
  const client = own.declared({ aws_dbe_b_email: { of: 'email', bits: 32 } })
  const given = put(client, { id: 'a', at: 1, email: EMAIL, aws_dbe_b_email: '12345678' })
  await expect(given).rejects.toMatchObject({ code: 'plaintext-refused' })
  const unknown = put(client, { id: 'a', at: 1, email: EMAIL, aws_dbe_b_other: '12345678' })
  await expect(unknown).rejects.toMatchObject({ name: 'SealError', path: ['aws_dbe_b_other'] })
  const none = put(client, { id: 'a', at: 1, aws_dbe_b_email: '12345678' })
  await expect(none).rejects.toMatchObject({ code: 'plaintext-refused' })
  await expect(scan(client, 'aws_dbe_b_email = :e', { ':e': EMAIL })).resolves.toEqual([])
})

test('other search tokens have other names', async () => {
  const searchKey = await createSearchKey(own.world.keyring(EAST))
  const client = sealDocumentClient(DynamoDBDocumentClient.from(new DynamoDBClient(own.world.config(EAST))), {
    ...own.optionsIn(EAST),
    search: createSearchTokens({ keyring: own.world.keyring(EAST), writeWith: searchKey }),
  })
  const tokens = { aws_dbe_b_email: { of: 'email' }, tagToken: { of: 'tag' } }
  client.declare({ table: TABLE, key: ['id'], encrypted: ['email', 'tag'], tokens })
  await expect(put(client as Client, { id: 'a', email: EMAIL })).rejects.toMatchObject({
    name: 'SealError',
    reason: expect.stringMatching(/createBeacons/),
  })
  // They are attributes like others, and signed.
  await put(client as Client, { id: 'a', tag: TAG })
  expect(await own.stored('a')).toMatchObject({ tagToken: expect.stringMatching(/^1\./) })
  expect(await scan(client as Client, 'tagToken = :t', { ':t': TAG })).toEqual(['a'])
})

test('a virtual field that lacks a part is refused where one before that is no text, as the releases have it', async () => {
  const client = own.declared({ aws_dbe_b_both: { of: ['diagnosis', 'email'], bits: 16 } })
  const bytes = Uint8Array.of(1)
  const { signal: abortSignal } = new AbortController()
  for (const options of [undefined, { abortSignal }]) {
    const putting = client.send(
      new PutCommand({ TableName: TABLE, Item: { id: 'a', at: 1, diagnosis: bytes } }),
      options,
    )
    await expect(putting).rejects.toMatchObject({
      name: 'SearchError',
      code: 'invalid-value',
      message: expect.stringContaining('a virtual field is of texts'),
    })
  }
  expect(own.world.proxy.sent).toEqual([])
  await put(client, { id: 'b', at: 1, email: bytes })
  await put(client, { id: 'c', at: 1, diagnosis: 'text' })
  for (const id of ['b', 'c']) expect(await own.stored(id)).not.toHaveProperty('aws_dbe_b_both')
})
