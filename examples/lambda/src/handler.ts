import type { APIGatewayProxyEventV2, APIGatewayProxyStructuredResultV2 } from 'aws-lambda'
import { DynamoDBToolboxError, GetItemCommand, PutItemCommand } from 'dynamodb-toolbox'
import { sealedClient } from './clients.js'
import { customers } from './customer.js'

const Customer = customers(sealedClient())

type Response = APIGatewayProxyStructuredResultV2

/**
 * `PUT /customers/{id}` and `GET /customers/{id}` of an HTTP API (payload format 2.0).
 *
 * What it does not catch, API Gateway answers with 500 and Lambda logs: a field that does not open, a key that cannot be
 * used. Neither names a value.
 */
export async function handler(event: APIGatewayProxyEventV2): Promise<Response> {
  const id = event.pathParameters?.id
  if (id === undefined) return json(404, { message: 'no such route' })
  switch (event.requestContext.http.method) {
    case 'PUT':
      return put(id, bodyOf(event))
    case 'GET':
      return get(id)
    default:
      return json(405, { message: 'GET or PUT' })
  }
}

async function put(id: string, body: unknown): Promise<Response> {
  if (typeof body !== 'object' || body === null || Array.isArray(body))
    return json(400, { message: 'the body is not a JSON object' })
  try {
    // The schema is what checks the body.
    await Customer.build(PutItemCommand)
      .item({ ...body, id } as Parameters<PutItemCommand<typeof Customer>['item']>[0])
      .send()
  } catch (error) {
    if (error instanceof DynamoDBToolboxError && error.code.startsWith('parsing.'))
      return json(400, { message: error.message })
    throw error
  }
  return { statusCode: 204 }
}

async function get(id: string): Promise<Response> {
  const { Item } = await Customer.build(GetItemCommand).key({ id }).send()
  return Item === undefined ? json(404, { message: 'no such customer' }) : json(200, Item)
}

/** `undefined` where it is no JSON. */
function bodyOf({ body, isBase64Encoded }: APIGatewayProxyEventV2): unknown {
  try {
    return JSON.parse(Buffer.from(body ?? '', isBase64Encoded ? 'base64' : 'utf8').toString())
  } catch {
    return undefined
  }
}

function json(statusCode: number, body: object): Response {
  return { statusCode, headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) }
}
