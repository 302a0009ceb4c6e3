import { deepStrictEqual } from 'node:assert'
import { once } from 'node:events'
import { createServer, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { gzipSync } from 'node:zlib'
import {
  DynamoDBClient,
  ScanCommand,
  type ScanCommandInput,
  type ScanCommandOutput,
} from '@aws-sdk/client-dynamodb'
import { DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb'
import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { readItems } from '../src/engine/readItems.js'
import { sendScan } from '../src/engine/sendScan.js'
import { createWorld, users, type World } from './support/cloud.js'

const JSON_TYPE = 'application/x-amz-json-1.0'
const input = { TableName: 'users' }
const { signal } = new AbortController()

/** Answers each call with what is asked of it: what no engine answers, too. */
let server: Server
let answer: (response: ServerResponse) => void
let client: DynamoDBClient

beforeAll(async () => {
  server = createServer((request, response) => {
    request.resume().on('end', () => answer(response))
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  client = clientOf(1)
})
afterAll(() => {
  client.destroy()
  server.closeAllConnections()
  server.close()
})

function clientOf(maxAttempts: number) {
  return new DynamoDBClient({
    endpoint: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    region: 'us-east-1',
    credentials: { accessKeyId: 'test', secretAccessKey: 'test' },
    maxAttempts,
    requestHandler: { requestTimeout: 5000 },
  })
}

type Outcome = { readonly output: ScanCommandOutput } | { readonly error: object }

/** Its SDK's, then ours. */
async function both(): Promise<[Outcome, Outcome]> {
  return [
    await outcomeOf(() => client.send(new ScanCommand(input))),
    await outcomeOf(() => sendScan(client, input, signal)),
  ]
}

async function outcomeOf(call: () => Promise<ScanCommandOutput>): Promise<Outcome> {
  try {
    return { output: await call() }
  } catch (error) {
    const { name, message, code, $metadata, $fault, $retryable } = error as Error & Record<string, unknown>
    return { error: { name, message, code, $metadata, $fault, $retryable } }
  }
}

function answering(body: string | Buffer, headers: Record<string, string> = {}, status = 200) {
  answer = response =>
    response.writeHead(status, { 'content-type': JSON_TYPE, 'x-amzn-requestid': 'one', ...headers }).end(body)
}

const text = fc.oneof(
  fc.string({ unit: 'binary' }),
  fc.constantFrom('', '√ñ\u{1f511}', '__proto__', 'toString'),
)
const number = fc.oneof(
  fc.double({ noNaN: true, noDefaultInfinity: true }).map(String),
  fc.constantFrom(
    '0',
    '-12345678901234567890123456789012345678',
    '1E-130',
    '9.9999999999999999999999999999999999999E+125',
  ),
)
/** The long ones come again, one after the other and in turns, as envelopes do. */
const base64 = fc.oneof(
  fc.uint8Array({ maxLength: 50 }).map(bytes => Buffer.from(bytes).toString('base64')),
  fc.constantFrom(1, 2).map(byte => Buffer.alloc(300, byte).toString('base64')),
)
const name = fc.oneof(text, fc.constantFrom('__proto__', 'constructor', 'B', 'Items', '__type'))

/** Objects whose entries all are their own. */
const map = (value: fc.Arbitrary<unknown>, named = name) =>
  fc.array(fc.tuple(named, value), { maxLength: 5 }).map(entries => Object.fromEntries(entries))

/** The SDK loses the value of an attribute named so, as an item has it, and of no entry of a map. */
const itemOf = (value: fc.Arbitrary<unknown>) =>
  map(
    value,
    name.filter(one => one !== '__proto__'),
  )

const { attribute } = fc.letrec(tie => ({
  attribute: fc.oneof(
    { depthSize: 'small' },
    text.map(S => ({ S })),
    number.map(N => ({ N })),
    base64.map(B => ({ B })),
    fc.boolean().map(BOOL => ({ BOOL })),
    fc.constant({ NULL: true }),
    fc.array(text, { maxLength: 3 }).map(SS => ({ SS })),
    fc.array(number, { maxLength: 3 }).map(NS => ({ NS })),
    fc.array(base64, { maxLength: 3 }).map(BS => ({ BS })),
    fc.array(tie('attribute'), { maxLength: 3 }).map(L => ({ L })),
    map(tie('attribute')).map(M => ({ M })),
  ),
}))
const scanned = fc.record(
  {
    Items: fc.array(itemOf(attribute), { maxLength: 5 }),
    Count: fc.nat(),
    ScannedCount: fc.nat(),
    LastEvaluatedKey: map(attribute),
    ConsumedCapacity: fc.record({ TableName: text, CapacityUnits: fc.constantFrom(0.5, 1, 128.5) }),
  },
  { requiredKeys: ['Items'] },
)

describe('a scan gives what the AWS SDK gives', () => {
  it('for all types of attribute values', async () => {
    await fc.assert(
      fc.asyncProperty(scanned, async given => {
        const body = JSON.stringify(given)
        answering(body)
        const [theirs, ours] = await both()
        expect(theirs).toHaveProperty('output')
        deepStrictEqual(ours, theirs)
        expect(readItems(Buffer.from(body))).toBeDefined()
      }),
      { numRuns: 200 },
    )
  })

  it('for what is no answer of DynamoDB', async () => {
    const ODD: readonly unknown[] = [
      null,
      1,
      'text',
      true,
      [],
      {},
      { S: null },
      { S: 1 },
      { N: 1 },
      { S: 'a', N: '1' },
      { X: 'a' },
      { B: 1 },
      { B: 'a' },
      { B: 'ab-_' },
      { B: 'AA==AA==' },
      { B: 'A A=' },
      { B: 'AB==' },
      { BOOL: 'true' },
      { NULL: 1 },
      { L: {} },
      { M: [] },
      { SS: 'a' },
      { SS: [1] },
      { NS: [null] },
      { BS: ['AA=='], S: 'a' },
      { S: 'a', BS: ['AA=='] },
      { B: 'ab-a' },
      { B: 'ab_a' },
      { BS: ['ab-a'.repeat(100), 'ab-a'.repeat(100)] },
      { BS: ['*'] },
      { L: [null] },
      { M: { a: null } },
      { M: { a: { B: 'a' } } },
      { __type: 'a' },
      { S: 'a', __type: 'b' },
    ]
    // Each alone: beside others, these would be what is noticed.
    for (const one of ODD) {
      answering(JSON.stringify({ Items: [{ id: { S: '1' }, one }] }))
      const [theirs, ours] = await both()
      deepStrictEqual(ours, theirs)
    }
    const odd = fc.constantFrom(...ODD)
    const value = fc.oneof(odd, attribute)
    const oddScan = fc.oneof(
      odd,
      fc.record({ Items: fc.array(fc.oneof(itemOf(value), odd), { maxLength: 3 }) }),
      fc.record({ Items: odd, Count: odd }),
      fc.record({
        Items: fc.array(itemOf(attribute), { maxLength: 2 }),
        __type: fc.constant('x'),
        other: odd,
      }),
    )
    await fc.assert(
      fc.asyncProperty(oddScan, async given => {
        answering(JSON.stringify(given))
        const [theirs, ours] = await both()
        deepStrictEqual(ours, theirs)
      }),
      { numRuns: 300 },
    )
  })

  it('but for an attribute named __proto__, which is one as any other here', async () => {
    const given = '{"Items":[{"__proto__":{"S":"a"},"m":{"M":{"__proto__":{"B":"AA=="}}}}]}'
    answering(given)
    const { Items: [item] = [] } = await sendScan(client, input, signal)
    expect(Object.getPrototypeOf(item)).toBe(Object.prototype)
    deepStrictEqual(Object.entries(item!)[0], ['__proto__', { S: 'a' }])
    deepStrictEqual(Object.entries(item!.m!.M!), [['__proto__', { B: Uint8Array.of(0) }]])
  })

  const SCANNED = JSON.stringify({ Items: [{ id: { S: '√1' }, b: { B: 'AAEC' } }], Count: 1 })

  it.each<[string, () => void]>([
    [
      'an answer in gzip, which it does not read',
      () => answering(gzipSync(SCANNED), { 'content-encoding': 'gzip' }),
    ],
    ['an answer of another type', () => answering(SCANNED, { 'content-type': 'text/html' })],
    [
      'JSON of the plain type',
      () => answering(SCANNED, { 'content-type': 'application/json; charset=utf-8' }),
    ],
    ['an empty answer', () => answering('')],
    ['half of an answer', () => answering(SCANNED.slice(0, 30))],
    [
      'an answer of bytes that are no text',
      () => answering(Buffer.from(SCANNED.replace('√', '\x80'), 'latin1')),
    ],
    ['a byte order mark', () => answering(`\ufeff${SCANNED}`)],
    ['an error', () => answering('{"__type":"a#ResourceNotFoundException","message":"none"}', {}, 400)],
    ['an error of the server', () => answering('{"__type":"a#InternalServerError","Items":[]}', {}, 500)],
    ['an error that is no JSON', () => answering('<html>', {}, 503)],
    ['a redirection', () => answering(SCANNED, { location: '/elsewhere' }, 302)],
    ['another success', () => answering(SCANNED, {}, 202)],
  ])('for %s', async (_, prepare) => {
    prepare()
    const [theirs, ours] = await both()
    deepStrictEqual(ours, theirs)
  })

  it('for a connection that breaks in the middle, which is tried again', async () => {
    const breaking = (response: ServerResponse) => {
      response.writeHead(200, { 'content-type': JSON_TYPE, 'content-length': '1000' })
      response.write(SCANNED.slice(0, 30), () => response.destroy())
    }
    answer = breaking
    const [theirs, ours] = await both()
    expect(theirs).toMatchObject({ error: { code: 'ECONNRESET' } })
    deepStrictEqual(ours, theirs)

    const patient = clientOf(3)
    let calls = 0
    answer = response => {
      if (++calls < 3) breaking(response)
      else response.writeHead(200, { 'content-type': JSON_TYPE }).end(SCANNED)
    }
    const { Items, $metadata } = await sendScan(patient, input, signal)
    expect(Items).toStrictEqual([{ id: { S: '√1' }, b: { B: Uint8Array.of(0, 1, 2) } }])
    expect($metadata.attempts).toBe(3)
    patient.destroy()
  })

  it('until it is aborted', async () => {
    const ending = new AbortController()
    answer = response => {
      response.writeHead(200, { 'content-type': JSON_TYPE })
      response.write(SCANNED.slice(0, 30), () => ending.abort())
    }
    await expect(sendScan(client, input, ending.signal)).rejects.toThrow(/abort/i)
  })
})

describe('a scan of a table', () => {
  let world: World
  beforeAll(async () => {
    world = await createWorld()
  })
  afterAll(() => world.stop())

  it('gives all types of values as the SDK does, page by page, with a client for either kind of values', async () => {
    const { dynamodb } = world
    for (let i = 0; i < 5; i++)
      await dynamodb.putItem({
        TableName: users.name,
        Item: {
          id: { S: `\u{1f511}${i}` },
          n: { N: '-1.2345678901234567890123456789012345678' },
          b: { B: new Uint8Array(i) },
          l: { L: [{ BOOL: false }, { NULL: true }, { BS: [Uint8Array.of(255, 254), new Uint8Array(0)] }] },
          m: { M: { 'a.b': { SS: ['x', 'y'] }, empty: { M: {} }, ns: { NS: ['1', '2'] } } },
        },
      })
    const scan = {
      TableName: users.name,
      Limit: 2,
      ConsistentRead: true,
      ReturnConsumedCapacity: 'TOTAL',
    } as const
    for (const one of [dynamodb, DynamoDBDocumentClient.from(dynamodb) as unknown as DynamoDBClient]) {
      const read: unknown[] = []
      for (let start: ScanCommandOutput['LastEvaluatedKey'] | 'first' = 'first'; start !== undefined; ) {
        const page: ScanCommandInput = { ...scan, ...(start === 'first' ? {} : { ExclusiveStartKey: start }) }
        const { $metadata: _, ...theirs }: ScanCommandOutput = await one.send(new ScanCommand(page))
        const { $metadata: __, ...ours } = await sendScan(one, page, signal)
        deepStrictEqual(ours, theirs)
        read.push(...(ours.Items ?? []))
        start = ours.LastEvaluatedKey
      }
      expect(read).toHaveLength(5)
    }
  })
})
