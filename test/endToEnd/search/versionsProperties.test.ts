// Random items, written with several search keys, and random searches.
import { DynamoDBClient } from '@aws-sdk/client-dynamodb'
import { DynamoDBDocumentClient, PutCommand, QueryCommand, UpdateCommand } from '@aws-sdk/lib-dynamodb'
import { search } from '@dynaseal/document-client'
import fc from 'fast-check'
import { beforeAll, describe, expect, test } from 'vitest'
import { createSearchTable, TABLE } from '../../support/searchTable.js'
import { EAST } from '../../support/world.js'
import { all, keys, world } from './byEmail.js'
import { declaredClient } from './declaredClient.js'

const TWIN = 'twin'
beforeAll(() => createSearchTable(world, TWIN))

describe('random items and searches', () => {
  const twin = () =>
    DynamoDBDocumentClient.from(new DynamoDBClient({ ...world.config(EAST), endpoint: world.cloud.endpoint }))
  // Spellings of few addresses, so that many items have the same one, and tokens of 8 bits are shared.
  const address = fc
    .tuple(fc.integer({ min: 0, max: 40 }), fc.constantFrom('', ' '))
    .map(([n, end]) => `Person${n}@Example.com${end}`)
  const person = fc.record({
    email: fc.option(address, { nil: undefined }),
    tags: fc.uniqueArray(fc.constantFrom('a', 'b', 'c', 'd'), { minLength: 1 }).map(tags => new Set(tags)),
    changed: fc.option(address, { nil: undefined }),
    writer: fc.integer({ min: 0, max: 2 }),
  })
  const normalized = (email: string) => email.trim().toLowerCase()
  let run = 0

  test('have the results of the same query of what is in clear', async () => {
    const writers = keys.map(key => declaredClient(world, [key]))
    const finder = declaredClient(world, [keys[0], keys[1], keys[2]])
    const clear = twin()
    await fc.assert(
      fc.asyncProperty(
        fc.array(person, { minLength: 1, maxLength: 25 }),
        fc.array(address, { minLength: 3, maxLength: 6 }),
        fc.integer({ min: 1, max: 9 }),
        fc.boolean(),
        async (people, searches, Limit, ScanIndexForward) => {
          const pk = `run${++run}`
          const items = people.map(({ changed, ...person }, at) => ({
            changed,
            item: { pk, sk: `${at}`, at, ...person },
          }))
          await Promise.all(
            items.map(async ({ item: { writer, ...Item }, changed }) => {
              await writers[writer]!.send(new PutCommand({ TableName: TABLE, Item }))
              const Key = { pk: Item.pk, sk: Item.sk }
              const email = changed ?? Item.email
              if (changed !== undefined) {
                await writers[(writer + 1) % 3]!.send(
                  new UpdateCommand({
                    TableName: TABLE,
                    Key,
                    UpdateExpression: 'SET email = :e',
                    ExpressionAttributeValues: { ':e': changed },
                  }),
                )
              }
              const gsi = email === undefined ? {} : { email, gsi: normalized(email) }
              await clear.send(
                new PutCommand({ TableName: TWIN, Item: { ...Key, at: Item.at, tags: Item.tags, ...gsi } }),
              )
            }),
          )
          for (const email of searches) {
            const key = {
              IndexName: 'byEmail',
              KeyConditionExpression: 'gsi = :e',
              ScanIndexForward,
              FilterExpression: 'pk = :pk',
            }
            const expected = await clear.send(
              new QueryCommand({
                ...key,
                TableName: TWIN,
                ExpressionAttributeValues: { ':e': normalized(email), ':pk': pk },
              }),
            )
            const own = expected.Items?.map(({ at, email: found }) => ({ at, email: found }))
            const pages = await all(finder, email, {
              ...key,
              KeyConditionExpression: 'gsi = :email',
              Limit,
              ProjectionExpression: 'email, #at',
              ExpressionAttributeNames: { '#at': 'at' },
              ExpressionAttributeValues: { ':email': search(email), ':pk': pk },
            })
            expect(pages.flat()).toEqual(own)

            const short = await finder.send(
              new QueryCommand({
                TableName: TABLE,
                KeyConditionExpression: 'pk = :pk',
                FilterExpression: 'shortToken = :e AND contains(tagsToken, :tag)',
                ExpressionAttributeValues: { ':pk': pk, ':e': search(email), ':tag': search('b') },
              }),
            )
            const both = await clear.send(
              new QueryCommand({
                TableName: TWIN,
                KeyConditionExpression: 'pk = :pk',
                FilterExpression: 'gsi = :e AND contains(tags, :tag)',
                ExpressionAttributeValues: { ':pk': pk, ':e': normalized(email), ':tag': 'b' },
              }),
            )
            expect(short.Items?.map(({ sk }) => sk)).toEqual(both.Items?.map(({ sk }) => sk))
          }
        },
      ),
      { numRuns: 8 },
    )
  }, 60_000)
})
