import { copyBytes } from '../bytes/copy.js'
import { MESSAGE_ID_BYTES, MESSAGE_ID_OFFSET } from './suite.js'

/**
 * What a body's tag is bound to besides the message id (message-body.md, "Body AAD content"), in the place where
 * it is put together: `message id(32) kind sequence number(4) content length(8)`.
 */
export const BodyKind = {
  FRAME: additionalDataOf('AWSKMSEncryptionClient Frame'),
  FINAL_FRAME: additionalDataOf('AWSKMSEncryptionClient Final Frame'),
  UNFRAMED: additionalDataOf('AWSKMSEncryptionClient Single Block'),
} as const

function additionalDataOf(kind: string): Buffer {
  return Buffer.concat([Buffer.alloc(MESSAGE_ID_BYTES), Buffer.from(kind, 'ascii'), Buffer.alloc(12)])
}

/** Valid until the next call. */
export function bodyAdditionalData(
  message: Buffer,
  kind: Buffer,
  sequenceNumber: number,
  length: number,
): Buffer {
  copyBytes(kind, message, MESSAGE_ID_OFFSET, MESSAGE_ID_BYTES)
  kind.writeUInt32BE(sequenceNumber, kind.length - 12)
  // The upper half of the length stays zero: lengths beyond 32 bits exceed every limit of this package.
  kind.writeUInt32BE(length, kind.length - 4)
  return kind
}
