import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { buffer } from 'node:stream/consumers'

type RequestItems = Record<string, WriteRequest[] | ReadRequest>
type WriteRequest = { PutRequest?: { Item: object }; DeleteRequest?: { Key: object } }
type ReadRequest = { Keys: object[] }

export interface PartialBatches {
  readonly endpoint: string
  /** The `RequestItems` of every batch that arrived, as they were sent. */
  readonly batches: RequestItems[]
  stop(): Promise<void>
}

/**
 * Stands before the local cloud and lets only the first `size` members of every batch pass. The others come back as
 * DynamoDB returns what it had no capacity for, which no engine does by itself.
 */
export async function startPartialBatches(target: string, size: number): Promise<PartialBatches> {
  const batches: RequestItems[] = []
  const answer = async (incoming: IncomingMessage, response: ServerResponse) => {
    const operation = String(incoming.headers['x-amz-target']).split('.')[1]
    let body = await buffer(incoming)
    let unprocessed: object = {}
    if (operation === 'BatchWriteItem' || operation === 'BatchGetItem') {
      const { RequestItems, ...options } = JSON.parse(body.toString()) as { RequestItems: RequestItems }
      batches.push(RequestItems)
      const [processed, rest] = split(RequestItems, size)
      body = Buffer.from(JSON.stringify({ ...options, RequestItems: processed }))
      unprocessed = operation === 'BatchWriteItem' ? { UnprocessedItems: rest } : { UnprocessedKeys: rest }
    }
    const { host: _, 'content-length': __, ...headers } = incoming.headers
    const processed = await fetch(target, {
      method: 'POST',
      headers: headers as Record<string, string>,
      body,
    })
    const output = (await processed.json()) as object
    response.writeHead(processed.status, { 'content-type': 'application/x-amz-json-1.0' })
    response.end(JSON.stringify(processed.ok ? { ...output, ...unprocessed } : output))
  }
  const server = createServer((incoming, response) => {
    answer(incoming, response).catch(() => response.destroy())
  })
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  return {
    endpoint: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    batches,
    stop: () =>
      new Promise(resolve => {
        server.close(() => resolve())
        server.closeAllConnections()
      }),
  }
}

/** The first `size` members of a batch, and the others. */
function split(items: RequestItems, size: number): [RequestItems, RequestItems] {
  const processed: RequestItems = {}
  const rest: RequestItems = {}
  let left = size
  for (const [table, request] of Object.entries(items)) {
    const members = Array.isArray(request) ? request : request.Keys
    const part = (some: object[]) => (Array.isArray(request) ? some : { ...request, Keys: some }) as never
    if (left > 0) processed[table] = part(members.slice(0, left))
    if (members.length > left) rest[table] = part(members.slice(left))
    left = Math.max(0, left - members.length)
  }
  return [processed, rest]
}
