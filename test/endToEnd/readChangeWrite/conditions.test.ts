// Conditions on what is encrypted, and what is refused.
import { ConditionalCheckFailedException } from '@aws-sdk/client-dynamodb'
import { DeleteCommand, PutCommand } from '@aws-sdk/lib-dynamodb'
import { describe, expect, test } from 'vitest'
import { ITEM, Key, other, update, wireKey, withItem } from './oneItem.js'
import { type Item, keyring, put, SEALED, sealedDocument } from './twins.js'

const given = withItem()

describe('a condition on what is encrypted', () => {
  const failing = { ConditionExpression: 'secret = :wrong' }
  const values = { ':wrong': 'a guess' }
  const returned = { ReturnValuesOnConditionCheckFailure: 'ALL_OLD' } as const

  test.each([
    ['an update', () => update('REMOVE plan', values, { ...failing, ...returned })],
    [
      'a put',
      () =>
        new PutCommand({
          ...{ TableName: SEALED, Item: { ...Key, secret: 'other' }, ExpressionAttributeValues: values },
          ...{ ...failing, ...returned },
        }),
    ],
    [
      'a delete',
      () =>
        new DeleteCommand({
          TableName: SEALED,
          Key,
          ExpressionAttributeValues: values,
          ...failing,
          ...returned,
        }),
    ],
  ])('of %s fails as DynamoDB fails it, with the item opened', async (_, command) => {
    const error = await sealedDocument(given.world.client())
      .send(command() as PutCommand)
      .catch((thrown: ConditionalCheckFailedException) => thrown)
    expect(error).toBeInstanceOf(ConditionalCheckFailedException)
    const failed = error as ConditionalCheckFailedException
    expect(failed).toMatchObject({
      ...{ name: 'ConditionalCheckFailedException', message: 'The conditional request failed' },
      $metadata: { httpStatusCode: 400, requestId: expect.any(String) },
      Item: { id: { S: 'one' }, plan: { S: 'pro' }, n: { N: '1' }, secret: { S: 'a secret' } },
    })
    expect(failed.Item).not.toHaveProperty('aws_dbe_head')
    expect(JSON.stringify(error)).not.toContain('a secret')
    expect(await given.load()).toEqual(ITEM)
  })

  test('has no item with it that nobody asked for, or that is not there', async () => {
    const client = sealedDocument(given.world.client())
    await expect(client.send(update('REMOVE plan', values, failing))).rejects.toMatchObject({
      ...{ name: 'ConditionalCheckFailedException', Item: undefined },
    })
    await client.send(new DeleteCommand({ TableName: SEALED, Key }))
    await expect(
      client.send(update('REMOVE plan', values, { ...failing, ...returned })),
    ).rejects.toMatchObject({ name: 'ConditionalCheckFailedException', Item: undefined })
  })

  test('of a delete holds, and the item is returned', async () => {
    const client = sealedDocument(given.world.client())
    const { Attributes } = await client.send(
      new DeleteCommand({
        ...{ TableName: SEALED, Key, ConditionExpression: 'n < :two' },
        ExpressionAttributeValues: { ':two': 2 },
        ReturnValues: 'ALL_OLD',
      }),
    )
    expect(Attributes).toEqual(ITEM)
    expect(await given.world.stored(SEALED)).toBe(undefined)
  })

  test('on clear attributes reads nothing', async () => {
    given.world.cloud.clearCalls()
    await sealedDocument(given.world.client()).send(
      new PutCommand({
        ...{ TableName: SEALED, Item: ITEM, ConditionExpression: '#p = :pro AND attribute_exists(secret)' },
        ...{ ExpressionAttributeNames: { '#p': 'plan' }, ExpressionAttributeValues: { ':pro': 'pro' } },
      }),
    )
    expect(given.world.cloud.calls({ service: 'dynamodb' }).map(({ operation }) => operation)).toEqual([
      'PutItem',
    ])
  })

  test('may not be on header and footer', async () => {
    const client = sealedDocument(given.world.client())
    const own = { ConditionExpression: 'attribute_exists(aws_dbe_head)' }
    await expect(client.send(update('REMOVE plan', {}, own))).rejects.toMatchObject({
      code: 'condition-refused',
    })
    await expect(client.send(update('REMOVE aws_dbe_head'))).rejects.toMatchObject({ code: 'update-refused' })
  })
})

describe('what is refused', () => {
  test('updates, unless they are asked for', async () => {
    const client = sealedDocument(given.world.client(), { updates: 'refuse' })
    await expect(client.send(update('REMOVE plan'))).rejects.toMatchObject({
      code: 'update-refused',
      message: expect.stringContaining("updates: 'read-change-write'"),
    })
    const conditional = new DeleteCommand({
      ...{
        TableName: SEALED,
        Key,
        ConditionExpression: 'n = :one',
        ExpressionAttributeValues: { ':one': 1 },
      },
    })
    await expect(client.send(conditional)).rejects.toMatchObject({
      code: 'condition-refused',
      message: expect.stringContaining("updates: 'read-change-write'"),
    })
  })

  test.each([
    ['SET plan = secret', {}],
    ['SET copy = if_not_exists(missing, secret)', {}],
    ['SET copy = if_not_exists(secret, :v)', { ':v': 'none' }],
    ['SET copy = n + :v', { ':v': 1 }],
    ['SET copy = list_append(:v, l)', { ':v': [] }],
    ['SET copy = l[0]', {}],
    ['SET secret = :v, plan = secret', { ':v': 'another' }],
  ])('what would copy something encrypted into the clear: %s', async (expression, values) => {
    const before = await given.world.stored(SEALED)
    await expect(sealedDocument(given.world.client()).send(update(expression, values))).rejects.toMatchObject(
      {
        code: 'update-refused',
        message: expect.stringMatching(/'(secret|n|l|l\[0\])' of table sealed is encrypted.*in clear/),
      },
    )
    expect(await given.world.stored(SEALED)).toEqual(before)
  })

  test('also what another application has encrypted, but not a copy that is encrypted, or of what is in clear', async () => {
    const client = sealedDocument(given.world.client())
    await client.send(update('SET secret = l[0], t = plan, copy = plan, n = n + :one', { ':one': 1 }))
    expect(await given.load()).toEqual({ ...ITEM, secret: 'a', t: 'pro', copy: 'pro', n: 2 })
    const theirs = await other().encryptItem({ ...wireKey, plan: { S: 'free' }, secret: { S: 's' } })
    await given.world.raw.send(put(SEALED, theirs as Item))
    await expect(client.send(update('SET copy = plan'))).rejects.toMatchObject({ code: 'update-refused' })
    await client.send(update('SET secret = plan'))
    expect(await given.load()).toEqual({ ...Key, plan: 'free', secret: 'free' })
  })

  test.each(['seal', 'open'] as const)('a client that may only %s', async role => {
    const client = sealedDocument(given.world.client(), { role })
    given.world.cloud.clearCalls()
    await expect(client.send(update('REMOVE plan'))).rejects.toMatchObject({ code: 'role-refused' })
    expect(given.world.cloud.calls({ service: 'dynamodb' })).toEqual([])
  })

  test('the option for a format that seals attributes', () => {
    const options = { updates: 'read-change-write', keyring: keyring(), format: 'message' } as const
    expect(() => sealedDocument(given.world.client(), options)).toThrow(
      /updates is for formats that seal items as wholes/,
    )
    expect(() => sealedDocument(given.world.client(), { updates: 'sometimes' as never })).toThrow(
      /updates must be/,
    )
  })

  test.each(['AttributeUpdates', 'Expected'])('%s', async name => {
    const sent = sealedDocument(given.world.client()).send(update('REMOVE plan', {}, { [name]: {} }))
    await expect(sent).rejects.toMatchObject({ code: 'command-unsupported' })
  })

  test('ReturnValues that there are not', async () => {
    const sent = sealedDocument(given.world.client()).send(
      update('REMOVE plan', {}, { ReturnValues: 'SOME' }),
    )
    await expect(sent).rejects.toMatchObject({ code: 'command-unsupported' })
  })
})

describe('what DynamoDB refuses before it looks at an item', () => {
  test.each([
    ['a clause that stands twice', 'SET n = :v SET secret = :v', undefined],
    ['an update that is empty', '', undefined],
    ['an update that is blank', '  ', undefined],
    ['a condition that is empty', 'SET n = :v', ''],
    ['a condition that is no text', 'SET n = :v', 5],
  ])('%s', async (_, expression, ConditionExpression) => {
    const before = await given.world.stored(SEALED)
    const values = expression.trim() === '' ? {} : { ':v': 1 }
    const sent = sealedDocument(given.world.client()).send(
      update(expression, values, { ConditionExpression }),
    )
    await expect(sent).rejects.toMatchObject({ code: 'expression-syntax' })
    expect(await given.world.stored(SEALED)).toEqual(before)
  })

  test.each<[string, unknown]>([
    ['NOT nothing < :v', true],
    ['NOT n >= :v', null],
    ['n = :one OR n < :v', new Set(['x'])],
    ['NOT nothing BETWEEN :v AND :v', [1]],
    ['NOT n BETWEEN :one AND :v', 'a'],
    ['NOT n BETWEEN :one AND :v', 0],
    ['NOT begins_with(secret, :v)', 1],
    ['NOT attribute_type(n, :v)', 'number'],
    ['NOT attribute_type(n, :v)', 1],
    ['NOT size(secret) > :v', true],
  ])('%s with %j', async (condition, value) => {
    const sent = sealedDocument(given.world.client()).send(
      update('SET secret = :one', { ':v': value, ':one': 1 }, { ConditionExpression: condition }),
    )
    await expect(sent).rejects.toMatchObject({
      name: 'ValidationException',
    })
    expect(await given.load()).toEqual(ITEM)
  })
})
