import { asBuffer } from './bytes/reader.js'
import type { Contexts } from './contexts.js'
import { isOfFormat2 } from './envelope/layout.js'
import { ItemReader } from './envelope/read.js'
import type { ItemToOpen } from './format.js'
import type { EncryptionContext } from './materials/context.js'
import type { Codec } from './message/codec.js'
import { StoredMessage } from './message/storedMessage.js'
import type { FieldReader, StoredField } from './storedField.js'

/** What reading takes besides the bytes. */
export interface ReadingParts {
  readonly contexts: Contexts
  /** Who reads messages of format 1. */
  readonly codec: Codec
  /** Whether messages of the signed suite 0x0578 are opened. */
  readonly allowSigned: boolean
  /** Name of the envelope attribute. */
  readonly envelopeAttribute: string
}

/** Reads fields of both formats, told apart by their first bytes, in one item as well. */
export class AnyFieldReader implements FieldReader {
  readonly #parts: ReadingParts

  constructor(parts: ReadingParts) {
    this.#parts = parts
  }

  forItem(item: ItemToOpen): (field: Uint8Array) => StoredField {
    const { contexts, codec, allowSigned, envelopeAttribute } = this.#parts
    let envelopes: ItemReader | undefined
    let message: EncryptionContext | undefined
    return field => {
      if (isOfFormat2(field)) {
        envelopes ??= new ItemReader(
          contexts.expected('envelope', item),
          item.attributes?.[envelopeAttribute],
          envelopeAttribute,
        )
        return envelopes.read(field)
      }
      return new StoredMessage(
        asBuffer(field),
        () => (message ??= contexts.expected('message', item)),
        codec,
        allowSigned,
      )
    }
  }
}
