import type { ServiceName } from '../src/index.js'

export interface WireAnswer {
  readonly status: number
  readonly headers: Headers
  readonly text: string
  /** Undefined for an empty body. */
  readonly json: Record<string, unknown> | undefined
}

const targets: Record<ServiceName, string> = { kms: 'TrentService', dynamodb: 'DynamoDB_20120810' }
const versions: Record<ServiceName, string> = { kms: '1.1', dynamodb: '1.0' }

export interface WireRequest {
  readonly service: ServiceName
  readonly region: string
  readonly operation: string
  /** An object becomes JSON. */
  readonly input: unknown
}

export function wireHeaders({
  service,
  region,
  operation,
}: Omit<WireRequest, 'input'>): Record<string, string> {
  return {
    'content-type': `application/x-amz-json-${versions[service]}`,
    'x-amz-target': `${targets[service]}.${operation}`,
    'x-amz-date': '20250101T000000Z',
    authorization: `AWS4-HMAC-SHA256 Credential=tester/20250101/${region}/${service}/aws4_request, SignedHeaders=host, Signature=00`,
  }
}

/** A request without an SDK, for what an SDK would not send, and for answers as they are on the wire. */
export async function send(endpoint: string, request: WireRequest): Promise<WireAnswer> {
  const { input } = request
  const body = typeof input === 'string' ? input : JSON.stringify(input)
  const response = await fetch(endpoint, { method: 'POST', headers: wireHeaders(request), body })
  const text = await response.text()
  return {
    status: response.status,
    headers: response.headers,
    text,
    json: text.startsWith('{') ? JSON.parse(text) : undefined,
  }
}
