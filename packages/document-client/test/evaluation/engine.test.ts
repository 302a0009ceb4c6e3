import {
  BatchWriteItemCommand,
  CreateTableCommand,
  DynamoDBClient,
  PutItemCommand,
  ScanCommand,
  UpdateItemCommand,
  waitUntilTableExists,
} from '@aws-sdk/client-dynamodb'
import { type LocalCloud, startLocalCloud } from '@dynaseal/local-cloud'
import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { holds } from '../../src/evaluation/condition.js'
import { EvaluationError } from '../../src/evaluation/errors.js'
import type { Attributes } from '../../src/evaluation/types.js'
import { updated } from '../../src/evaluation/update.js'
import { parseCondition } from '../../src/expressions/condition.js'
import { parseUpdate } from '../../src/expressions/update.js'
import { canonical, condition, item, optional, typical, update } from './arbitraries.js'

const RUNS = Number(process.env.DYNASEAL_RUNS ?? 150)
const TableName = 'items'

/** Two engines, each of which has defects of its own: where they differ, what is right is what one of them says. */
const ENGINES = ['dynoxide', 'dynalite'] as const
let clouds: LocalCloud[] = []
let clients: DynamoDBClient[] = []
beforeAll(async () => {
  clouds = await Promise.all(ENGINES.map(engine => startLocalCloud({ regions: ['us-east-1'], engine })))
  clients = clouds.map(
    ({ endpoint }) =>
      new DynamoDBClient({
        ...{ region: 'us-east-1', endpoint, maxAttempts: 1 },
        credentials: { accessKeyId: 'test', secretAccessKey: 'test' },
      }),
  )
  for (const client of clients) {
    await client.send(
      new CreateTableCommand({
        TableName,
        BillingMode: 'PAY_PER_REQUEST',
        AttributeDefinitions: [{ AttributeName: 'id', AttributeType: 'S' }],
        KeySchema: [{ AttributeName: 'id', KeyType: 'HASH' }],
      }),
    )
    await waitUntilTableExists({ client, minDelay: 1, maxDelay: 1, maxWaitTime: 20 }, { TableName })
  }
})
afterAll(async () => {
  for (const client of clients) client.destroy()
  for (const cloud of clouds) await cloud.stop()
})

describe('as DynamoDB does it', () => {
  test('updates', { timeout: 600_000 }, async () => {
    const id = { S: 'one' }
    let applied = 0
    await fc.assert(
      fc.asyncProperty(typical, update, async (attributes, { text, values }) => {
        // One appends at the end of a list, the other does not change what another action copies: neither does both.
        fc.pre(
          !(/l\[[178]\] =/.test(text) && /[=(+-] [a-z]+[ .[]?/.test(text.replaceAll('if_not_exists(', ''))),
        )
        const before = { ...attributes, id }
        const input = {
          TableName,
          Key: { id },
          UpdateExpression: text,
          ...optional(values),
          ReturnValues: 'ALL_NEW' as const,
        }
        const theirs = await Promise.all(
          clients.map(async client => {
            await client.send(new PutItemCommand({ TableName, Item: before }))
            const answer = client.send(new UpdateItemCommand(input))
            return answer
              .then(({ Attributes }) => canonical(Attributes as Attributes))
              .catch(error => error.name as string)
          }),
        )
        let ours: unknown
        try {
          ours = canonical(updated(parseUpdate(text, {}), before, values))
          applied++
        } catch (error) {
          if (!(error instanceof EvaluationError)) throw error
          ours = 'ValidationException'
        }
        expect(theirs).toContainEqual(ours)
      }),
      { numRuns: RUNS },
    )
    expect(applied).toBeGreaterThan(RUNS / 4)
  })

  test('conditions', { timeout: 600_000 }, async () => {
    const items = fc
      .sample(item, { numRuns: 100, seed: 7 })
      .map((attributes, index) => ({ ...attributes, id: { S: `i${index}` } }))
    for (let from = 0; from < items.length; from += 25) {
      const requests = items.slice(from, from + 25).map(Item => ({ PutRequest: { Item } }))
      for (const client of clients)
        await client.send(new BatchWriteItemCommand({ RequestItems: { [TableName]: requests } }))
    }
    let telling = 0
    await fc.assert(
      fc.asyncProperty(condition, async ({ text, values }) => {
        const input = {
          ...{ TableName, FilterExpression: `(${text}) AND id <> :one`, ConsistentRead: true },
          ExpressionAttributeValues: { ...values, ':one': { S: 'one' } },
        }
        const theirs = await Promise.all(
          clients.map(client =>
            client
              .send(new ScanCommand(input))
              .then(({ Items = [] }) => Items.map(({ id }) => id?.S).sort())
              .catch(error => error.name as string),
          ),
        )
        // What they say of an expression before they look at any item is not the evaluation's.
        fc.pre(theirs.some(found => Array.isArray(found)))
        const parsed = parseCondition(text, {})
        const ours = items.filter(item => holds(parsed, item, values)).map(({ id }) => id.S)
        if (ours.length > 0 && ours.length < items.length) telling++
        expect(theirs).toContainEqual(ours.sort())
      }),
      { numRuns: RUNS },
    )
    expect(telling).toBeGreaterThan(RUNS / 4)
  })
})
