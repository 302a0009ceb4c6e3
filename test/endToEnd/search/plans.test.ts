// What a client found out about the form of a query holds for the next one of that form, and for no other one.
import { PutCommand, QueryCommand } from '@aws-sdk/lib-dynamodb'
import { search } from '@dynaseal/document-client'
import { expect, test } from 'vitest'
import { refusal } from '../../support/refusal.js'
import { createSearchTable, TABLE } from '../../support/searchTable.js'
import { declaration, declaredClient } from './declaredClient.js'
import { withDeclaredItem } from './declaredItem.js'

const own = withDeclaredItem()

/** Always of the same form. */
const query = (value: unknown, TableName = TABLE) =>
  new QueryCommand({
    TableName,
    IndexName: 'byEmail',
    KeyConditionExpression: 'gsi = :v',
    ExpressionAttributeValues: { ':v': value },
  })

test('queries of one form, at once and after each other, find each what it searches for', async () => {
  const client = declaredClient(own.world, [own.searchKey])
  const emails = Array.from({ length: 8 }, (_, index) => `form${index}@example.com`)
  for (const [index, email] of emails.entries())
    await client.send(
      new PutCommand({ TableName: TABLE, Item: { ...own.Key, sk: `form${index}`, at: 1, email } }),
    )
  const found = async (email: string) =>
    (await client.send(query(search(email)))).Items?.map(item => item.email)
  expect(await Promise.all(emails.map(found))).toEqual(emails.map(email => [email]))
  for (const email of emails) expect(await found(email.toUpperCase())).toEqual([email])
  expect(await found('nobody@example.com')).toEqual([])
})

test('what is forgotten to be wrapped is refused, however often the same query was answered', async () => {
  const client = declaredClient(own.world, [own.searchKey])
  for (let round = 0; round < 2; round++) {
    await client.send(query(search('nobody@example.com')))
    await expect(client.send(query('nobody@example.com'))).rejects.toEqual(
      refusal('condition-refused', /goes into search/),
    )
  }
})

test('another table and another client are asked for what they declare', async () => {
  const other = 'otherPeople'
  await createSearchTable(own.world, other)
  const client = declaredClient(own.world, [own.searchKey])
  const { tokens: _, ...clear } = declaration
  client.declare({ ...clear, table: other })
  const named = declaredClient(own.world, [own.searchKey], {
    declared: { ...declaration, table: other, tokens: { gsi: { of: 'name' } } },
  })
  const Item = { ...own.Key, at: 1, email: 'tables@example.com', name: 'Ada Berg' }
  await client.send(new PutCommand({ TableName: TABLE, Item }))
  await named.send(new PutCommand({ TableName: other, Item }))
  for (let round = 0; round < 2; round++) {
    expect((await client.send(query(search(Item.email)))).Items).toMatchObject([{ email: Item.email }])
    await expect(client.send(query(search(Item.email), other))).rejects.toEqual(
      refusal('condition-refused', /no search token/),
    )
    expect((await named.send(query(search(Item.name), other))).Items).toMatchObject([{ name: Item.name }])
    expect((await named.send(query(search(Item.email), other))).Items).toEqual([])
  }
})

test('a kind that is declared later has its say', async () => {
  const { tokens: _, ...shared } = declaration
  const person = { ...shared, when: { attribute: '_et', equals: 'Person' }, tokens: { gsi: { of: 'email' } } }
  const order = { ...shared, encrypted: [], when: { attribute: '_et', equals: 'Order' } }
  const client = declaredClient(own.world, [own.searchKey], { declared: person })
  const email = 'later@example.com'
  await client.send(
    new PutCommand({ TableName: TABLE, Item: { ...own.Key, sk: 'later', _et: 'Person', at: 1, email } }),
  )
  expect((await client.send(query(search(email)))).Items).toMatchObject([{ email }])
  client.declare({ ...order, tokens: { gsi: { of: 'number' } } })
  await expect(client.send(query(search(email)))).rejects.toEqual(
    refusal('condition-refused', /items of one kind/),
  )
})
