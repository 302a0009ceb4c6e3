/**
 * Why a call came to nothing:
 *
 * - `denied`: it may not be made
 * - `missing`: there is no such key, alias or table
 * - `state`, `usage`: the key is in a state, or of a kind, that does not do it
 * - `material`: the key does not decrypt what another replica encrypted
 * - `throttled`, `unreachable`: no answer, or none of use
 * - `credentials`: nobody came to look at what was asked
 * - `other`
 */
export type FailureKind =
  | 'denied'
  | 'missing'
  | 'state'
  | 'usage'
  | 'material'
  | 'throttled'
  | 'unreachable'
  | 'credentials'
  | 'other'

export interface Failure {
  readonly kind: FailureKind
  /** As policies have it: `kms:Decrypt`. */
  readonly action: string
  /** The error's name and message: AWS's, which quotes no data; without a full stop. */
  readonly reason: string
}

const KINDS: Readonly<Record<string, FailureKind>> = {
  AccessDeniedException: 'denied',
  NotAuthorizedException: 'denied',
  NotFoundException: 'missing',
  ResourceNotFoundException: 'missing',
  TableNotFoundException: 'missing',
  DisabledException: 'state',
  KMSInvalidStateException: 'state',
  InvalidKeyUsageException: 'usage',
  InvalidCiphertextException: 'material',
  IncorrectKeyException: 'material',
  ThrottlingException: 'throttled',
  LimitExceededException: 'throttled',
  RequestLimitExceeded: 'throttled',
  ProvisionedThroughputExceededException: 'throttled',
  UnrecognizedClientException: 'credentials',
  InvalidClientTokenId: 'credentials',
  InvalidSignatureException: 'credentials',
  SignatureDoesNotMatch: 'credentials',
  RequestTimeTooSkewed: 'credentials',
  ExpiredTokenException: 'credentials',
  ExpiredToken: 'credentials',
  MissingAuthenticationTokenException: 'credentials',
  IncompleteSignatureException: 'credentials',
  CredentialsProviderError: 'credentials',
  TokenProviderError: 'credentials',
}

interface ErrorOfSdk {
  readonly name?: unknown
  readonly message?: unknown
  readonly code?: unknown
  readonly $metadata?: { readonly httpStatusCode?: number }
}

export function failureOf(action: string, error: unknown): Failure {
  const { name, message, code, $metadata } = Object(error) as ErrorOfSdk
  const title = name === 'Error' && typeof code === 'string' ? code : String(name)
  // KMS has errors without a message, which the SDK calls "UnknownError".
  const text = typeof message === 'string' && message !== 'UnknownError' && message !== title ? message : ''
  // Sentences are made of it.
  const reason = (text === '' ? title : `${title}: ${text}`).replace(/[.\s]+$/, '')
  const status = $metadata?.httpStatusCode
  const answered = status !== undefined && status < 500
  const kind = (Object.hasOwn(KINDS, title) && KINDS[title]) || (answered ? 'other' : 'unreachable')
  return { kind, action, reason }
}
