// Numbers in clear that are signed, and have more digits than JavaScript's: what another application wrote opens all the same.
import { DynamoDBDocumentClient, GetCommand, QueryCommand, TransactGetCommand } from '@aws-sdk/lib-dynamodb'
import { sealDocumentClient } from '@dynaseal/document-client'
import { beforeEach, describe, expect, test } from 'vitest'
import { NO_FUNCTIONS, takesFunctions } from '../../support/wrapNumbers.js'
import { Key, other, update, wireKey, withItem } from './oneItem.js'
import { format, type Item, put, SEALED } from './twins.js'

const given = withItem()
const DIGITS = '0.12345678901234567890123456789012345678'
const LONG = '12345678901234567890'
const IN_CLEAR = {
  n: { N: DIGITS },
  long: { N: LONG },
  usual: { N: '1.50' },
  set: { NS: [DIGITS, '2'] },
  list: { L: [{ N: DIGITS }, { M: { n: { N: `-${DIGITS}` } } }] },
}

beforeEach(async () => {
  const theirs = await other().encryptItem({
    ...wireKey,
    ...IN_CLEAR,
    secret: { S: 'a' },
    plan: { N: DIGITS },
  })
  await given.world.raw.send(put(SEALED, theirs as Item))
})

class Big {
  constructor(readonly digits: string) {}
}

describe('numbers of many digits', () => {
  test.for<[string, object, (text: string) => unknown]>([
    ['as JavaScript has them', {}, text => (text === LONG ? BigInt(text) : Number(text))],
    ['as the application has them', { wrapNumbers: (text: string) => new Big(text) }, text => new Big(text)],
  ])('%s', async ([, unmarshallOptions, native], { skip }) => {
    skip(!takesFunctions && 'wrapNumbers' in unmarshallOptions, NO_FUNCTIONS)
    const client = sealDocumentClient(
      DynamoDBDocumentClient.from(given.world.client(), { unmarshallOptions }),
      { format: format(), updates: 'read-change-write' },
    ).declare({ table: SEALED, key: ['id'], encrypted: ['secret'] })
    const expected = {
      ...{ ...Key, secret: 'a', plan: native(DIGITS), n: native(DIGITS), long: native(LONG) },
      ...{ usual: native('1.5'), set: new Set([native(DIGITS), native('2')]) },
      list: [native(DIGITS), { n: native(`-${DIGITS}`) }],
    }
    expect(await given.load(client)).toEqual(expected)
    const query = new QueryCommand({
      ...{ TableName: SEALED, KeyConditionExpression: 'id = :id', ConsistentRead: true },
      ExpressionAttributeValues: { ':id': Key.id },
    })
    expect((await client.send(query)).Items).toEqual([expected])
    const read = new TransactGetCommand({ TransactItems: [{ Get: { TableName: SEALED, Key } }] })
    expect((await client.send(read)).Responses).toEqual([{ Item: expected }])
    const part = new GetCommand({
      ...{ TableName: SEALED, Key, ConsistentRead: true, ProjectionExpression: '#l[0]' },
      ExpressionAttributeNames: { '#l': 'list' },
    })
    expect((await client.send(part)).Item).toEqual({ list: [native(DIGITS)] })
    const { Attributes } = await client.send(
      update('SET secret = :b', { ':b': 'b' }, { ReturnValues: 'ALL_NEW' }),
    )
    expect(Attributes).toEqual({ ...expected, secret: 'b' })
    expect((await given.world.stored(SEALED))?.n).toEqual({ N: DIGITS })
  })

  test('arrive by streams and exports', async () => {
    const client = sealDocumentClient(DynamoDBDocumentClient.from(given.world.client()), {
      format: format(),
    }).declare({ table: SEALED, key: ['id'], encrypted: ['secret'] })
    const expected = { ...Key, secret: 'a', plan: Number(DIGITS), n: Number(DIGITS), long: BigInt(LONG) }
    const image = (await given.world.stored(SEALED)) as Item
    const record = { eventName: 'INSERT', dynamodb: { Keys: wireKey, NewImage: image } } as const
    const opened = await client.openStreamRecord(record, { table: SEALED })
    expect(opened?.newImage).toMatchObject(expected)
    const json = JSON.stringify({ Item: image }, (_, value) =>
      value?.type === 'Buffer' || value instanceof Uint8Array
        ? Buffer.from(value.data ?? value).toString('base64')
        : value,
    )
    const items = []
    for await (const item of client.openExport(SEALED, [Buffer.from(`${json}\n`)])) items.push(item)
    expect(items).toMatchObject([expected])
  })
})
