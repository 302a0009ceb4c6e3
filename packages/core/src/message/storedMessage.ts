import type { AttributeValue } from '../attributeValue.js'
import { isAt } from '../bytes/equal.js'
import type { OpeningLease } from '../dataKeyCache/openingLease.js'
import { FieldError } from '../errors.js'
import type { AttributePath } from '../format.js'
import type { ItemLocation } from '../location.js'
import { type EncryptionContext, signedContext, wrongContext } from '../materials/context.js'
import type { StoredField } from '../storedField.js'
import { parseBody } from './body.js'
import { type Codec, readSigned } from './codec.js'
import { readContent } from './content.js'
import { type Header, parseHeader } from './header.js'
import { CONTEXT_OFFSET } from './suite.js'

/** A field of format 1, waiting for its data key. */
export class StoredMessage implements StoredField {
  readonly context: EncryptionContext
  readonly keysAreBeside = false
  readonly #header: Header
  readonly #codec: Codec

  /**
   * @param expected the encryption context, of a signed message without its public key
   * @throws {FieldError} `not-a-message`, `unsupported-suite`, `malformed-message` or `wrong-context`
   */
  constructor(message: Buffer, expected: () => EncryptionContext, codec: Codec, allowSigned: boolean) {
    this.#header = parseHeader(message, allowSigned)
    this.context = checkedContext(this.#header, expected())
    // Before its data key is asked for: to be asked for, it takes at least the form of a whole message.
    parseBody(this.#header)
    this.#codec = codec
  }

  get keyBytes(): Buffer {
    return this.#header.message
  }

  get encryptedDataKeysStart(): number {
    return this.#header.encryptedDataKeysStart
  }

  get encryptedDataKeysEnd(): number {
    return this.#header.encryptedDataKeysEnd
  }

  get claim(): Uint8Array {
    return this.#header.message
  }

  open(
    lease: OpeningLease,
    location: ItemLocation,
    path: AttributePath,
  ): AttributeValue | Promise<AttributeValue> {
    // First, since it may throw, and then there must be no plaintext yet.
    const hash = location.hash(path)
    try {
      const content = this.#read(lease.key.secret)
      if (!(content instanceof Promise)) return readAndZero(content, hash, lease)
      return content.then(
        later => readAndZero(later, hash, lease),
        error => this.#refuse(error, lease),
      )
    } catch (error) {
      return this.#refuse(error, lease)
    }
  }

  #read(secret: Buffer): Buffer | Promise<Buffer> {
    return this.#header.signed ? readSigned(this.#header, secret) : this.#codec.read(this.#header, secret)
  }

  #refuse(error: unknown, lease: OpeningLease): never {
    if (error instanceof FieldError && error.code === 'not-authentic') lease.refute(this.claim)
    throw error
  }
}

/** What is read has authenticated. */
function readAndZero(content: Buffer, location: string, lease: OpeningLease): AttributeValue {
  try {
    lease.prove()
    return readContent(content, location)
  } finally {
    content.fill(0)
  }
}

/** Compared byte for byte: the specification leaves a context one serialization. */
function checkedContext(
  { message, signed, encryptedDataKeysStart }: Header,
  expected: EncryptionContext,
): EncryptionContext {
  const context = signed
    ? signedContext(expected, message.subarray(CONTEXT_OFFSET, encryptedDataKeysStart))
    : expected
  if (context !== undefined && isAt(message, CONTEXT_OFFSET, encryptedDataKeysStart, context.bytes))
    return context
  throw wrongContext()
}
