// What DynamoDB did not process of a batch, where keys are tokens, and an item is under one of several keys.
import { BatchGetItemCommand, CreateTableCommand, DynamoDBClient } from '@aws-sdk/client-dynamodb'
import { BatchGetCommand, DynamoDBDocumentClient, PutCommand } from '@aws-sdk/lib-dynamodb'
import { marshall, unmarshall } from '@aws-sdk/util-dynamodb'
import { createSearchTokens } from '@dynaseal/core'
import { type Declaration, sealDocumentClient, sealDynamoDBClient, search } from '@dynaseal/document-client'
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { type PartialBatches, startPartialBatches } from '../../support/partialBatches.js'
import { EAST } from '../../support/world.js'
import { withTwoKeys } from './twoKeys.js'

type Members = Record<string, unknown>

const own = withTwoKeys()
const SORT_KEYS = {
  S: ['1', '2', '3'],
  N: [1, 2, 3],
  B: [Uint8Array.of(1), Uint8Array.of(2), Uint8Array.of(3)],
} as const
type SortKey = keyof typeof SORT_KEYS

let partial: PartialBatches
beforeAll(async () => {
  partial = await startPartialBatches(own.world.cloud.endpoint, 2)
  const raw = new DynamoDBClient({ ...own.world.config(EAST), endpoint: own.world.cloud.endpoint })
  for (const type of Object.keys(SORT_KEYS) as SortKey[]) {
    await raw.send(
      new CreateTableCommand({
        TableName: `sorted-by-${type}`,
        BillingMode: 'PAY_PER_REQUEST',
        AttributeDefinitions: [
          { AttributeName: 'pk', AttributeType: 'S' },
          { AttributeName: 'sk', AttributeType: type },
        ],
        KeySchema: [
          { AttributeName: 'pk', KeyType: 'HASH' },
          { AttributeName: 'sk', KeyType: 'RANGE' },
        ],
      }),
    )
  }
  raw.destroy()
})
afterAll(() => partial.stop())
beforeEach(() => {
  partial.batches.length = 0
})

const declared = (table: string): Declaration => ({
  table,
  key: ['pk', 'sk'],
  encrypted: ['email'],
  tokens: { pk: { of: 'email', normalize: 'email' } },
})
const options = (writeWith: Uint8Array, ...findWith: Uint8Array[]) => {
  const keyring = own.world.keyring(EAST)
  return { keyring, search: createSearchTokens({ keyring, writeWith, findWith }) }
}

/** Of two search keys, and of which only two keys of a batch are processed at once. */
type Read = (table: string, RequestItems: Members) => Promise<Members>
const behind = () => new DynamoDBClient({ ...own.world.config(EAST), endpoint: partial.endpoint })
const ofDocuments = (wrapNumbers: boolean) => (): Read => {
  const base = DynamoDBDocumentClient.from(behind(), { unmarshallOptions: { wrapNumbers } })
  const [older, newer] = own.keys
  const client = sealDocumentClient(base, options(newer, older))
  return async (table, RequestItems) => {
    client.declare(declared(table))
    return (await client.send(new BatchGetCommand({ RequestItems: RequestItems as never }))) as never
  }
}
const ofAttributeValues = (): Read => {
  const [older, newer] = own.keys
  const client = sealDynamoDBClient(behind(), options(newer, older))
  return async (table, RequestItems) => {
    client.declare(declared(table))
    const output = await client.send(new BatchGetItemCommand({ RequestItems: RequestItems as never }))
    const Items = output.Responses?.[table]?.map(item => unmarshall(item))
    return { ...output, Responses: { [table]: Items } }
  }
}

const CLIENTS = [
  ['a document client', ofDocuments(false), (key: Members) => key],
  ['a document client that wraps numbers', ofDocuments(true), (key: Members) => key],
  ['a base client', ofAttributeValues, ({ pk, sk }: Members) => ({ pk: { S: pk }, sk: marshall({ sk }).sk })],
] as const

test.each(
  CLIENTS.flatMap(([name, make, given]) =>
    (Object.keys(SORT_KEYS) as SortKey[]).map(type => ({ name, type, make, given })),
  ),
)(
  'of $name, with a sort key of type $type, is asked for until each is there, once',
  async ({ type, make, given }) => {
    const table = `sorted-by-${type}`
    const [older, newer] = own.keys
    const email = own.EMAIL
    const sortKeys: readonly unknown[] = SORT_KEYS[type]
    for (const [index, sk] of sortKeys.entries()) {
      const writer = sealDocumentClient(own.world.rawClient(EAST), options(index === 1 ? newer : older))
      writer.declare(declared(table))
      await writer.send(new PutCommand({ TableName: table, Item: { email, sk, index } }))
    }
    const read = make()
    const found: unknown[] = []
    let rest: Members = { [table]: { Keys: sortKeys.map(sk => given({ pk: search(email), sk })) } }
    for (const _ of sortKeys) {
      const { Responses, UnprocessedKeys } = await read(table, rest)
      found.push(...((Responses as Record<string, Members[]>)[table] ?? []))
      rest = UnprocessedKeys as Members
    }
    expect(rest).toEqual({})
    expect(
      found.map(item => Number(Object((item as Members).index).value ?? (item as Members).index)),
    ).toEqual([0, 1, 2])
    // Two search keys each: of what was found, nothing is asked for again.
    expect(partial.batches.map(each => (each[table] as { Keys: object[] }).Keys.length)).toEqual([6, 4, 2])
  },
)
