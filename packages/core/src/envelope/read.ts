import { timingSafeEqual } from 'node:crypto'
import type { AttributeValue } from '../attributeValue.js'
import { copyBytes } from '../bytes/copy.js'
import { bufferOf } from '../bytes/reader.js'
import type { OpeningLease } from '../dataKeyCache/openingLease.js'
import { FieldError } from '../errors.js'
import type { AttributePath } from '../format.js'
import { MAX_MESSAGE_BYTES } from '../limits.js'
import type { ItemLocation } from '../location.js'
import type { EncryptionContext } from '../materials/context.js'
import type { StoredField } from '../storedField.js'
import { parseValueFrom } from '../value/parse.js'
import { additionalData } from './additionalData.js'
import { readBox } from './box.js'
import { type Envelope, parseEnvelope } from './envelope.js'
import { checkContextTag, type EnvelopeAttributes } from './envelopeAttributes.js'
import type { ItemKey } from './itemKey.js'
import { type EnvelopeKeys, envelopeKeys } from './keys.js'
import {
  COMMITMENT_BYTES,
  ENVELOPE_TAG_BYTES,
  type Form,
  LEAST_BOX_BYTES,
  MARKER_BYTES,
  malformed,
  SHORT_HEADER_BYTES,
  Shape,
  shapeOf,
} from './layout.js'

// Public parts of what is being read.
const found = Buffer.alloc(COMMITMENT_BYTES)

/** Takes the fields of one item apart. The item's envelope is read once, and only when a field asks for it. */
export class ItemReader {
  readonly #context: EncryptionContext
  readonly #stored: unknown
  readonly #attribute: string
  readonly #attributes: EnvelopeAttributes
  #envelope: Envelope | undefined

  /**
   * @param context the expected one
   * @param stored the envelope attribute, if the item has it: whatever stands there
   * @param attribute its name
   * @param attributes reads it
   */
  constructor(
    context: EncryptionContext,
    stored: unknown,
    attribute: string,
    attributes: EnvelopeAttributes,
  ) {
    this.#context = context
    this.#stored = stored
    this.#attribute = attribute
    this.#attributes = attributes
  }

  /**
   * Reads a field that stands in `bytes`.
   *
   * @throws {FieldError} `malformed-message`, `unsupported-version`, `wrong-context`, `missing-envelope` or
   *   `wrong-envelope`
   */
  read(bytes: Uint8Array, start: number, end: number): StoredField {
    const length = end - start
    if (length > MAX_MESSAGE_BYTES) throw malformed(`they are more than ${MAX_MESSAGE_BYTES}`)
    switch (shapeOf(bytes, start)) {
      case Shape.SHORT: {
        const boxStart = start + SHORT_HEADER_BYTES
        if (end - boxStart < LEAST_BOX_BYTES) throw malformed('they end too early')
        this.#envelope ??= this.#readAttribute()
        checkEnvelopeTag(bytes, start, this.#envelope)
        return new SealedField(this.#context, this.#envelope, bytes, boxStart, end, Shape.SHORT)
      }
      case Shape.FULL: {
        const field = bufferOf(bytes, start, end)
        const envelope = parseEnvelope(field)
        if (length - envelope.end < LEAST_BOX_BYTES) throw malformed('they end too early')
        checkContextTag(this.#context, envelope)
        return new SealedField(this.#context, envelope, field, envelope.end, length, Shape.FULL)
      }
      case Shape.ENVELOPE:
        throw malformed('an envelope stands where a field belongs')
      default:
        if (length < MARKER_BYTES) throw malformed('they end too early')
        throw new FieldError(
          'unsupported-version',
          'it was sealed in a form that this software does not know. Update it, or find out what else writes the table.',
        )
    }
  }

  #readAttribute(): Envelope {
    const stored = this.#stored
    if (stored === undefined) {
      throw new FieldError(
        'missing-envelope',
        `the item's attribute '${this.#attribute}', which has the encrypted data key, is not in what was read. If an index was read, add '${this.#attribute}' to what it projects, or write the table with fields: 'full'; if the writer has another envelopeAttribute, give this reader the same one; if it was deleted, restore the item from a backup, or write it again.`,
      )
    }
    if (!(stored instanceof Uint8Array))
      throw malformed(`the envelope attribute '${this.#attribute}' is not binary`)
    return this.#attributes.read(stored, this.#context)
  }
}

/** A field in short or full form, waiting for the data key of its envelope. */
class SealedField implements StoredField {
  constructor(
    readonly context: EncryptionContext,
    private readonly envelope: Envelope,
    private readonly bytes: Uint8Array,
    private readonly boxStart: number,
    private readonly end: number,
    private readonly shape: Form,
  ) {}

  get keyBytes(): Buffer {
    return this.envelope.bytes
  }

  get encryptedDataKeysStart(): number {
    return this.envelope.encryptedDataKeysStart
  }

  get encryptedDataKeysEnd(): number {
    return this.envelope.encryptedDataKeysEnd
  }

  get keysAreBeside(): boolean {
    return this.shape === Shape.SHORT
  }

  get claim(): Uint8Array {
    this.envelope.claim ??= this.envelope.bytes.subarray(MARKER_BYTES, this.envelope.end)
    return this.envelope.claim
  }

  open(lease: OpeningLease, location: ItemLocation, path: AttributePath, itemKey: ItemKey): AttributeValue {
    const keys = envelopeKeys(lease.key, this.context)
    // Once for all fields that share it.
    if (this.envelope.committedTo !== keys) this.#checkCommitment(keys, lease)
    // Whatever the field is: nobody without the data key can have made this envelope.
    lease.prove()
    const plaintext = readBox(
      this.bytes,
      this.boxStart,
      this.end,
      itemKey.of(keys, location),
      additionalData(this.shape, path),
    )
    try {
      return parseValueFrom(plaintext, 0)
    } finally {
      plaintext.fill(0)
    }
  }

  #checkCommitment(keys: EnvelopeKeys, lease: OpeningLease): void {
    copyBytes(found, this.envelope.bytes, this.envelope.commitmentStart)
    if (!timingSafeEqual(found, keys.commitment)) {
      lease.refute(this.claim)
      throw new FieldError(
        'not-authentic',
        'the commitment of its envelope does not match: the envelope was changed after it was made. Find out who wrote it; restore the item from a backup, or write it again.',
      )
    }
    this.envelope.committedTo = keys
  }
}

function checkEnvelopeTag(field: Uint8Array, start: number, { bytes, commitmentStart }: Envelope): void {
  for (let index = 0; index < ENVELOPE_TAG_BYTES; index++) {
    if (field[start + MARKER_BYTES + index] !== bytes[commitmentStart + index]) {
      throw new FieldError(
        'wrong-envelope',
        'it was sealed under another envelope than the one that the item has: one of the two was put back from an older version of the item, or from another item. Find out by whom; restore the item from a backup, or write it again.',
      )
    }
  }
}
