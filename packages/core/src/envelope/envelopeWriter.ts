import type { AttributeValue } from '../attributeValue.js'
import type { Writer } from '../bytes/writer.js'
import type { Contexts } from '../contexts.js'
import type { KeyInMemory } from '../dataKeyCache/statistics.js'
import { checkFieldLength, type FieldPlace, type FieldWriter } from '../fieldWriter.js'
import type { ItemToSeal } from '../format.js'
import type { EncryptionContext } from '../materials/context.js'
import { writeValue } from '../value/serialize.js'
import { envelopeKeys } from './keys.js'
import { Shape } from './layout.js'
import type { EnvelopeOptions } from './options.js'
import { fieldLength, writeField } from './write.js'

/** Writes format 2: short fields and their envelope where the item is written as a whole, full fields elsewhere. */
export class EnvelopeWriter implements FieldWriter {
  readonly #contexts: Contexts
  readonly #options: EnvelopeOptions

  constructor(contexts: Contexts, options: EnvelopeOptions) {
    this.#contexts = contexts
    this.#options = options
  }

  contextOf(item: ItemToSeal): EncryptionContext {
    return this.#contexts.of('envelope', item)
  }

  mayShare({ table, whole }: ItemToSeal): boolean {
    return whole === true && this.#options.formOf(table) === 'short'
  }

  write(
    scratch: Writer,
    { key, context }: KeyInMemory,
    { location, path, shares, itemKey }: FieldPlace,
    value: AttributeValue,
  ): Buffer {
    writeValue(scratch, value)
    const keys = envelopeKeys(key, context)
    const shape = shares ? Shape.SHORT : Shape.FULL
    checkFieldLength(fieldLength(shape, keys, scratch.length))
    return writeField(shape, keys, itemKey.of(keys, location), path, scratch.written())
  }

  shared({ key, context }: KeyInMemory): Readonly<Record<string, Uint8Array>> {
    return { [this.#options.attribute]: envelopeKeys(key, context).envelope }
  }
}
