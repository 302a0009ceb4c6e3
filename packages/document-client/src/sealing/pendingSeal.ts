import { inspect } from 'node:util'
import type { AttributePath } from '@dynaseal/core'
import { DocumentClientError } from '../errors.js'
import { isContainer } from '../paths/attributePattern.js'

const LABEL = '[encrypted value, not sealed yet]'
const WAY_OUT =
  'Give the table a document client from sealDocumentClient(), and send commands through it as they were built.'

export type Describe = (inside: AttributePath) => string
/** The error for a value that another than the sealed client is about to use; given that, to be followed by the way out. */
export type NotSealed = (what: string) => Error

const notSealedError: NotSealed = what => new DocumentClientError('client-not-sealed', `${what} ${WAY_OUT}`)

/**
 * A value of an encrypted attribute on its way from a mapper to the sealed document client, which takes the plaintext
 * out and puts a message in its place.
 *
 * It is a `Uint8Array` because mappers treat binary values as leaves when they write update expressions; a plain
 * object would be taken apart. It is empty, so whatever serializes it by accident serializes nothing, and an ordinary
 * document client refuses it: marshall goes by constructor name.
 */
export class PendingSeal extends Uint8Array {
  readonly #plaintext: unknown
  readonly #describe: Describe
  readonly #notSealed: NotSealed

  /** @param describe tells a place in the value by what is public of it: the names that a schema has, and no keys of records */
  constructor(plaintext: unknown, describe: Describe = () => '', notSealed: NotSealed = notSealedError) {
    super(0)
    this.#plaintext = plaintext
    this.#describe = describe
    this.#notSealed = notSealed
  }

  static describeIn(pending: PendingSeal): Describe {
    return pending.#describe
  }

  static plaintextOf(pending: PendingSeal): unknown {
    return pending.#plaintext
  }

  /** @param pending one, or their prototype */
  static refuseEmptyMap(pending: object): never {
    const notSealed = #notSealed in pending ? pending.#notSealed : notSealedError
    throw notSealed('An encrypted value was about to be written as an empty map.')
  }

  static get [Symbol.species]() {
    return Uint8Array
  }

  /** A copy would be an empty binary without its plaintext: data loss. Refuse to be copied. */
  override [Symbol.iterator](): never {
    throw this.#notSealed(
      'An encrypted value was about to be copied before it was sealed. What was parsed cannot be parsed again: give the command the item as it was before. Otherwise:',
    )
  }

  /** Ends up in the error of a document client that is not sealed, so it says the way out. */
  override toString() {
    return '[encrypted value: the table needs a document client from sealDocumentClient(), and not the option named next]'
  }

  toJSON() {
    return LABEL
  }

  [inspect.custom]() {
    return LABEL
  }
}

// A document client with `convertClassInstanceToMap`, which the error of one without it advises, would write
// an empty map in the value's place. It reads every enumerable property, inherited ones included.
Object.defineProperty(PendingSeal.prototype, 'dynaseal: not sealed', {
  enumerable: true,
  get(this: object) {
    PendingSeal.refuseEmptyMap(this)
  },
})

/** Whether a value that nobody will seal is on its way. */
export function findPending(value: unknown, path: AttributePath = []): AttributePath | undefined {
  if (value instanceof PendingSeal) return path
  if (!isContainer(value)) return undefined
  for (const [step, child] of Object.entries(value)) {
    const found = findPending(child, [...path, Array.isArray(value) ? Number(step) : step])
    if (found !== undefined) return found
  }
  return undefined
}
