import { inspect } from 'node:util'
import { ToolboxError } from './errors.js'

const LABEL = '[encrypted value, not sealed yet]'

/**
 * A value of an encrypted attribute on its way from the schema to the sealed document client, which
 * takes the plaintext out and puts a message in its place.
 *
 * It is a `Uint8Array` because dynamodb-toolbox treats binary values as leaves when it writes update
 * expressions; a plain object would be taken apart. It is empty, so whatever serializes it by accident
 * serializes nothing, and an ordinary document client refuses it: marshall goes by constructor name.
 */
export class PendingSeal extends Uint8Array {
  readonly #plaintext: unknown

  constructor(plaintext: unknown) {
    super(0)
    this.#plaintext = plaintext
  }

  static plaintextOf(pending: PendingSeal): unknown {
    return pending.#plaintext
  }

  static get [Symbol.species]() {
    return Uint8Array
  }

  /** A copy would be an empty binary without its plaintext: data loss. Refuse to be copied. */
  override [Symbol.iterator](): never {
    throw new ToolboxError(
      'client-not-sealed',
      'An encrypted value was about to be copied before it was sealed. Send the command as dynamodb-toolbox built it, through a client from sealDocumentClient().',
    )
  }

  /** Ends up in the error of a document client that is not sealed, so it says the way out. */
  override toString() {
    return '[encrypted value: the table needs a document client from sealDocumentClient()]'
  }

  toJSON() {
    return LABEL
  }

  [inspect.custom]() {
    return LABEL
  }
}
