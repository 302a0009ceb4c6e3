import { describe, expect, it } from 'vitest'
import { isThrottling, type Verdict, verdictOn, verdicts } from '../src/verdicts.js'
import { awsError } from './scriptedRegions.js'

// Written down a second time, so that a name that changes its class does so in two places.
const EXPECTED: Record<Verdict, string[]> = {
  message: [
    'InvalidCiphertextException',
    'IncorrectKeyException',
    'ValidationException',
    'ValidationError',
    'SerializationException',
    'MalformedHttpRequestException',
    'RequestEntityTooLargeException',
  ],
  region: [
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
    'ResourceNotFoundException',
    'UnusableResponseError',
  ],
  absent: ['AbsentError'],
  transient: [
    'ProvisionedThroughputExceededException',
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
    'LimitExceededException',
    'ThrottlingException',
    'Throttling',
    'ThrottledException',
    'RequestThrottled',
    'RequestThrottledException',
    'RequestLimitExceeded',
    'TooManyRequestsException',
    'SlowDown',
    'TimeoutError',
    'AttemptTimeoutError',
    'AbortError',
  ],
  credentials: [
    'UnrecognizedClientException',
    'InvalidClientTokenId',
    'MissingAuthenticationTokenException',
    'MissingAuthenticationToken',
    'IncompleteSignatureException',
    'ProviderError',
    'AccessDenied',
    'InvalidIdentityToken',
    'InvalidIdentityTokenException',
    'UnauthorizedException',
    'ExpiredTokenException',
    'ExpiredToken',
    'RequestExpired',
    'RequestTimeTooSkewed',
    'InvalidSignatureException',
    'SignatureDoesNotMatch',
    'IncompleteSignature',
    'CredentialsProviderError',
    'TokenProviderError',
  ],
}

describe('the verdict on an error', () => {
  for (const [verdict, names] of Object.entries(EXPECTED))
    it.each(names)(`is ${verdict} for %s`, name => {
      expect(verdictOn(awsError(name, verdict === 'transient' ? 500 : 400))).toBe(verdict)
    })

  it('is written down for every name in the table', () => {
    expect(Object.keys(verdicts).sort()).toEqual(Object.values(EXPECTED).flat().sort())
  })

  it('goes by the name and not by the status', () => {
    expect(verdictOn(awsError('ThrottlingException', 400))).toBe('transient')
    expect(verdictOn(awsError('DisabledException', 500))).toBe('region')
  })

  it('is the region for an unknown refusal, and transient for an unknown server error', () => {
    expect(verdictOn(awsError('BrandNewException', 400))).toBe('region')
    expect(verdictOn(awsError('BrandNewException', 429))).toBe('transient')
    expect(verdictOn(awsError('BrandNewException', 503))).toBe('transient')
  })

  it('is transient for what never became an answer', () => {
    expect(verdictOn(Object.assign(new Error('connect'), { code: 'ECONNREFUSED' }))).toBe('transient')
    expect(verdictOn(Object.assign(new Error('read'), { code: 'ECONNRESET' }))).toBe('transient')
    expect(verdictOn(Object.assign(new Error('lookup'), { code: 'ENOTFOUND' }))).toBe('transient')
  })

  it('does not trip over names that every object has, or over no error at all', () => {
    expect(verdictOn(awsError('constructor', 500))).toBe('transient')
    expect(verdictOn(undefined)).toBe('transient')
    expect(verdictOn('down')).toBe('transient')
  })
})

describe('throttling', () => {
  it.each(['ThrottlingException', 'TooManyRequestsException', 'LimitExceededException'])('is %s', name => {
    expect(isThrottling(awsError(name))).toBe(true)
  })

  it('is HTTP 429 under whatever name', () => {
    expect(isThrottling(awsError('BrandNewException', 429))).toBe(true)
    expect(isThrottling(awsError('KMSInternalException', 500))).toBe(false)
  })
})
