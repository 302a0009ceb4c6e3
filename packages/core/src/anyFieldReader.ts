import { bufferOf } from './bytes/reader.js'
import type { Contexts } from './contexts.js'
import { EnvelopeAttributes } from './envelope/envelopeAttributes.js'
import { isOfFormat2 } from './envelope/layout.js'
import { ItemReader } from './envelope/read.js'
import type { ItemToOpen } from './format.js'
import type { EncryptionContext } from './materials/context.js'
import type { MessageFormat } from './message/messages.js'
import type { FieldReader, ReadField } from './storedField.js'

/** What reading takes besides the bytes. */
export interface ReadingParts {
  readonly contexts: Contexts
  /** Reads messages of format 1. */
  readonly messages: MessageFormat
  /** Name of the envelope attribute. */
  readonly envelopeAttribute: string
}

/** Reads fields of both formats, told apart by their first bytes, in one item as well. */
export class AnyFieldReader implements FieldReader {
  readonly #parts: ReadingParts
  readonly #attributes = new EnvelopeAttributes()

  constructor(parts: ReadingParts) {
    this.#parts = parts
  }

  forItem(item: ItemToOpen): ReadField {
    const { contexts, messages, envelopeAttribute } = this.#parts
    let envelopes: ItemReader | undefined
    let message: EncryptionContext | undefined
    return (bytes, start = 0, end = bytes.length) => {
      if (isOfFormat2(bytes, start)) {
        envelopes ??= new ItemReader(
          contexts.expected('envelope', item),
          item.attributes?.[envelopeAttribute],
          envelopeAttribute,
          this.#attributes,
        )
        return envelopes.read(bytes, start, end)
      }
      return messages.read(
        bufferOf(bytes, start, end),
        () => (message ??= contexts.expected('message', item)),
      )
    }
  }
}
