import { once } from 'node:events'
import { createServer, type IncomingHttpHeaders, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { DynamoDBClient, UpdateItemCommand, type UpdateItemCommandInput } from '@aws-sdk/client-dynamodb'
import { DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { sendUpdates } from '../src/engine/sendUpdates.js'

interface Request {
  readonly headers: IncomingHttpHeaders
  readonly body: string
}

/** Answers each call with what is asked of it, and keeps what it was asked. */
let server: Server
let answer: (response: ServerResponse, request: Request) => void
let requests: Request[] = []

beforeAll(async () => {
  server = createServer(async (incoming, response) => {
    const chunks: Buffer[] = []
    for await (const chunk of incoming) chunks.push(chunk)
    const request = { headers: incoming.headers, body: Buffer.concat(chunks).toString('utf8') }
    requests.push(request)
    answer(response, request)
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
})
afterAll(() => {
  server.closeAllConnections()
  server.close()
})
beforeEach(() => {
  requests = []
  answer = (response, { body }) => {
    const { Key } = JSON.parse(body)
    respond(response, 200, {
      ConsumedCapacity: { TableName: 'users', CapacityUnits: 1 },
      Attributes: Key,
    })
  }
})

function respond(response: ServerResponse, status: number, body: object): void {
  response.writeHead(status, { 'content-type': 'application/x-amz-json-1.0' }).end(JSON.stringify(body))
}

function createClient(): DynamoDBClient {
  return new DynamoDBClient({
    endpoint: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    region: 'us-east-1',
    credentials: { accessKeyId: 'test', secretAccessKey: 'test' },
  })
}

const inputs = Array.from(
  { length: 40 },
  (_, index): UpdateItemCommandInput => ({
    TableName: 'users',
    Key: { id: { S: String(index) } },
    UpdateExpression: 'SET #0 = :1',
    ConditionExpression: '#0 = :0',
    ExpressionAttributeNames: { '#0': '√ñ.name' },
    ExpressionAttributeValues: {
      ':0': { M: { a: { L: [{ NULL: true }] } } },
      ':1': { B: Uint8Array.of(index) },
    },
    ReturnConsumedCapacity: 'TOTAL',
  }),
)

/** What differs from call to call. */
function comparable({ headers, body }: Request): object {
  const { authorization: _, 'amz-sdk-invocation-id': __, 'x-amz-date': ___, ...others } = headers
  return { headers: others, body }
}

describe.each([
  ['a client', createClient],
  ['a document client', () => DynamoDBDocumentClient.from(createClient())],
] as const)('updates through %s', (_, create) => {
  it('are the requests that its `send` makes, also many at once, with what each is answered', async () => {
    const client = create() as DynamoDBClient
    const send = sendUpdates(client)
    const outputs = await Promise.all(inputs.map(send))
    const ours = requests
    requests = []
    const sent = await Promise.all(inputs.map(input => client.send(new UpdateItemCommand(input))))
    const sorted = (all: readonly Request[]) => all.map(one => JSON.stringify(comparable(one))).sort()
    expect(sorted(ours)).toEqual(sorted(requests))
    const withoutIds = (all: typeof outputs) => all.map(({ $metadata, ...others }) => others)
    expect(withoutIds(outputs)).toEqual(withoutIds(sent))
    expect(outputs.map(({ Attributes }) => Attributes)).toEqual(inputs.map(({ Key }) => Key))
    client.destroy()
  })

  it('pass the middleware that was added to it, which is put together once', async () => {
    const client = create() as DynamoDBClient
    let made = 0
    const seen: unknown[] = []
    client.middlewareStack.add(
      next => {
        made++
        return args => {
          seen.push(args.input)
          return next(args)
        }
      },
      { name: 'ofTheApplication', step: 'initialize' },
    )
    const send = sendUpdates(client)
    for (const input of inputs.slice(0, 3)) await send(input)
    expect(seen).toEqual(inputs.slice(0, 3))
    expect(made).toBe(1)
    client.destroy()
  })

  it('are tried again by the SDK, and fail with its errors, each for itself', async () => {
    const client = create() as DynamoDBClient
    const send = sendUpdates(client)
    const failed = new Set<string>()
    const succeed = answer
    answer = (response, request) => {
      const id = JSON.parse(request.body).Key.id.S as string
      if (id === '1')
        respond(response, 400, { __type: 'com.amazonaws.dynamodb.v20120810#ConditionalCheckFailedException' })
      else if (failed.has(id)) succeed(response, request)
      else {
        failed.add(id)
        respond(response, 500, { __type: 'InternalServerError' })
      }
    }
    const results = await Promise.allSettled(inputs.slice(0, 3).map(send))
    expect(results.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled'])
    expect((results[1] as PromiseRejectedResult).reason).toMatchObject({
      name: 'ConditionalCheckFailedException',
      $fault: 'client',
    })
    const ids = requests.map(({ body }) => JSON.parse(body).Key.id.S).sort()
    expect(ids).toEqual(['0', '0', '1', '2', '2'])
    client.destroy()
  })
})

it('asks what somebody has put in the place of `send`', async () => {
  const client = createClient()
  const sent: unknown[] = []
  client.send = (async (command: UpdateItemCommand) => {
    sent.push(command.input)
    return {}
  }) as unknown as DynamoDBClient['send']
  await sendUpdates(client)(inputs[0]!)
  expect(sent).toEqual([inputs[0]])
  expect(requests).toEqual([])
  client.destroy()
})
