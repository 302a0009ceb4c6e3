import { asBuffer } from '../bytes/reader.js'
import { type EncryptionContext, wrongContext } from '../materials/context.js'
import { type Envelope, parseEnvelopeAttribute } from './envelope.js'
import { CONTEXT_TAG_BYTES, MARKER_BYTES } from './layout.js'

/** Of writers, each of which has a data key of its own, as many are told apart. A power of two. */
const PLACES = 16
/** An envelope of two or three recipients is shorter. Longer ones are not kept: anybody can store them. */
const LONGEST_KEPT = 2048

interface Kept {
  readonly context: EncryptionContext
  /** In memory that nobody changes. */
  readonly envelope: Envelope
}

/**
 * Reads envelope attributes. Items under one data key have the same, byte by byte: to compare it with one that was read
 * before takes less than to read it, and what has been found out about that holds for it, too.
 */
export class EnvelopeAttributes {
  readonly #kept: (Kept | undefined)[] = new Array(PLACES).fill(undefined)

  /**
   * @param context the expected one
   * @throws {FieldError} `malformed-message` or `wrong-context`
   */
  read(stored: Uint8Array, context: EncryptionContext): Envelope {
    const bytes = asBuffer(stored)
    // Envelopes end in a commitment, which is as good as random.
    const place = bytes[bytes.length - 1]! & (PLACES - 1)
    const kept = this.#kept[place]
    if (kept !== undefined && kept.context === context && kept.envelope.bytes.equals(bytes))
      return kept.envelope
    const isKept = bytes.length <= LONGEST_KEPT
    const envelope = parseEnvelopeAttribute(isKept ? Buffer.from(bytes) : bytes)
    checkContextTag(context, envelope)
    if (isKept) this.#kept[place] = { context, envelope }
    return envelope
  }
}

/** Cheap, and before the keyring is asked: what authenticates is the commitment. */
export function checkContextTag({ tag }: EncryptionContext, { bytes }: Envelope): void {
  for (let index = 0; index < CONTEXT_TAG_BYTES; index++) {
    if (bytes[MARKER_BYTES + index] !== tag[index]) throw wrongContext()
  }
}
