import { MESSAGE_ID_BYTES } from './suite.js'

/** What a body's tag is bound to besides the message id (message-body.md, "Body AAD content"). */
export const BodyKind = {
  FRAME: Buffer.from('AWSKMSEncryptionClient Frame', 'ascii'),
  FINAL_FRAME: Buffer.from('AWSKMSEncryptionClient Final Frame', 'ascii'),
  UNFRAMED: Buffer.from('AWSKMSEncryptionClient Single Block', 'ascii'),
} as const

/** `message id(32) kind sequence number(4) content length(8)`. */
export function bodyAdditionalData(
  messageId: Buffer,
  kind: Buffer,
  sequenceNumber: number,
  length: number,
): Buffer {
  const bytes = Buffer.allocUnsafe(MESSAGE_ID_BYTES + kind.length + 12)
  messageId.copy(bytes, 0)
  let position = MESSAGE_ID_BYTES + kind.copy(bytes, MESSAGE_ID_BYTES)
  position = bytes.writeUInt32BE(sequenceNumber, position)
  // Lengths beyond 32 bits exceed every limit of this package.
  position = bytes.writeUInt32BE(0, position)
  bytes.writeUInt32BE(length, position)
  return bytes
}
