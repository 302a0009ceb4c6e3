import { crc32 } from 'node:zlib'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Engine } from '../src/dynamodb/engine.js'
import { startEngines } from '../src/dynamodb/engines.js'
import { settled } from '../src/dynamodb/engineTables.js'
import { DYNALITE_OPERATIONS, DYNOXIDE_OPERATIONS } from '../src/dynamodb/operations.js'
import { type LocalCloud, startLocalCloud } from '../src/index.js'
import { createGlobalTable } from './clients.js'
import { moreRequests } from './dynoxideRequests.js'
import { describeEngines } from './eachEngine.js'
import { commonRequests, tableRequests } from './requests.js'
import { send, wireHeaders } from './wire.js'

/*
 * Through the front, an answer is the engine's own, to the byte: the same requests to an engine alone, to an
 * ordinary table behind the front, and to a global one.
 */

const EAST = 'us-east-1'
const WEST = 'us-west-2'

interface Answer {
  readonly status: number
  readonly type: string | null | undefined
  readonly text: string
  readonly checksum: string | null | undefined
}

type Send = (operation: string, input: unknown) => Promise<Answer>

describeEngines('an answer through the front', engine => {
  let cloud: LocalCloud
  let alone: Engine

  const toEngine: Send = async (operation, input) => {
    const headers = wireHeaders({ service: 'dynamodb', region: EAST, operation })
    const body = Buffer.from(typeof input === 'string' ? input : JSON.stringify(input))
    const answer = await alone.send({ headers, body })
    return {
      status: answer.status,
      type: answer.headers['content-type'],
      text: answer.body.toString(),
      checksum: answer.headers['x-amz-crc32'],
    }
  }

  const toFront: Send = async (operation, input) => {
    const answer = await send(cloud.endpoint, { service: 'dynamodb', region: EAST, operation, input })
    return {
      status: answer.status,
      type: answer.headers.get('content-type'),
      text: answer.text,
      checksum: answer.headers.get('x-amz-crc32'),
    }
  }

  beforeAll(async () => {
    cloud = await startLocalCloud({ regions: [EAST, WEST], engine })
    const engines = await startEngines({ regions: [EAST], engine, urls: {}, settleDelay: 0 })
    alone = engines.get(EAST)!
    await createGlobalTable(cloud, 'ordinary', [EAST])
    await createGlobalTable(cloud, 'worldwide', [EAST, WEST])
    for (const TableName of ['ordinary', 'worldwide']) {
      const created = await toEngine('CreateTable', {
        TableName,
        AttributeDefinitions: [{ AttributeName: 'id', AttributeType: 'S' }],
        KeySchema: [{ AttributeName: 'id', KeyType: 'HASH' }],
        BillingMode: 'PAY_PER_REQUEST',
      })
      expect(created.status).toBe(200)
      await settled(alone, TableName)
    }
  })

  afterAll(async () => {
    await cloud.stop()
    await alone.close()
  })

  /** dynoxide orders the attributes of an item at random, each time: there, the bytes are compared in order. */
  const comparable = (answer: Answer) => {
    if (engine === 'dynalite') return answer
    expect(answer.checksum).toBe(String(crc32(answer.text)))
    return { ...answer, text: inOrder(parsed(answer.text)), checksum: undefined }
  }

  const requests = (TableName: string) => [
    ...commonRequests(TableName, EAST),
    ...(engine === 'dynoxide' ? moreRequests(TableName) : []),
  ]

  describe.each(['ordinary', 'worldwide'])('about the %s table', TableName => {
    it.each(requests(TableName).map(([operation, input], n) => [n, operation, input] as const))(
      'to request %d, %s',
      async (_, operation, input) => {
        expect(comparable(await toFront(operation, input))).toEqual(
          comparable(await toEngine(operation, input)),
        )
      },
    )

    it('about tables is the same but for what tells two apart', async () => {
      for (const [operation, input] of tableRequests(TableName)) {
        const [front, own] = [await toFront(operation, input), await toEngine(operation, input)]
        await settled(alone, TableName)
        expect([operation, front.status, withoutIdentity(parsed(front.text))]).toEqual([
          operation,
          own.status,
          withoutIdentity(parsed(own.text)),
        ])
        if (front.status === 200) expect(front.checksum).toBe(String(crc32(front.text)))
      }
    })
  })

  it('is compared for every operation that the engine has', () => {
    const asked = [...requests('any'), ...tableRequests('any')].map(([operation]) => operation)
    expect([...new Set(asked)].sort()).toEqual(
      [...(engine === 'dynalite' ? DYNALITE_OPERATIONS : DYNOXIDE_OPERATIONS)].sort(),
    )
  })

  if (engine === 'dynoxide')
    it('from a stream is the same but for what tells two apart', async () => {
      const TableName = 'streamed'
      const read = async (to: Send): Promise<unknown[]> => {
        const answers: unknown[] = []
        const ask = async (operation: string, input: object) => {
          const { status, text, checksum } = await to(operation, input)
          expect([status, checksum]).toEqual([200, String(crc32(text))])
          answers.push([operation, withoutIdentity(parsed(text))])
          return JSON.parse(text)
        }
        const { TableDescription } = await ask('CreateTable', {
          TableName,
          AttributeDefinitions: [{ AttributeName: 'id', AttributeType: 'S' }],
          KeySchema: [{ AttributeName: 'id', KeyType: 'HASH' }],
          BillingMode: 'PAY_PER_REQUEST',
          StreamSpecification: { StreamEnabled: true, StreamViewType: 'NEW_AND_OLD_IMAGES' },
        })
        const StreamArn = TableDescription.LatestStreamArn
        expect(StreamArn).toContain(`arn:aws:dynamodb:${EAST}:`)
        const Item = { id: { S: 'arn:aws:dynamodb:dynoxide:' } }
        await ask('PutItem', { TableName, Item })
        await ask('DeleteItem', { TableName, Key: Item })
        await ask('ListStreams', { TableName })
        const { StreamDescription } = await ask('DescribeStream', { StreamArn })
        const [{ ShardId }] = StreamDescription.Shards
        const input = { StreamArn, ShardId, ShardIteratorType: 'TRIM_HORIZON' }
        const { ShardIterator } = await ask('GetShardIterator', input)
        const { Records } = await ask('GetRecords', { ShardIterator })
        expect(Records).toMatchObject([
          { eventName: 'INSERT', awsRegion: EAST, dynamodb: { NewImage: Item } },
          { eventName: 'REMOVE', awsRegion: EAST, dynamodb: { OldImage: Item } },
        ])
        return answers
      }
      expect(await read(toFront)).toEqual(await read(toEngine))
    })
})

function parsed(text: string): unknown {
  return text.startsWith('{') ? JSON.parse(text) : text
}

/** The same text for the same value, whatever the order of its members. */
function inOrder(value: unknown): string {
  return JSON.stringify(value, (_, one: unknown) =>
    typeof one === 'object' && one !== null && !Array.isArray(one)
      ? Object.fromEntries(Object.entries(one).sort(([a], [b]) => (a < b ? -1 : 1)))
      : one,
  )
}

const IDENTITY =
  /^(TableId|LatestStreamLabel|StreamLabel|GlobalTableVersion|Replicas)$|DateTime$|^(Latest)?StreamArn$/

/** Without ids, times, and what the front adds. */
function withoutIdentity(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withoutIdentity)
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(
    Object.entries(value)
      .filter(([name]) => !IDENTITY.test(name))
      .map(([name, one]) => [name, withoutIdentity(one)]),
  )
}
