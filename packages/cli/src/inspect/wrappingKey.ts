import type { EncryptedDataKeyEntry } from '@dynaseal/core'

/** The key under which a data key is encrypted, as its entry names it. */
export interface WrappingKey {
  /** As the AWS Encryption SDK calls it: `aws-kms`, `aws-kms-hierarchy`, or a raw keyring's namespace. */
  readonly provider: string
  /** A KMS key's ARN, a branch key's id, or a raw key's name. */
  readonly name: string
  /** Of the KMS key that made the data key. */
  readonly region?: string
  /** Of a branch key: a UUID. */
  readonly version?: string
}

/** In what a branch key has encrypted: after a salt of 16 bytes and an IV of 12, 16 bytes. */
const VERSION_START = 28
const VERSION_END = 44

export function wrappingKey({
  providerId,
  providerInfo,
  encryptedDataKey,
}: EncryptedDataKeyEntry): WrappingKey {
  const key = { provider: providerId, name: providerInfo }
  if (providerId === 'aws-kms') {
    const [arn, , service, region] = providerInfo.split(':')
    return arn === 'arn' && service === 'kms' && region ? { ...key, region } : key
  }
  if (providerId === 'aws-kms-hierarchy' && encryptedDataKey.length >= VERSION_END) {
    const hex = Buffer.from(encryptedDataKey.subarray(VERSION_START, VERSION_END)).toString('hex')
    const version = hex.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5')
    return { ...key, version }
  }
  return key
}
