// Items that have what is searched for to the letter, and were found by the token of something else all the same: alone on
// their page, so that nothing else on it is a reason to look closer.
import { PutCommand, QueryCommand, UpdateCommand } from '@aws-sdk/lib-dynamodb'
import { openPartially, search } from '@dynaseal/document-client'
import { expect, test } from 'vitest'
import { TABLE } from '../../support/searchTable.js'
import { EAST } from '../../support/world.js'
import { declaration, declaredClient } from './declaredClient.js'
import { type Members, withDeclaredItem } from './declaredItem.js'

const own = withDeclaredItem()
const within = (pk: string, FilterExpression: string, values: Members) =>
  new QueryCommand({
    TableName: TABLE,
    KeyConditionExpression: 'pk = :pk',
    FilterExpression,
    ExpressionAttributeValues: { ':pk': pk, ...values },
  })

interface Case {
  readonly name: string
  /** Of what is stored, in clear, where the token is that of `donor`. */
  readonly item: Members
  readonly donor: Members
  readonly token: string
  readonly filter: string
  readonly values: Members
}

const cases: readonly Case[] = [
  {
    name: 'one of two values',
    item: { email: 'good@example.com' },
    donor: { email: 'bad@example.com' },
    token: 'gsi',
    filter: 'gsi IN (:a, :b)',
    values: { ':a': search('good@example.com'), ':b': search('bad@example.com') },
  },
  {
    name: 'one of two attributes',
    item: { email: 'good@example.com', name: 'another' },
    donor: { name: 'Ada' },
    token: 'nameToken',
    filter: 'gsi = :a AND nameToken = :b',
    values: { ':a': search('good@example.com'), ':b': search('Ada') },
  },
  {
    name: 'the first of two together',
    item: { name: 'Ada', city: 'Bergen' },
    donor: { name: 'Ada', city: 'Oslo' },
    token: 'pairToken',
    filter: 'pairToken = :a',
    values: { ':a': search(['Ada', 'Oslo']) },
  },
  {
    name: 'a text in the place of a set',
    item: { tags: 'a' },
    donor: { tags: new Set(['a']) },
    token: 'tagsToken',
    filter: 'contains(tagsToken, :a)',
    values: { ':a': search('a') },
  },
  {
    name: 'a text in the place of the map that has it',
    item: { profile: '1815' },
    donor: { profile: { born: '1815' } },
    token: 'bornToken',
    filter: 'bornToken = :a',
    values: { ':a': search('1815') },
  },
]

test.each(cases)('$name is reported', async ({ name: pk, item, donor, token, filter, values }) => {
  const withoutTokens = declaredClient(own.world, [own.searchKey], {
    declared: { ...declaration, tokens: {} },
  })
  const client = item.tags === undefined ? own.client : withoutTokens
  await client.send(new PutCommand({ TableName: TABLE, Item: { pk, sk: '1', at: 1, ...item } }))
  await own.put({ ...own.Key, at: 1, ...donor })
  const stored = (await own.stored())[token]
  expect(stored).toBeDefined()
  const UpdateExpression = 'SET #token = :token'
  await own.world.rawClient(EAST).send(
    new UpdateCommand({
      TableName: TABLE,
      Key: { pk, sk: '1' },
      UpdateExpression,
      ExpressionAttributeNames: { '#token': token },
      ExpressionAttributeValues: { ':token': stored },
    }),
  )
  const { result, unopened } = await openPartially(() => own.client.send(within(pk, filter, values)))
  expect(result.Items).toEqual([])
  expect(unopened).toMatchObject([
    { key: { pk, sk: '1' }, failures: [{ code: 'wrong-token', path: [token] }] },
  ])
})

test('an item of another kind than is asked for is not returned', async () => {
  const kinds = { ...declaration, when: { attribute: '_et', equals: 'Person' } }
  let changesKind = false
  const client = declaredClient(own.world, [own.searchKey], {
    declared: kinds,
    between: async (_, send) => {
      const output = (await send()) as { Items?: Members[] }
      if (changesKind) for (const item of output.Items ?? []) item._et = 'Order'
      return output
    },
  })
  client.declare({ ...kinds, when: { attribute: '_et', equals: 'Order' } })
  const email = 'kind@example.com'
  await client.send(new PutCommand({ TableName: TABLE, Item: { ...own.Key, at: 1, _et: 'Person', email } }))
  const find = async () => {
    const query = within(own.Key.pk, '#k = :k AND gsi = :e', { ':k': 'Person', ':e': search(email) })
    const named = { ...query.input, ExpressionAttributeNames: { '#k': '_et' } }
    return (await client.send(new QueryCommand(named))).Items?.map(item => item.email)
  }
  expect(await find()).toEqual([email])
  changesKind = true
  expect(await find()).toEqual([])
})

test('a query of one form finds one or several values, however many of them are equal', async () => {
  await own.put({ ...own.Key, at: 1, name: 'equal' })
  const find = async (a: string, b: string) =>
    (
      await own.client.send(within(own.Key.pk, 'nameToken IN (:a, :b)', { ':a': search(a), ':b': search(b) }))
    ).Items?.map(({ name }) => name)
  for (let round = 0; round < 2; round++) {
    expect(await find('equal', 'other')).toEqual(['equal'])
    expect(await find('equal', 'equal')).toEqual(['equal'])
  }
})
