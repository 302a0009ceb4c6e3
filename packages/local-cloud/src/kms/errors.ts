import { AwsError } from '../aws.js'

/**
 * KMS's errors with their messages, as AWS was recorded giving them.
 * Invalid ciphertexts and MACs have no message on AWS.
 */
export const kmsErrors = {
  keyNotFound: (arn: string) => new AwsError('NotFoundException', `Key '${arn}' does not exist`),
  invalidKeyId: (keyId: string) => new AwsError('NotFoundException', `Invalid keyId '${keyId}'`),
  otherRegion: (region: string) => new AwsError('NotFoundException', `Invalid arn ${region}`),
  aliasNotFound: (arn: string) => new AwsError('NotFoundException', `Alias ${arn} is not found.`),
  incorrectKey: () =>
    new AwsError(
      'IncorrectKeyException',
      'The key ID in the request does not identify a CMK that can perform this operation.',
    ),
  invalidCiphertext: () => new AwsError('InvalidCiphertextException'),
  invalidMac: () => new AwsError('KMSInvalidMacException'),
  noKeyForCiphertext: () =>
    new AwsError(
      'AccessDeniedException',
      'The ciphertext refers to a customer master key that does not exist, ' +
        'does not exist in this region, or you are not allowed to access.',
    ),
  disabled: (arn: string) => new AwsError('DisabledException', `${arn} is disabled.`),
  invalidState: (arn: string, state: string) =>
    new AwsError('KMSInvalidStateException', `${arn} is ${state}.`),
  notPrimary: (arn: string) =>
    new AwsError('UnsupportedOperationException', `${arn} is not a multi-region primary key.`),
  wrongUsage: (arn: string, usage: string, operation: string) =>
    new AwsError(
      'InvalidKeyUsageException',
      `${arn} key usage is ${usage} which is not valid for ${operation}.`,
    ),
  alreadyExists: (arn: string) => new AwsError('AlreadyExistsException', `${arn} already exists.`),
  dryRun: () =>
    new AwsError(
      'DryRunOperationException',
      'The request would have succeeded, but the DryRun option is set.',
      412,
    ),
  validation: (message: string) => new AwsError('ValidationException', message),
  constraint: (member: string, value: string | undefined, constraint: string) =>
    new AwsError(
      'ValidationException',
      `1 validation error detected: Value ${value === undefined ? '' : `${value} `}at '${member}' ` +
        `failed to satisfy constraint: ${constraint}`,
    ),
}
