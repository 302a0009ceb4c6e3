/**
 * What an error says about asking elsewhere:
 *
 * - `message`: this ciphertext or request is refused wherever it is sent; ask nobody else
 * - `region`: this region refuses until somebody changes something there; ask the next one
 * - `absent`: this region has not got it, and another one may; ask the next one
 * - `transient`: this region does not answer now; ask the next one, and count it against the region
 * - `credentials`: this process's are missing or refused, or its clock is wrong, so that nobody came to look at the key;
 *   ask the next one, and blame no region
 */
export type Verdict = 'message' | 'region' | 'absent' | 'transient' | 'credentials'

/** The region asks for fewer calls. */
const THROTTLING = [
  'LimitExceededException',
  'ProvisionedThroughputExceededException',
  'ThrottlingException',
  'Throttling',
  'ThrottledException',
  'RequestThrottled',
  'RequestThrottledException',
  'RequestLimitExceeded',
  'TooManyRequestsException',
  'SlowDown',
]

/** The token is unknown: everywhere, or in an opt-in region, which does not take those of the global STS endpoint. */
const UNKNOWN_TOKEN = ['UnrecognizedClientException', 'InvalidClientTokenId']

/**
 * Every error name that KMS documents for `GenerateDataKey`, `Encrypt`, `Decrypt` and `DescribeKey` and DynamoDB for
 * `GetItem` and `Query`, the common errors of AWS services, those of the SDK and of Node, and those that it takes from where
 * credentials come from.
 *
 * Sources: AWS KMS API Reference and Amazon DynamoDB API Reference, "Errors" of each operation and "Common Errors"; the
 * `errors` documentation of Node.
 */
const NAMES: Readonly<Record<Verdict, readonly string[]>> = {
  message: [
    // The ciphertext is bound to the key id and the encryption context, which are the same everywhere.
    'InvalidCiphertextException',
    'IncorrectKeyException',
    // The request is the same in every region but for the region of the ARN.
    'ValidationException',
    'ValidationError',
    'SerializationException',
    'MalformedHttpRequestException',
    'RequestEntityTooLargeException',
  ],
  region: [
    // Key state, policies, grants and opt-in are per region, also for replicas of one key.
    'AccessDeniedException',
    'NotAuthorized',
    'NotFoundException',
    'DisabledException',
    'KMSInvalidStateException',
    'InvalidKeyUsageException',
    'InvalidGrantTokenException',
    'InvalidArnException',
    'UnsupportedOperationException',
    'UnknownOperationException',
    'DryRunOperationException',
    'OptInRequired',
    // Raised here: an answer from another key than the one asked for, or a data key of the wrong length.
    'UnusableResponseError',
    // DynamoDB: this region has no replica of the table.
    'ResourceNotFoundException',
  ],
  absent: [
    // Raised here: the region's replica has not got the item.
    'AbsentError',
  ],
  transient: [
    ...THROTTLING,
    'KMSInternalException',
    'DependencyTimeoutException',
    'KeyUnavailableException',
    'InternalFailure',
    'InternalServerError',
    'ServiceUnavailable',
    'ServiceUnavailableException',
    'RequestTimeout',
    'RequestTimeoutException',
    'RequestAbortedException',
    'TimeoutError',
    'AttemptTimeoutError',
    'AbortError',
  ],
  credentials: [
    ...UNKNOWN_TOKEN,
    'MissingAuthenticationTokenException',
    'MissingAuthenticationToken',
    'ExpiredTokenException',
    'ExpiredToken',
    'RequestExpired',
    'RequestTimeTooSkewed',
    'InvalidSignatureException',
    'SignatureDoesNotMatch',
    'IncompleteSignature',
    'IncompleteSignatureException',
    'CredentialsProviderError',
    'TokenProviderError',
    'ProviderError',
    // From STS and IAM Identity Center, which the SDK asks for credentials: KMS has no errors of these names.
    'AccessDenied',
    'InvalidIdentityToken',
    'InvalidIdentityTokenException',
    'UnauthorizedException',
  ],
}

/** By the names of errors. */
export const verdicts: Readonly<Record<string, Verdict>> = Object.fromEntries(
  Object.entries(NAMES).flatMap(([verdict, names]) => names.map(name => [name, verdict as Verdict])),
)

interface ServiceErrorLike {
  name?: unknown
  $metadata?: { httpStatusCode?: unknown }
}

/** The verdict on an error of a KMS call. */
export function verdictOn(error: unknown): Verdict {
  const { name, $metadata } = serviceError(error)
  if (typeof name === 'string' && Object.hasOwn(verdicts, name)) return verdicts[name]!
  const status = $metadata?.httpStatusCode
  // A refusal that this table does not know yet is the region's until another region says the same.
  if (typeof status === 'number' && status >= 400 && status < 500 && status !== 429) return 'region'
  // Server errors, and all that never became an answer: refused and reset connections, DNS, TLS.
  return 'transient'
}

/** Whether the region will say the same again until somebody changes something: no use in asking it twice in a call. */
export function staysRefused(error: unknown): boolean {
  const { name } = serviceError(error)
  return verdictOn(error) === 'region' || (typeof name === 'string' && UNKNOWN_TOKEN.includes(name))
}

/** Whether the region asked for fewer calls. */
export function isThrottling(error: unknown): boolean {
  const { name, $metadata } = serviceError(error)
  return (typeof name === 'string' && THROTTLING.includes(name)) || $metadata?.httpStatusCode === 429
}

function serviceError(error: unknown): ServiceErrorLike {
  return typeof error === 'object' && error !== null ? error : {}
}
