import { isOfCredentials, isTransient, NETWORK } from './engine/persistently.js'
import { CliError } from './errors.js'
import { reasonOf, sentence } from './keys/reasonOf.js'

/** What was asked of AWS when it failed. */
export interface Asked {
  readonly table: string
  readonly region: string
}

const CREDENTIALS = [
  'CredentialsProviderError',
  'UnrecognizedClientException',
  'InvalidSignatureException',
  'ExpiredTokenException',
  'ExpiredToken',
  'IncompleteSignature',
  'MissingAuthenticationToken',
]

/** An error of AWS in words, with the way out; what is none of these is returned as it is. */
export function explained(error: unknown, { table, region }: Asked): unknown {
  if (!(error instanceof Error) || error instanceof CliError) return error
  const { name, message, code } = error as Error & { code?: unknown }
  if (name === 'ResourceNotFoundException') {
    return new CliError(
      'table-missing',
      `Table ${table} does not exist in ${region}, or is about to be made or deleted. Is it another region (--region), or another account?`,
      error,
    )
  }
  if (name === 'AccessDeniedException') {
    const action = /not authorized to perform: (\S+)/.exec(message)?.[1]
    return new CliError(
      'permission',
      `AWS refused${action === undefined ? '' : ` ${action}`} on table ${table} in ${region}: ${sentence(message)} ${action === undefined ? 'Allow it' : `Allow ${action}`} for the credentials that run this.`,
      error,
    )
  }
  if (isOfCredentials(error)) {
    return new CliError(
      'credentials',
      `KMS accepts no AWS credentials of this process: ${sentence(reasonOf(error))} Sign in again, or give the configuration's keyring others; a job with a checkpoint goes on where it was.`,
      error,
    )
  }
  if (code === 'key-unavailable') {
    const isRefused = !isTransient(error)
    return new CliError(
      isRefused ? 'permission' : 'unreachable',
      `${sentence(message)} ${sentence(reasonOf(error))} ${isRefused ? 'dynaseal doctor says what is missing. Once that is mended' : 'Once KMS answers again'}, a job with a checkpoint goes on where it was: give the same command again.`,
      error,
    )
  }
  if (CREDENTIALS.includes(name)) {
    return new CliError(
      'credentials',
      `There are no valid AWS credentials for ${region}: ${sentence(message)} The configuration's clients look for them where the AWS SDK does: environment, profile, role.`,
      error,
    )
  }
  if (NETWORK.includes(String(code)) || name === 'TimeoutError') {
    return new CliError(
      'unreachable',
      `DynamoDB in ${region} does not answer: ${sentence(message || String(code))} Is the region right, and the endpoint of the configuration's client?`,
      error,
    )
  }
  return error
}
