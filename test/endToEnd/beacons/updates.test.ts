// Beacons of items that are read, changed and written.
import { DynamoDBClient } from '@aws-sdk/client-dynamodb'
import { DynamoDBDocumentClient, PutCommand, UpdateCommand } from '@aws-sdk/lib-dynamodb'
import { sealDocumentClient, search } from '@dynaseal/document-client'
import { expect, test } from 'vitest'
import { leaks } from '../../support/recordingProxy.js'
import { EAST } from '../../support/world.js'
import { byEmail, type Client, clinic, EMAIL, put, SECRETS, STREET, scan, TABLE, TAG } from './clinic.js'

const own = clinic()

const tokens = {
  aws_dbe_b_email: { of: 'email', bits: 32 },
  aws_dbe_b_tags: { of: 'tags', members: true, bits: 32 },
  aws_dbe_b_street: { of: 'address.street', bits: 63 },
}
const tables = { [TABLE]: { maximumNumberOfPartitions: 3 } }
const updating = () => own.declared(tokens, { tables }, { updates: 'read-change-write' })
const Key = { id: 'a' }
const update = (client: Client, UpdateExpression: string, values: object, more: object = {}) =>
  client.send(
    new UpdateCommand({
      TableName: TABLE,
      Key,
      UpdateExpression,
      ExpressionAttributeValues: values as Record<string, unknown>,
      ...more,
    }),
  )

test('an update stores the beacons of what it writes, and takes those away of what it removes', async () => {
  const client = updating()
  await put(client, { ...Key, at: 1, email: 'before', tags: new Set(['x']), address: { street: STREET } })
  const before = await own.stored('a')
  const { Attributes } = await update(
    client,
    'SET email = :e, #at = #at + :one ADD tags :t REMOVE address.street',
    { ':e': EMAIL, ':one': 1, ':t': new Set([TAG]) },
    { ExpressionAttributeNames: { '#at': 'at' }, ReturnValues: 'ALL_NEW' },
  )
  expect(Attributes).toEqual({ ...Key, at: 2, email: EMAIL, tags: new Set(['x', TAG]), address: {} })
  const after = await own.stored('a')
  expect(after.aws_dbe_b_email).not.toBe(before.aws_dbe_b_email)
  expect((after.aws_dbe_b_tags as Set<string>).size).toBe(2)
  expect(Object.keys(after)).not.toContain('aws_dbe_b_street')
  expect((await client.send(byEmail(EMAIL))).Items).toEqual([Attributes])
  expect((await client.send(byEmail('before'))).Items).toEqual([])
  expect(await scan(client, 'contains(aws_dbe_b_tags, :t)', { ':t': TAG })).toEqual(['a'])
  expect(leaks(own.world.proxy.sent, SECRETS)).toEqual([])
})

test('conditions by beacons, however short, are compared with what is searched for', async () => {
  const client = updating()
  await put(client, { ...Key, at: 1, email: 'x', tags: new Set([TAG]), address: { street: STREET } })
  const fails = { name: 'ConditionalCheckFailedException' }
  const updateIf = (ConditionExpression: string, given: Record<string, string>, at = 2) =>
    update(
      client,
      'SET #at = :at',
      {
        ':at': at,
        ...Object.fromEntries(Object.entries(given).map(([name, value]) => [name, search(value)])),
      },
      { ConditionExpression, ExpressionAttributeNames: { '#at': 'at' } },
    )
  await expect(updateIf('aws_dbe_b_street = :s', { ':s': 'nowhere' })).rejects.toMatchObject(fails)
  await expect(updateIf('aws_dbe_b_email IN (:a, :b)', { ':a': 'y', ':b': 'z' })).rejects.toMatchObject(fails)
  await expect(updateIf('attribute_not_exists(aws_dbe_b_street)', {})).rejects.toMatchObject(fails)
  expect((await own.stored('a')).at).toBe(1)
  const condition =
    'aws_dbe_b_street = :s AND aws_dbe_b_email IN (:a, :b) AND contains(aws_dbe_b_tags, :t) AND attribute_exists(aws_dbe_b_email) AND #at < :at'
  await updateIf(condition, { ':s': STREET, ':a': 'y', ':b': 'x', ':t': TAG })
  expect((await own.stored('a')).at).toBe(2)
  // A put, whose condition looks at what is encrypted as well.
  const putIf = (email: string) =>
    client.send(
      new PutCommand({
        TableName: TABLE,
        Item: { ...Key, at: 3, email: 'new' },
        ConditionExpression: 'email = :e AND aws_dbe_b_email = :s',
        ExpressionAttributeValues: { ':e': email, ':s': search(email) },
      }),
    )
  await expect(putIf('y')).rejects.toMatchObject(fails)
  await putIf('x')
  expect((await client.send(byEmail('new'))).Items).toEqual([{ ...Key, at: 3, email: 'new' }])
  await expect(updateIf('aws_dbe_b_email = :at', {})).rejects.toMatchObject({ code: 'condition-refused' })
  await expect(updateIf('NOT aws_dbe_b_email = :s', { ':s': 'x' })).rejects.toMatchObject({
    code: 'condition-refused',
  })
  await expect(update(client, 'SET email = :s', { ':s': search('x') })).rejects.toMatchObject({
    code: 'condition-refused',
  })
  expect(leaks(own.world.proxy.sent, SECRETS)).toEqual([])
})

test('an update writes no beacon by its name, and leaves no item without those of others', async () => {
  const client = updating()
  await put(client, { ...Key, at: 1, email: EMAIL })
  const byName = update(client, 'SET aws_dbe_b_email = :e', { ':e': '12345678' })
  await expect(byName).rejects.toMatchObject({ code: 'plaintext-refused' })
  const copied = update(client, 'SET copied = if_not_exists(aws_dbe_b_email, :e)', { ':e': 'x' })
  await expect(copied).rejects.toMatchObject({
    code: 'update-refused',
    message: expect.stringMatching(/'aws_dbe_b_email' is a search token/),
  })
  const raw = { ...(await own.stored('a')), aws_dbe_b_theirs: '1' }
  await own.plant(raw)
  const lost = update(client, 'SET email = :e', { ':e': 'x' })
  await expect(lost).rejects.toMatchObject({
    code: 'update-refused',
    message: expect.stringMatching(/aws_dbe_b_theirs/),
  })
})

test('an update leaves no item without what only another kind of items has a beacon of here', async () => {
  const client = sealDocumentClient(DynamoDBDocumentClient.from(new DynamoDBClient(own.world.config(EAST))), {
    ...own.optionsIn(EAST, {}),
    updates: 'read-change-write',
  })
  const kind = (equals: string, name: string) => ({
    table: TABLE,
    key: ['id'] as const,
    encrypted: [name],
    tokens: { [`aws_dbe_b_${name}`]: { of: name, bits: 32 } },
    when: { attribute: 'type', equals },
  })
  client.declare(kind('one', 'email'), kind('other', 'phone'))
  const update = () =>
    client.send(
      new UpdateCommand({
        ...{ TableName: TABLE, Key: { id: 'a' }, UpdateExpression: 'SET email = :e' },
        ExpressionAttributeValues: { ':e': EMAIL },
      }),
    )
  await put(client, { id: 'a', at: 1, type: 'one', email: 'before' })
  await update()
  const raw = { ...(await own.stored('a')), aws_dbe_b_phone: '12345678' }
  await own.plant(raw)
  await expect(update()).rejects.toMatchObject({ code: 'update-refused' })
  expect(await own.stored('a')).toEqual(raw)
})
