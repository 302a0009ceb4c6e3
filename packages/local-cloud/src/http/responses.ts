import { randomUUID } from 'node:crypto'
import type { AwsError, AwsResponse, ServiceName } from '../aws.js'

/** KMS speaks AWS JSON 1.1, DynamoDB 1.0. */
const contentTypes: Record<ServiceName, string> = {
  kms: 'application/x-amz-json-1.1',
  dynamodb: 'application/x-amz-json-1.0',
}

/** The namespace that DynamoDB, but not KMS, puts before its error names. */
const DYNAMODB_ERRORS = 'com.amazonaws.dynamodb.v20120810#'

/** What is refused before DynamoDB itself is asked has another one. */
const EARLY_NAMESPACE = 'com.amazon.coral.service#'

const EARLY_ERRORS: ReadonlySet<string> = new Set([
  'IncompleteSignatureException',
  'InvalidSignatureException',
  'SerializationException',
])

/** `value` undefined is the empty body that KMS answers to EnableKey, for example. */
export function jsonResponse(service: ServiceName, value: unknown, status = 200): AwsResponse {
  return {
    status,
    headers: { 'content-type': contentTypes[service], 'x-amzn-requestid': randomUUID() },
    body: value === undefined ? '' : JSON.stringify(value),
  }
}

export function errorResponse(service: ServiceName, error: AwsError): AwsResponse {
  const type = service === 'dynamodb' ? dynamoDbNamespace(error.name) + error.name : error.name
  const body = error.message === '' ? { __type: type } : { __type: type, message: error.message }
  return jsonResponse(service, body, error.status)
}

function dynamoDbNamespace(errorName: string): string {
  return EARLY_ERRORS.has(errorName) ? EARLY_NAMESPACE : DYNAMODB_ERRORS
}

/** The error name in the body of an answer: what follows the `#` of its `__type`. */
export function errorName(response: AwsResponse): string | undefined {
  if (response.status < 400) return undefined
  const [, name] = /"__type"\s*:\s*"(?:[^"#]*#)?([^"]+)"/.exec(response.body.toString()) ?? []
  return name
}
