// What updates do to the token attributes of declared tables.
import { DeleteCommand, TransactWriteCommand } from '@aws-sdk/lib-dynamodb'
import { search } from '@dynaseal/document-client'
import { describe, expect, test } from 'vitest'
import { refusal } from '../../support/refusal.js'
import { TABLE } from '../../support/searchTable.js'
import { isToken, type Members, withDeclaredItem } from './declaredItem.js'

const own = withDeclaredItem()

describe('an update', () => {
  const found = {
    email: (email: string) => own.finds('gsi = :e AND shortToken = :e', { ':e': search(email) }),
    pair: (name: string, city: string) => own.finds('pairToken = :p', { ':p': search([name, city]) }),
  }
  test('that sets values sets their tokens, beside what else it does', async () => {
    await own.put(own.item())
    await own.update(
      'REMOVE tags SET email = :e, address.street = :s, #n = :n, city = :c, hits = if_not_exists(hits, :zero)',
      { ':e': 'new@example.com', ':s': 'new street', ':n': 'Byron', ':c': 'Oslo', ':zero': 0 },
      { ExpressionAttributeNames: { '#n': 'name' } },
    )
    expect(await found.email('NEW@example.com')).toBe(true)
    expect(await found.pair('Byron', 'Oslo')).toBe(true)
    expect(await own.finds('bothToken = :b', { ':b': search(['d', 'byron']) })).toBe(true)
    expect(await own.finds('address.streetToken = :s', { ':s': search('new street') })).toBe(true)
    expect(await own.stored()).not.toHaveProperty('tagsToken')
    expect(await own.stored()).toMatchObject({ hits: 0 })
  })

  test('that makes an item stores its tokens', async () => {
    await own.update('SET email = :e', { ':e': 'upsert@example.com' })
    expect(await found.email('upsert@example.com')).toBe(true)
  })

  test('that removes a value removes its token, and that of several', async () => {
    await own.put(own.item())
    await own.update('REMOVE #n, address.street, profile', undefined, {
      ExpressionAttributeNames: { '#n': 'name' },
    })
    const after = await own.stored()
    for (const name of ['nameToken', 'bothToken', 'pairToken', 'bornToken'])
      expect(after).not.toHaveProperty(name)
    expect(after).toMatchObject({ gsi: isToken, address: { zip: '1' } })
    expect(after.address).not.toHaveProperty('streetToken')
  })

  test('that replaces what holds a value and its token replaces both', async () => {
    await own.put(own.item())
    await own.update('SET address = :a', { ':a': { street: 'replaced', zip: '2' } })
    expect(await own.finds('address.streetToken = :s', { ':s': search('replaced') })).toBe(true)
    await own.update('SET address = :a', { ':a': { zip: '3' } })
    expect((await own.stored()).address).toEqual({ zip: '3' })
    await own.update('SET profile = :p', { ':p': { born: 'later' } })
    expect(await own.finds('bornToken = :b', { ':b': search('later') })).toBe(true)
    await own.update('SET profile = :p', { ':p': { more: 2 } })
    expect(await own.stored()).not.toHaveProperty('bornToken')
  })

  test('of what has no token changes none, and none is returned', async () => {
    await own.put(own.item())
    const before = await own.stored()
    const { Attributes } = await own.update('SET hits = :h', { ':h': 1 }, { ReturnValues: 'ALL_NEW' })
    expect(Attributes).toEqual({ ...own.item(), hits: 1 })
    const { gsi, pairToken } = await own.stored()
    expect([gsi, pairToken]).toEqual([before.gsi, before.pairToken])
    const { Attributes: updated } = await own.update(
      'SET email = :e',
      { ':e': 'u@example.com' },
      { ReturnValues: 'UPDATED_NEW' },
    )
    expect(updated).toEqual({ email: 'u@example.com' })
  })

  test('in a transaction, and with conditions that search', async () => {
    await own.put(own.item())
    const change = (email: string, next: string) =>
      own.client.send(
        new TransactWriteCommand({
          TransactItems: [
            {
              Update: {
                TableName: TABLE,
                Key: own.Key,
                UpdateExpression: 'SET email = :next',
                ConditionExpression: 'gsi = :e',
                ExpressionAttributeValues: { ':e': search(email), ':next': next },
              },
            },
          ],
        }),
      )
    await expect(change('nobody@example.com', 'x')).rejects.toMatchObject({
      name: 'TransactionCanceledException',
    })
    await change('ADA@example.com', 'next@example.com')
    expect(await found.email('next@example.com')).toBe(true)
    const remove = (email: string) =>
      own.client.send(
        new DeleteCommand({
          TableName: TABLE,
          Key: own.Key,
          ConditionExpression: 'gsi = :e',
          ExpressionAttributeValues: { ':e': search(email) },
          ReturnValuesOnConditionCheckFailure: 'ALL_OLD',
        }),
      )
    const failed = await remove('nobody@example.com').catch((reason: unknown) => reason)
    expect((failed as { Item?: Members }).Item).toMatchObject({ email: { S: 'next@example.com' } })
    expect(JSON.stringify((failed as { Item?: Members }).Item)).not.toMatch(/Token|"gsi"/)
    await remove('next@example.com')
    expect(await own.stored()).toBeUndefined()
  })

  const names = { ExpressionAttributeNames: { '#n': 'name' } }
  test.each<[string, string, Members | undefined, RegExp, Members?]>([
    [
      'sets one of two that make a token',
      'SET city = :c',
      { ':c': 'Oslo' },
      /'pairToken'.*says nothing of 'name'.*SET all/,
    ],
    ['adds to what has a token', 'ADD city :c', { ':c': 1 }, /'lsi'.*would compute 'city'.*Load/],
    ['computes what has a token', 'SET city = city + :c', { ':c': 1 }, /would compute 'city'/],
    [
      'sets it if it is not there',
      'SET city = if_not_exists(city, :c)',
      { ':c': 'Oslo' },
      /would compute 'city'/,
    ],
    ['copies to it', 'SET city = zip', undefined, /would compute 'city'/],
    ['writes into it', 'SET city.part = :c', { ':c': 'Oslo' }, /'city.part' is a part of 'city'/],
    ['copies over what holds a token', 'SET address = other', undefined, /what does not open|would compute/],
    ['copies a token', 'SET copy = gsi', undefined, /takes 'gsi'.*for 'copy'.*'gsi' is a search token/],
    [
      'copies a token if there is one',
      'SET copy = if_not_exists(gsi, :c)',
      { ':c': 'none' },
      /'gsi' is a search token/,
    ],
    ['copies a map with a token', 'SET copy = address', undefined, /what does not open|is a search token/],
  ])('that %s is refused', async (_, expression, values, message, more = {}) => {
    await expect(
      own.update(expression, values, { ...(expression.includes('#n') ? names : {}), ...more }),
    ).rejects.toEqual(refusal('update-refused', message))
    expect(own.world.proxy.sent).toEqual([])
  })

  test.each<[string, Members | undefined]>([
    ['SET gsi = :v', { ':v': '1.x' }],
    ['REMOVE gsi', undefined],
    ['ADD tagsToken :v', { ':v': new Set(['1.x']) }],
    ['SET address.streetToken = :v', { ':v': '1.x' }],
    ['SET address = :v', { ':v': { street: 's', streetToken: '1.x' } }],
  ])('that writes a token, %s, is refused', async (expression, values) => {
    await expect(own.update(expression, values)).rejects.toEqual(refusal('plaintext-refused', /Leave it out/))
    expect(own.world.proxy.sent.filter(sent => sent.includes('DynamoDB_20120810'))).toEqual([])
  })
})
