import {
  BatchGetItemCommand,
  BatchWriteItemCommand,
  type DynamoDBClient,
  GetItemCommand,
  QueryCommand,
  ScanCommand,
  TransactGetItemsCommand,
} from '@aws-sdk/client-dynamodb'
import {
  BatchGetCommand,
  QueryCommand as DocumentQuery,
  ScanCommand as DocumentScan,
  GetCommand,
  PutCommand,
} from '@aws-sdk/lib-dynamodb'
import { openPartially } from '@dynaseal/document-client'
import fc from 'fast-check'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import {
  canonical,
  item,
  path,
  typical,
} from '../../../packages/document-client/test/evaluation/arbitraries.js'
import { startPartialBatches } from '../../support/partialBatches.js'
import { type Item, PLAIN, put, SEALED, sealedBase, sealedDocument, type Twins, twins } from './twins.js'

const RUNS = Number(process.env.DYNASEAL_RUNS ?? 60)
const ENGINES = ['dynoxide', 'dynalite'] as const
let worlds: Twins[] = []
let world: Twins
beforeAll(async () => {
  worlds = await Promise.all(ENGINES.map(twins))
  world = worlds[0]!
})
afterAll(async () => {
  for (const each of worlds) await each.stop()
})

const id = { S: 'one' }

/** What each read gives for a projection. */
const reads: Record<
  string,
  (client: Pick<DynamoDBClient, 'send'>, TableName: string, projection: object) => Promise<Item | undefined>
> = {
  get: async (client, TableName, projection) =>
    (await client.send(new GetItemCommand({ TableName, Key: { id }, ...projection }))).Item as Item,
  query: async (client, TableName, projection) => {
    const query = { KeyConditionExpression: 'id = :id', ExpressionAttributeValues: { ':id': id } }
    const { Items } = await client.send(new QueryCommand({ TableName, ...query, ...projection }))
    return Items?.[0] as Item
  },
  scan: async (client, TableName, projection) => {
    const specific = { Select: 'SPECIFIC_ATTRIBUTES' } as const
    return (await client.send(new ScanCommand({ TableName, ...specific, ...projection }))).Items?.[0] as Item
  },
  'batch get': async (client, TableName, projection) => {
    const RequestItems = { [TableName]: { Keys: [{ id }], ...projection } }
    return (await client.send(new BatchGetItemCommand({ RequestItems }))).Responses?.[TableName]?.[0] as Item
  },
}

describe('a projection', () => {
  test('gives what it gives of an item in clear', { timeout: 600_000 }, async () => {
    const sealed = worlds.map(({ client }) => sealedBase(client()))
    const whole = fc.tuple(typical, item).map(([one, other]) => ({ ...one, ...other, id }) as Item)
    const paths = fc.array(
      fc.oneof(path, fc.constantFrom('id', 'n', 'l[0]', 'l[2]', 'm.x', 'm.y', 'm', 't', 's')),
      {
        ...{ minLength: 1, maxLength: 4 },
      },
    )
    let telling = 0
    await fc.assert(
      fc.asyncProperty(whole, paths, fc.constantFrom(...Object.keys(reads)), async (Item, paths, name) => {
        const projection = { ProjectionExpression: paths.join(', ') }
        const outcome = (client: Pick<DynamoDBClient, 'send'>, TableName: string) =>
          reads[name]!(client, TableName, projection)
            .then(found => found && canonical(found))
            .catch(error => error.name as string)
        for (const [i, { raw }] of worlds.entries()) {
          await raw.send(put(PLAIN, Item))
          await sealed[i]!.send(put(SEALED, Item))
        }
        const theirs = await Promise.all(worlds.map(({ raw }) => outcome(raw, PLAIN)))
        // Paths of which one is in the other are refused by DynamoDB, and by nobody else.
        fc.pre(theirs.every(found => typeof found === 'object'))
        for (const client of sealed) expect(theirs).toContainEqual(await outcome(client, SEALED))
        if (Object.keys(theirs[0] as object).length > 1) telling++
      }),
      { numRuns: RUNS },
    )
    expect(telling).toBeGreaterThan(RUNS / 10)
  })
})

const ITEM = { id: 'one', n: 1, plan: 'pro', m: { x: 1, y: 'secret' }, secret: 'a secret' }

describe('an item of which a part is asked for', () => {
  beforeEach(async () => {
    await sealedDocument(world.client()).send(new PutCommand({ TableName: SEALED, Item: ITEM }))
  })

  test('is read and verified as a whole', async () => {
    const stored = (await world.stored(SEALED))!
    await world.raw.send(put(SEALED, { ...stored, plan: { S: 'enterprise' } }))
    const client = sealedDocument(world.client())
    const get = new GetCommand({ TableName: SEALED, Key: { id: 'one' }, ProjectionExpression: 'n' })
    await expect(client.send(get)).rejects.toMatchObject({ code: 'fields-not-opened' })
    expect(await openPartially(() => client.send(get))).toMatchObject({
      result: { $metadata: {} },
      unopened: [{ key: { id: 'one' } }],
    })
  })

  test('has names that only the projection has, and others', async () => {
    const client = sealedDocument(world.client())
    const { Items } = await client.send(
      new DocumentQuery({
        ...{ TableName: SEALED, KeyConditionExpression: '#i = :i', FilterExpression: '#p = :p' },
        ...{ ProjectionExpression: '#p, #m.#y', ExpressionAttributeValues: { ':i': 'one', ':p': 'pro' } },
        ExpressionAttributeNames: { '#i': 'id', '#p': 'plan', '#m': 'm', '#y': 'y' },
      }),
    )
    expect(Items).toEqual([{ plan: 'pro', m: { y: 'secret' } }])
  })

  test('is there also where nothing of it is asked for', async () => {
    const get = new GetCommand({ TableName: SEALED, Key: { id: 'one' }, ProjectionExpression: 'nothing' })
    expect((await sealedDocument(world.client()).send(get)).Item).toEqual({})
  })

  test('comes by a transaction', async () => {
    const { Responses } = await sealedBase(world.client()).send(
      new TransactGetItemsCommand({
        TransactItems: [
          {
            Get: {
              ...{ TableName: SEALED, Key: { id }, ProjectionExpression: '#s, m.x' },
              ExpressionAttributeNames: { '#s': 'secret' },
            },
          },
        ],
      }),
    )
    expect(Responses).toEqual([{ Item: { secret: { S: 'a secret' }, m: { M: { x: { N: '1' } } } } }])
  })

  test('is counted as it is', async () => {
    const client = sealedDocument(world.client())
    const scan = new DocumentScan({
      ...{ TableName: SEALED, Select: 'COUNT', FilterExpression: 'id = :i' },
      ExpressionAttributeValues: { ':i': 'one' },
    })
    const counted = await client.send(scan)
    expect([counted.Count, 'Items' in counted]).toEqual([1, false])
  })

  test('is not filtered by what is encrypted', async () => {
    const scan = new DocumentScan({
      ...{ TableName: SEALED, FilterExpression: 'n = :n', ProjectionExpression: 'n' },
      ExpressionAttributeValues: { ':n': 1 },
    })
    await expect(sealedDocument(world.client()).send(scan)).rejects.toMatchObject({
      code: 'condition-refused',
    })
  })

  test.each(['aws_dbe_head', 'n, aws_dbe_foot'])('has no %s', async ProjectionExpression => {
    const get = new GetCommand({ TableName: SEALED, Key: { id: 'one' }, ProjectionExpression })
    await expect(sealedDocument(world.client()).send(get)).rejects.toMatchObject({
      code: 'projection-refused',
    })
  })

  test('is asked for by an expression', async () => {
    const get = new GetCommand({ TableName: SEALED, Key: { id: 'one' }, AttributesToGet: ['n'] })
    await expect(sealedDocument(world.client()).send(get)).rejects.toMatchObject({
      code: 'command-unsupported',
    })
  })

  test('is asked for again where it was not processed', async () => {
    const more = Array.from({ length: 3 }, (_, i) => ({ ...ITEM, id: `${i}` }))
    for (const Item of more)
      await sealedDocument(world.client()).send(new PutCommand({ TableName: SEALED, Item }))
    const partial = await startPartialBatches(world.cloud.endpoint, 2)
    const client = sealedDocument(world.client({ endpoint: partial.endpoint }))
    const projection = { ProjectionExpression: '#i, n', ExpressionAttributeNames: { '#i': 'id' } }
    const Keys = more.map(({ id }) => ({ id }))
    const first = await client.send(
      new BatchGetCommand({ RequestItems: { [SEALED]: { Keys, ...projection } } }),
    )
    expect(first.UnprocessedKeys).toEqual({ [SEALED]: { Keys: [{ id: '2' }], ...projection } })
    const rest = await client.send(new BatchGetCommand({ RequestItems: first.UnprocessedKeys }))
    await partial.stop()
    const found = [...first.Responses![SEALED]!, ...rest.Responses![SEALED]!]
    expect(found.toSorted((a, b) => a.id.localeCompare(b.id))).toEqual(more.map(({ id }) => ({ id, n: 1 })))
    const RequestItems = { [SEALED]: Keys.map(Key => ({ DeleteRequest: { Key: { id: { S: Key.id } } } })) }
    await world.raw.send(new BatchWriteItemCommand({ RequestItems }))
  })
})
