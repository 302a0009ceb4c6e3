import type { AwsRequest, AwsResponse } from '../aws.js'
import { errorName } from '../http/responses.js'
import type { AttributeMap } from './items.js'

/** What stores one region's tables. It knows nothing of other regions. */
export interface Engine {
  /** For people: "dynalite". */
  readonly name: string
  /** Anything else is refused before it gets there. */
  supports(operation: string): boolean
  /** Whether UpdateTable adds and removes global secondary indexes; dynalite accepts that, and does not do it. */
  readonly updatesIndexes: boolean
  /** Sends a request as the client made it. */
  send(request: EngineRequest): Promise<AwsResponse>
  close(): Promise<void>
}

export type EngineRequest = Pick<AwsRequest, 'headers' | 'body'>

/** `TableDescription`, as far as we read it. */
export interface TableDescription {
  readonly TableName: string
  readonly TableStatus: string
  readonly KeySchema: readonly { readonly AttributeName: string }[]
  readonly [member: string]: unknown
}

/** An engine refused a request of our own. */
export class EngineError extends Error {
  readonly response: AwsResponse
  /** For example `ValidationException`; empty when it is not AWS's. */
  readonly errorName: string
  /** What the engine says, in words. */
  readonly reason: string

  constructor(operation: string, response: AwsResponse) {
    const name = errorName(response) ?? ''
    const reason = reasonIn(response.body.toString())
    super(
      `${operation} was refused: ${[name || `HTTP status ${response.status}`, reason].filter(Boolean).join(': ')}`,
    )
    this.name = 'EngineError'
    this.response = response
    this.errorName = name
    this.reason = reason
  }
}

/** The message of an error in AWS's JSON; empty when it has none, and the text itself when it is none. */
function reasonIn(body: string): string {
  try {
    const { message, Message = message ?? '' } = JSON.parse(body) as { message?: string; Message?: string }
    return String(Message)
  } catch {
    return body
  }
}

/** An engine that was running has ended, and what it had in memory with it. */
export class EngineEndedError extends Error {
  constructor(message: string, options?: ErrorOptions) {
    super(message, options)
    this.name = 'EngineEndedError'
  }
}

/** Makes a request of our own. Throws EngineError unless it is answered with 200. */
export async function ask(
  engine: Engine,
  operation: string,
  input: unknown,
): Promise<Record<string, unknown>> {
  const response = await engine.send({
    headers: ownHeaders(operation),
    body: Buffer.from(JSON.stringify(input)),
  })
  if (response.status !== 200) throw new EngineError(operation, response)
  return JSON.parse(response.body.toString()) as Record<string, unknown>
}

export async function describeTable(engine: Engine, tableName: string): Promise<TableDescription> {
  const { Table } = await ask(engine, 'DescribeTable', { TableName: tableName })
  return Table as TableDescription
}

/** Undefined when there is no such item. The read is strongly consistent. */
export async function readItem(
  engine: Engine,
  tableName: string,
  key: AttributeMap,
): Promise<AttributeMap | undefined> {
  const { Item } = await ask(engine, 'GetItem', { TableName: tableName, Key: key, ConsistentRead: true })
  return Item as AttributeMap | undefined
}

/** An engine checks that a request is signed, not by whom. */
export function ownHeaders(operation: string): Record<string, string> {
  return {
    'content-type': 'application/x-amz-json-1.0',
    'x-amz-target': `DynamoDB_20120810.${operation}`,
    'x-amz-date': '20200101T000000Z',
    authorization:
      'AWS4-HMAC-SHA256 Credential=local/20200101/local/dynamodb/aws4_request, SignedHeaders=host, Signature=0',
  }
}
