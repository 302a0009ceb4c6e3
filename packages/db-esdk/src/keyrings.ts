import { randomFillSync } from 'node:crypto'
import {
  ConfigurationError,
  type DataKeySource,
  dataKeySource,
  type Keyring,
  NoKeyringOpensError,
} from '@dynaseal/core'
import {
  type EncryptedDataKeyEntry,
  encryptDataKey,
  isKeyring,
  oneOfEachWrappingKey,
  sourceAsKeyring,
  sourceOf,
} from '@dynaseal/core/formats'
import { MAX_RECIPIENTS } from './header.js'
import { KEY_BYTES } from './keys.js'

/**
 * A keyring, or several: each is a recipient, for whom every item is sealed; any one of them opens it. A multi keyring of
 * `@aws-crypto/client-node` is the same.
 */
export type Keyrings = Keyring | readonly Keyring[]

/**
 * The keyrings for an item, by its encryption context: for example with the KMS key of a tenant. Asked for each item, when
 * it is sealed and when it is opened.
 */
export type KeyringsOfContext = (context: Readonly<Record<string, string>>) => Keyrings | Promise<Keyrings>

/** A fresh intermediate key, and the same as a keyring wrapped it. */
export interface IntermediateKey {
  readonly key: Uint8Array
  readonly entry: EncryptedDataKeyEntry
}

type Context = Readonly<Record<string, string>>

/** What wraps and unwraps intermediate keys. */
export class KeyWrapping {
  readonly #keyrings: readonly Keyring[] | ((context: Context) => Promise<readonly Keyring[]>)

  /** @throws {ConfigurationError} `invalid-option` */
  constructor(keyring: Keyrings | KeyringsOfContext) {
    if (typeof keyring === 'function') {
      if (isKeyring(keyring.prototype))
        throw new ConfigurationError(
          'invalid-option',
          `The option keyring is the class ${keyring.name}. Give it an instance: new ${keyring.name}({ … }).`,
        )
      this.#keyrings = async context => checked(await keyring({ ...context }), 'The function keyring gave')
    } else {
      this.#keyrings = checked(keyring, 'The option keyring is')
    }
  }

  /**
   * An intermediate key for each recipient; the caller zeroes them. All have to be had.
   *
   * @throws whatever a keyring throws
   */
  async generate(context: Context, signal: AbortSignal | undefined): Promise<IntermediateKey[]> {
    const makers = (await this.#keyringsOf(context)).flatMap(keyring => makersOf(keyring))
    const [make] = makers
    if (make !== undefined && makers.length === 1) return [await make(context, signal)]
    const outcomes = await Promise.allSettled(makers.map(make => make(context, signal)))
    const keys = outcomes.flatMap(outcome => (outcome.status === 'fulfilled' ? [outcome.value] : []))
    const failure = outcomes.find(outcome => outcome.status === 'rejected')
    if (failure === undefined) return keys
    for (const { key } of keys) key.fill(0)
    throw failure.reason
  }

  /** Unwraps an intermediate key with the first of the keyrings that can. */
  opening(): Keyring {
    const decryptDataKey: DataKeySource['decryptDataKey'] = async request => {
      const keyrings = await this.#keyringsOf(request.encryptionContext)
      const errors: unknown[] = []
      for (const keyring of keyrings) {
        try {
          return await (await sourceOf(keyring)).decryptDataKey(request)
        } catch (error) {
          request.signal?.throwIfAborted()
          errors.push(error)
        }
      }
      throw errors.length === 1 ? errors[0] : new NoKeyringOpensError(errors)
    }
    const generateDataKey = () =>
      Promise.reject(new TypeError('Each recipient makes an intermediate key of its own.'))
    return sourceAsKeyring({ decryptDataKey, generateDataKey })
  }

  /**
   * An intermediate key, where there is one keyring, whatever the context, and it can tell at once; undefined elsewhere.
   * The caller is the only one who holds it.
   *
   * @throws whatever the keyring throws
   */
  unwrapNow(pairs: Context, entries: readonly EncryptedDataKeyEntry[]): Uint8Array | undefined {
    const keyrings = this.#keyrings
    if (typeof keyrings === 'function' || keyrings.length !== 1) return undefined
    const key = keyrings[0]![dataKeySource]?.decryptDataKeyNow?.({
      encryptionContext: pairs,
      length: KEY_BYTES,
      encryptedDataKeys: oneOfEachWrappingKey(entries),
    })
    if (key === undefined || key.length === KEY_BYTES) return key
    key.fill(0)
    throw new TypeError(`The keyring returned a key of ${key.length} bytes where ${KEY_BYTES} belong.`)
  }

  #keyringsOf(context: Context): readonly Keyring[] | Promise<readonly Keyring[]> {
    return typeof this.#keyrings === 'function' ? this.#keyrings(context) : this.#keyrings
  }
}

function checked(given: unknown, what: string): readonly Keyring[] {
  const keyrings: readonly unknown[] = Array.isArray(given) ? [...given] : [given]
  if (keyrings.length > 0 && keyrings.length <= MAX_RECIPIENTS && keyrings.every(isKeyring)) return keyrings
  throw new ConfigurationError(
    'invalid-option',
    `${what} neither a keyring, with onEncrypt and onDecrypt, nor a list of 1 to ${MAX_RECIPIENTS}. If it is a promise of one, await it first.`,
  )
}

type Maker = (context: Context, signal: AbortSignal | undefined) => Promise<IntermediateKey>

/** Those who make the intermediate keys of a keyring: more than one for a multi keyring, which would wrap one key for all. */
function makersOf(keyring: Keyring, isChild = false): Maker[] {
  const { generator, children } = keyring as { generator?: unknown; children?: unknown }
  if (!Array.isArray(children) || !children.every(isKeyring)) return [generateWith(keyring)]
  if (!isKeyring(generator) && !isChild)
    throw new TypeError(
      'The multi keyring has no generator, so it only opens. Give it one, or a list of keyrings in its place.',
    )
  const generating = isKeyring(generator) ? makersOf(generator) : []
  return [
    ...generating,
    ...children.flatMap(child => (canGenerate(child) ? makersOf(child, true) : [encryptWith(child)])),
  ]
}

/** Children of a multi keyring of the AWS Encryption SDK need not be able to, so only ours are asked to. */
function canGenerate(keyring: Keyring): boolean {
  return dataKeySource in keyring || 'children' in keyring
}

function generateWith(keyring: Keyring): Maker {
  return async (encryptionContext, signal) => {
    const source = await sourceOf(keyring)
    const { dataKey, encryptedDataKeys } = await source.generateDataKey({
      encryptionContext,
      length: KEY_BYTES,
      signal,
    })
    return intermediateKey(dataKey, encryptedDataKeys)
  }
}

function encryptWith(keyring: Keyring): Maker {
  return async encryptionContext => {
    const key = randomFillSync(new Uint8Array(KEY_BYTES))
    try {
      return intermediateKey(key, await encryptDataKey(keyring, encryptionContext, key))
    } catch (error) {
      key.fill(0)
      throw error
    }
  }
}

function intermediateKey(key: Uint8Array, entries: readonly EncryptedDataKeyEntry[]): IntermediateKey {
  const [entry] = entries
  if (entry !== undefined && entries.length === 1 && key.length === KEY_BYTES) return { key, entry }
  const what = `The keyring gave ${entries.length} encrypted data keys for one key of ${key.length} bytes`
  key.fill(0)
  throw new TypeError(
    `${what}; one, for a key of ${KEY_BYTES} bytes, is what items of the AWS Database Encryption SDK have. For several wrapping keys, give a list of keyrings with one wrapping key each.`,
  )
}
