import { type Cursor, require } from './cursor.js'

export interface EncryptedDataKey {
  /** `aws-kms`, or the namespace of a raw key. */
  readonly provider: string
  /** For `aws-kms` the key's ARN. */
  readonly information: string
  /** Bytes of ciphertext. */
  readonly length: number
}

/** Encrypted data keys with their count, which is not 0: as in the header of an AWS Encryption SDK message. */
export function readDataKeys(bytes: Cursor): EncryptedDataKey[] {
  const dataKeys = Array.from({ length: bytes.uint(2) }, () => readDataKey(bytes))
  require(dataKeys.length > 0)
  return dataKeys
}

function readDataKey(bytes: Cursor): EncryptedDataKey {
  const provider = printable(bytes.take(bytes.uint(2)))
  const information = bytes.take(bytes.uint(2))
  const length = bytes.uint(2)
  bytes.take(length)
  return { provider, information: printable(information), length }
}

/** A raw key's information is its name followed by bytes; anybody's may be bytes alone. */
function printable(bytes: Buffer): string {
  return /^[ -~]*$/.test(bytes.toString('latin1')) ? bytes.toString('latin1') : bytes.toString('hex')
}
