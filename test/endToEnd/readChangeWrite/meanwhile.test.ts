// What others write between the read of an update and its write.
import { DeleteItemCommand, UpdateItemCommand } from '@aws-sdk/client-dynamodb'
import { PutCommand } from '@aws-sdk/lib-dynamodb'
import { describe, expect, test, vi } from 'vitest'
import type { Intercept } from '../../support/intercept.js'
import { ITEM, Key, update, wireKey, withItem } from './oneItem.js'
import { format, put, SEALED, sealedDocument } from './twins.js'

/** Does something once, between the read of an update and its write. */
function meanwhile(work: () => Promise<unknown>, times = 1): Intercept {
  return async (input, forward) => {
    if ('Item' in input && times-- > 0) await work()
    return forward(input)
  }
}

const given = withItem()

describe('others write at the same time', () => {
  test('many add, and all that they added is there', async () => {
    const count = 10
    const add = () => sealedDocument(given.world.client()).send(update('ADD n :one', { ':one': 1 }))
    await Promise.all(Array.from({ length: count }, add))
    expect(await given.load()).toMatchObject({ n: ITEM.n + count })
  })

  test('what they wrote in between is not lost', async () => {
    const theirs = sealedDocument(given.world.client())
    const client = given.between(meanwhile(() => theirs.send(update('SET plan = :p', { ':p': 'free' }))))
    const { Attributes } = await client.send(update('ADD n :one', { ':one': 1 }, { ReturnValues: 'ALL_OLD' }))
    expect(Attributes).toEqual({ ...ITEM, plan: 'free' })
    expect(await given.load()).toEqual({ ...ITEM, plan: 'free', n: 2 })
  })

  test('that they deleted it is noticed', async () => {
    const client = given.between(
      meanwhile(() => given.world.raw.send(new DeleteItemCommand({ TableName: SEALED, Key: wireKey }))),
    )
    const conditional = { ConditionExpression: 'attribute_exists(id)' }
    await expect(client.send(update('ADD n :one', { ':one': 1 }, conditional))).rejects.toMatchObject({
      name: 'ConditionalCheckFailedException',
    })
    expect(await given.world.stored(SEALED)).toBe(undefined)
  })

  test('that they made it is noticed', async () => {
    await given.world.raw.send(new DeleteItemCommand({ TableName: SEALED, Key: wireKey }))
    const theirs = sealedDocument(given.world.client())
    const client = given.between(
      meanwhile(() => theirs.send(new PutCommand({ TableName: SEALED, Item: ITEM }))),
    )
    await client.send(update('ADD n :one', { ':one': 1 }))
    expect(await given.load()).toEqual({ ...ITEM, n: 2 })
  })

  test('what is not signed is not lost either', async () => {
    const options = () => ({
      format: format({
        tables: { [SEALED]: { allowedUnsignedAttributes: ['hits'], allowedUnsignedAttributePrefix: ':' } },
      }),
    })
    const mine = sealedDocument(given.world.client(), options())
    await mine.send(new PutCommand({ TableName: SEALED, Item: { ...ITEM, hits: 1, ':x': 1 } }))
    // As the official client does it: the header stays.
    const hit = (name: string) =>
      given.world.raw.send(
        new UpdateItemCommand({
          ...{ TableName: SEALED, Key: wireKey, UpdateExpression: 'ADD #h :one' },
          ...{ ExpressionAttributeNames: { '#h': name }, ExpressionAttributeValues: { ':one': { N: '1' } } },
        }),
      )
    for (const name of ['hits', ':x'])
      await given
        .between(
          meanwhile(() => hit(name)),
          {},
          options(),
        )
        .send(update('ADD n :one', { ':one': 1 }))
    expect(await given.load(mine)).toEqual({ ...ITEM, n: 3, hits: 2, ':x': 2 })
    await mine.send(update('REMOVE hits'))
    await given
      .between(
        meanwhile(() => hit('hits')),
        {},
        options(),
      )
      .send(update('ADD n :one', { ':one': 1 }))
    expect(await given.load(mine)).toEqual({ ...ITEM, n: 4, hits: 1, ':x': 2 })
  })

  test('an item in clear that somebody changes is read again', async () => {
    await given.world.raw.send(put(SEALED, { ...wireKey, n: { N: '1' }, plan: { S: 'pro' } }))
    const change = () => given.world.raw.send(put(SEALED, { ...wireKey, n: { N: '1' }, plan: { S: 'free' } }))
    await given
      .between(meanwhile(change), {}, { plaintext: 'allow' })
      .send(update('ADD n :one', { ':one': 1 }))
    expect(await given.load()).toEqual({ ...Key, n: 2, plan: 'free' })
  })

  test('an item in clear to which somebody adds what is to be encrypted is read again', async () => {
    await given.world.raw.send(put(SEALED, { ...wireKey, n: { N: '1' } }))
    const change = () =>
      given.world.raw.send(put(SEALED, { ...wireKey, n: { N: '1' }, secret: { S: 'new' } }))
    await given
      .between(meanwhile(change), {}, { plaintext: 'allow' })
      .send(update('ADD n :one', { ':one': 1 }))
    expect(await given.load()).toEqual({ ...Key, n: 2, secret: 'new' })
  })

  test('always: it ends with an error, and nothing is written', async () => {
    vi.spyOn(Math, 'random').mockReturnValue(0)
    const theirs = sealedDocument(given.world.client())
    let times = 0
    const change = () => theirs.send(update('SET plan = :p', { ':p': `plan ${++times}` }))
    const client = given.between(meanwhile(change, 1000))
    await expect(client.send(update('ADD n :one', { ':one': 1 }))).rejects.toMatchObject({
      code: 'write-conflict',
      message: expect.stringMatching(/table sealed \(key id\).*12 times/),
    })
    vi.restoreAllMocks()
    expect(times).toBe(12)
    expect(await given.load()).toMatchObject({ n: 1, plan: 'plan 12' })
  })

  test('and the caller gives up: it ends', async () => {
    const controller = new AbortController()
    const theirs = sealedDocument(given.world.client())
    const client = given.between(
      meanwhile(async () => {
        await theirs.send(update('SET plan = :p', { ':p': 'free' }))
        controller.abort()
      }, 1000),
    )
    const sent = client.send(update('ADD n :one', { ':one': 1 }), { abortSignal: controller.signal })
    await expect(sent).rejects.toMatchObject({ name: 'AbortError' })
  })
})
