import type { IncomingHttpHeaders } from 'node:http'
import { AwsError } from '../aws.js'

/** Where a request is going, as its SigV4 credential scope says: AKID/DATE/REGION/SERVICE/aws4_request. */
export interface Scope {
  readonly region: string
  readonly service: string
  /** Access key id: who calls. */
  readonly principal: string
}

const CREDENTIAL = /Credential=([^/,\s]+)\/\d{8}\/([^/,\s]+)\/([^/,\s]+)\/aws4_request/

/** The signature is not verified: the local cloud listens on loopback, and any credentials will do. */
export function readScope(headers: IncomingHttpHeaders): Scope {
  const [, principal, region, service] = CREDENTIAL.exec(headers.authorization ?? '') ?? []
  if (principal === undefined || region === undefined || service === undefined)
    throw new AwsError(
      'MissingAuthenticationTokenException',
      'Missing Authentication Token: the local cloud reads region and service from a SigV4 Authorization header. ' +
        'Any credentials will do, but the client needs some.',
    )
  return { region, service, principal }
}

/** `TrentService.Decrypt` and `DynamoDB_20120810.PutItem` name the operation after the dot. */
export function readOperation(headers: IncomingHttpHeaders): string {
  const target = headers['x-amz-target']
  const name = typeof target === 'string' ? target : ''
  return name.slice(name.lastIndexOf('.') + 1)
}
