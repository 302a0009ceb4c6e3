import type { Contexts } from '../contexts.js'
import type { FieldWriter } from '../fieldWriter.js'
import type { EncryptionContext } from '../materials/context.js'
import type { StoredField } from '../storedField.js'
import { type CodecName, codecNamed } from './codec.js'
import { MessageWriter } from './messageWriter.js'
import { StoredMessage } from './storedMessage.js'

/** Format 1, with the options of one format. */
export interface MessageFormat {
  /** @throws {ConfigurationError} `invalid-option` where it is not written */
  writer(): FieldWriter
  /** @throws {FieldError} */
  read(field: Buffer, expected: () => EncryptionContext): StoredField
}

/**
 * Reads and writes format 1.
 *
 * @throws {ConfigurationError} `invalid-option`
 */
export type Messages = (contexts: Contexts, codec: CodecName, allowSigned: boolean) => MessageFormat

export const fieldMessages: Messages = (contexts, codecName, allowSigned) => {
  const codec = codecNamed(codecName)
  return {
    writer: () => new MessageWriter(contexts, codec),
    read: (field, expected) => new StoredMessage(field, expected, codec, allowSigned),
  }
}
