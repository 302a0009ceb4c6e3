import { AwsError } from '../aws.js'
import type { Parameters } from './parameters.js'

/** Members that stand for what is not here, by operation. Without these a key or an answer would be another one. */
const MEMBERS: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  CreateKey: {
    CustomKeyStoreId: 'custom key stores',
    XksKeyId: 'custom key stores',
  },
}

/** Throws AwsError for a request that asks for what the local cloud's KMS does not have. */
export function requireSupported(operation: string, parameters: Parameters): void {
  const members = Object.hasOwn(MEMBERS, operation) ? MEMBERS[operation] : {}
  for (const [member, feature] of Object.entries({ ...members, Recipient: 'attestation of Nitro Enclaves' }))
    if (parameters.has(member)) refuse(member, feature)
  const origin = operation === 'CreateKey' ? parameters.optionalString('Origin') : undefined
  if (origin === 'EXTERNAL') refuse('Origin EXTERNAL', 'imported key material')
  if (origin !== undefined && origin !== 'AWS_KMS') refuse(`Origin ${origin}`, 'custom key stores')
}

function refuse(what: string, feature: string): never {
  throw new AwsError(
    'UnsupportedOperationException',
    `The local cloud's KMS has no ${feature}, which ${what} asks for.`,
  )
}
