import type { AttributeValue } from '../attributeValue.js'
import type { Writer } from '../bytes/writer.js'
import type { Contexts } from '../contexts.js'
import type { KeyInMemory } from '../dataKeyCache/statistics.js'
import { checkFieldLength, type FieldPlace, type FieldWriter } from '../fieldWriter.js'
import type { ItemToSeal } from '../format.js'
import type { EncryptionContext } from '../materials/context.js'
import type { Codec } from './codec.js'
import { writeContent } from './content.js'
import { headerTemplate, messageLength } from './write.js'

const NOTHING = Object.freeze({})

/** Writes format 1: each field a message of its own. */
export class MessageWriter implements FieldWriter {
  readonly #contexts: Contexts
  readonly #codec: Codec

  constructor(contexts: Contexts, codec: Codec) {
    this.#contexts = contexts
    this.#codec = codec
  }

  contextOf(item: ItemToSeal): EncryptionContext {
    return this.#contexts.of('message', item)
  }

  mayShare(): boolean {
    return false
  }

  write(
    scratch: Writer,
    { key, context }: KeyInMemory,
    { location, path }: FieldPlace,
    value: AttributeValue,
  ): Buffer | Promise<Buffer> {
    writeContent(scratch, location.hash(path), value)
    const { encryptedDataKeys, secret } = key
    const known = key.derived
    const template = Buffer.isBuffer(known)
      ? known
      : key.keep(headerTemplate(context.bytes, encryptedDataKeys))
    checkFieldLength(messageLength(template, scratch.length))
    return this.#codec.write(
      { context: context.pairs, encryptedDataKeys, secret, template },
      scratch.written(),
    )
  }

  shared(): Readonly<Record<string, Uint8Array>> {
    return NOTHING
  }
}
