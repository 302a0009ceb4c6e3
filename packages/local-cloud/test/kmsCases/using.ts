import {
  ACCOUNT,
  arn,
  EAST,
  generate,
  type KmsCase,
  NOT_FOUND,
  text,
  UNKNOWN_MRK,
  VALIDATION,
  WEST,
} from './kmsCase.js'

/** Requests that use a key. */
export const USING: readonly KmsCase[] = [
  {
    when: 'the multi-Region key does not exist in the region',
    region: WEST,
    operation: 'GenerateDataKey',
    input: w => generate(w.mrkEastOnly),
    error: NOT_FOUND,
    message: w => `Key '${arn(w.mrkEastOnly, WEST)}' does not exist`,
  },
  {
    when: 'the id is malformed',
    operation: 'GenerateDataKey',
    input: () => generate('nonsense'),
    error: NOT_FOUND,
    message: () => `Invalid keyId 'nonsense'`,
  },
  {
    when: "the ARN is another region's",
    region: WEST,
    operation: 'GenerateDataKey',
    input: w => generate(arn(w.mrk, EAST)),
    error: NOT_FOUND,
    message: () => `Invalid arn ${EAST}`,
  },
  {
    when: "the ARN is another region's, even for a ciphertext that opens here",
    region: WEST,
    operation: 'Decrypt',
    input: w => ({ CiphertextBlob: w.blob, KeyId: arn(w.mrk, EAST) }),
    error: NOT_FOUND,
    message: () => `Invalid arn ${EAST}`,
  },
  {
    when: 'the alias does not exist',
    operation: 'GenerateDataKey',
    input: () => generate('alias/none'),
    error: NOT_FOUND,
    message: () => `Alias arn:aws:kms:${EAST}:${ACCOUNT}:alias/none is not found.`,
  },
  {
    when: 'KeyId names another key than the ciphertext',
    operation: 'Decrypt',
    input: w => ({ CiphertextBlob: w.blob, KeyId: w.other, EncryptionContext: { tenant: 'acme' } }),
    error: 'IncorrectKeyException',
    message: () => 'The key ID in the request does not identify a CMK that can perform this operation.',
  },
  {
    when: 'SourceKeyId names another key than the ciphertext',
    operation: 'ReEncrypt',
    input: w => ({ CiphertextBlob: w.blob, SourceKeyId: w.other, DestinationKeyId: w.other }),
    error: 'IncorrectKeyException',
    message: () => 'The key ID in the request does not identify a CMK that can perform this operation.',
  },
  {
    when: 'the encryption context is missing',
    operation: 'Decrypt',
    input: w => ({ CiphertextBlob: w.blob }),
    error: 'InvalidCiphertextException',
  },
  {
    when: 'the encryption context has one pair more',
    operation: 'Decrypt',
    input: w => ({ CiphertextBlob: w.blob, EncryptionContext: { tenant: 'acme', 'aws:replica': WEST } }),
    error: 'InvalidCiphertextException',
  },
  {
    when: 'a bit of the ciphertext differs',
    operation: 'Decrypt',
    input: w => {
      const bytes = Buffer.from(w.blob, 'base64')
      bytes.writeUInt8(bytes.readUInt8(bytes.length - 20) ^ 1, bytes.length - 20)
      return { CiphertextBlob: bytes.toString('base64'), EncryptionContext: { tenant: 'acme' } }
    },
    error: 'InvalidCiphertextException',
  },
  {
    when: 'the ciphertext is cut short',
    operation: 'Decrypt',
    input: w => ({ CiphertextBlob: w.blob.slice(0, 80), EncryptionContext: { tenant: 'acme' } }),
    error: 'InvalidCiphertextException',
  },
  {
    when: 'the ciphertext is not one',
    operation: 'Decrypt',
    input: () => ({ CiphertextBlob: text('not a ciphertext') }),
    error: 'InvalidCiphertextException',
  },
  {
    when: "the ciphertext's key has no replica in the region",
    region: WEST,
    operation: 'Decrypt',
    input: w => ({ CiphertextBlob: w.eastBlob }),
    error: 'AccessDeniedException',
    message: () =>
      'The ciphertext refers to a customer master key that does not exist, does not exist in this region, or you are not allowed to access.',
  },
  ...['Encrypt', 'GenerateDataKey', 'GenerateDataKeyWithoutPlaintext'].map(
    (operation): KmsCase => ({
      when: 'the key is disabled',
      operation,
      input: w =>
        operation === 'Encrypt' ? { KeyId: w.disabled, Plaintext: text('a') } : generate(w.disabled),
      error: 'DisabledException',
      message: w => `${arn(w.disabled)} is disabled.`,
    }),
  ),
  {
    when: 'the key is disabled',
    operation: 'Decrypt',
    input: w => ({ CiphertextBlob: w.disabledBlob }),
    error: 'DisabledException',
    message: w => `${arn(w.disabled)} is disabled.`,
  },
  {
    when: 'the key is for MACs',
    operation: 'GenerateDataKey',
    input: w => generate(w.hmac),
    error: 'InvalidKeyUsageException',
    message: w => `${arn(w.hmac)} key usage is GENERATE_VERIFY_MAC which is not valid for GenerateDataKey.`,
  },
  {
    when: 'the key is for encryption',
    operation: 'GenerateMac',
    input: w => ({ KeyId: w.single, Message: text('a'), MacAlgorithm: 'HMAC_SHA_256' }),
    error: 'InvalidKeyUsageException',
    message: w => `${arn(w.single)} key usage is ENCRYPT_DECRYPT which is not valid for GenerateMac.`,
  },
  {
    when: "the algorithm is not the key's",
    operation: 'GenerateMac',
    input: w => ({ KeyId: w.hmac, Message: text('a'), MacAlgorithm: 'HMAC_SHA_512' }),
    error: 'InvalidKeyUsageException',
    message: () => 'Algorithm HMAC_SHA_512 is incompatible with key spec HMAC_256.',
  },
  {
    when: 'the MAC is wrong',
    operation: 'VerifyMac',
    input: w => ({ KeyId: w.hmac, Message: text('a'), Mac: text('b'), MacAlgorithm: 'HMAC_SHA_256' }),
    error: 'KMSInvalidMacException',
  },
  {
    when: 'it is a dry run',
    operation: 'GenerateDataKey',
    input: w => ({ ...generate(w.single), DryRun: true }),
    status: 412,
    error: 'DryRunOperationException',
    message: () => 'The request would have succeeded, but the DryRun option is set.',
  },
  {
    when: 'it is a dry run of what would fail',
    operation: 'GenerateDataKey',
    input: w => ({ ...generate(w.disabled), DryRun: true }),
    error: 'DisabledException',
    message: w => `${arn(w.disabled)} is disabled.`,
  },
  {
    when: 'neither KeySpec nor NumberOfBytes is given',
    operation: 'GenerateDataKey',
    input: w => ({ KeyId: w.single }),
    error: VALIDATION,
    message: () => 'Please specify either number of bytes or key spec.',
  },
  {
    when: 'both KeySpec and NumberOfBytes are given',
    operation: 'GenerateDataKey',
    input: w => ({ ...generate(w.single), NumberOfBytes: 32 }),
    error: VALIDATION,
    message: () => 'Please specify either number of bytes or key spec.',
  },
  {
    when: 'NumberOfBytes is too large',
    operation: 'GenerateDataKey',
    input: w => ({ KeyId: w.single, NumberOfBytes: 1025 }),
    error: VALIDATION,
    message: () =>
      `1 validation error detected: Value '1025' at 'numberOfBytes' failed to satisfy constraint: Member must have value less than or equal to 1024`,
  },
  {
    when: 'the plaintext is longer than 4,096 bytes',
    operation: 'Encrypt',
    input: w => ({ KeyId: w.single, Plaintext: Buffer.alloc(4097).toString('base64') }),
    error: VALIDATION,
    message: () =>
      `1 validation error detected: Value at 'plaintext' failed to satisfy constraint: Member must have length less than or equal to 4096`,
  },
  {
    when: 'the plaintext is empty',
    operation: 'Encrypt',
    input: w => ({ KeyId: w.single, Plaintext: '' }),
    error: VALIDATION,
    message: () =>
      `1 validation error detected: Value at 'plaintext' failed to satisfy constraint: Member must have length greater than or equal to 1`,
  },
  {
    when: 'there is no such operation',
    operation: 'GenerateDataKeyPair',
    input: w => ({ KeyId: w.single, KeyPairSpec: 'RSA_2048' }),
    error: 'UnknownOperationException',
    message: () => "The local cloud's KMS has no operation GenerateDataKeyPair.",
  },
  {
    when: 'the plaintext is for an enclave',
    operation: 'GenerateDataKey',
    input: w => ({ KeyId: w.single, KeySpec: 'AES_256', Recipient: { AttestationDocument: 'AA==' } }),
    error: 'UnsupportedOperationException',
    message: () => "The local cloud's KMS has no attestation of Nitro Enclaves, which Recipient asks for.",
  },
  {
    when: 'an unknown multi-Region key is named',
    operation: 'Encrypt',
    input: () => ({ KeyId: UNKNOWN_MRK, Plaintext: text('a') }),
    error: NOT_FOUND,
    message: () => `Key '${arn(UNKNOWN_MRK)}' does not exist`,
  },
]
