import type { AttributeValue } from './attributeValue.js'
import { checkOptions } from './checkOptions.js'
import { DataKeyCache } from './dataKeyCache/dataKeyCache.js'
import type { Keyring } from './dataKeyCache/keyring.js'
import type { DataKeyCacheOptions } from './dataKeyCache/options.js'
import type { CacheStatistics } from './dataKeyCache/statistics.js'
import { ConfigurationError } from './errors.js'
import type { CallOptions, Format, ItemFields, OpenedField } from './format.js'
import type { FormatParts } from './formatParts.js'
import { type Codec, type CodecName, codecNamed } from './message/codec.js'
import { additionalContext, type MessageContext, messageContext } from './message/context.js'
import { openItems } from './openItems.js'
import { sealItems } from './sealItems.js'

/** Suites that are opened on demand; sealing always uses 0x0478. */
export type AllowedSuite = '0x0578'

export interface FormatOptions {
  /** Any keyring of the AWS Encryption SDK for Node.js. */
  readonly keyring: Keyring
  /**
   * Pairs added to every message's encryption context, for example a tenant. Public: they stand in the
   * clear in the stored message and in CloudTrail. Opening wants exactly the same pairs. Keys may not
   * begin with `aws-crypto-`, `aws:` or `dynaseal:`. A plain object: it is read once, when the format is made.
   */
  readonly encryptionContext?: Readonly<Record<string, string>>
  readonly cache?: DataKeyCacheOptions
  /**
   * Who writes and reads the messages: `own` (default), or `client-node`, the AWS Encryption SDK itself,
   * which has to be installed and is some ten times slower. The format is the same.
   */
  readonly codec?: CodecName
  /**
   * Suites that are opened besides 0x0478. Only `0x0578`, the AWS Encryption SDK's signed default: all others
   * lack key commitment. They are read by the AWS Encryption SDK, which has to be installed. Each such message
   * has a data key of its own, so that each costs a call into the keyring. Default: none.
   */
  readonly allowSuites?: readonly AllowedSuite[]
}

const OPTIONS = Object.keys({
  keyring: true,
  encryptionContext: true,
  cache: true,
  codec: true,
  allowSuites: true,
} satisfies Record<keyof FormatOptions, true>)

/**
 * Each field a message of its own: AWS Encryption SDK format 2.0, suite 0x0478, bound to table, item
 * and path. `docs/format.md` is the specification.
 *
 * @throws {ConfigurationError}
 */
export function createFormat(options: FormatOptions): MessageFormat {
  return new MessageFormat(options)
}

/** Made by {@link createFormat}. */
export class MessageFormat implements Format {
  readonly #cache: DataKeyCache
  readonly #codec: Codec
  readonly #allowSigned: boolean
  readonly #additionalContext: Readonly<Record<string, string>>
  readonly #contexts = new Map<string, MessageContext>()

  constructor(options: FormatOptions) {
    checkOptions(undefined, options, OPTIONS)
    const { keyring, encryptionContext = {}, cache, codec = 'own', allowSuites = [] } = options
    if (typeof keyring?.onEncrypt !== 'function' || typeof keyring.onDecrypt !== 'function') {
      throw new ConfigurationError(
        'invalid-option',
        'The option keyring must be a keyring, with onEncrypt and onDecrypt.',
      )
    }
    if (!Array.isArray(allowSuites) || allowSuites.some(suite => suite !== '0x0578')) {
      throw new ConfigurationError(
        'invalid-option',
        "The option allowSuites may name no suite but '0x0578': the others of the AWS Encryption SDK lack key commitment.",
      )
    }
    this.#additionalContext = additionalContext(encryptionContext)
    this.#cache = new DataKeyCache(keyring, cache)
    this.#codec = codecNamed(codec)
    this.#allowSigned = allowSuites.length > 0
  }

  /**
   * Seals all fields under the current data key: at most one call into the keyring per table.
   *
   * Messages share an `ArrayBuffer` of 16 KB with other messages, as those of `Buffer.from` do with other buffers: copy
   * one (`Uint8Array.from`) before its buffer is transferred or goes into a stream of bytes, which would empty the others.
   * A structured clone takes its neighbours along, which are ciphertext.
   *
   * @throws {SealError} and nothing is returned, when any one value cannot be sealed
   * @throws {ConfigurationError} `invalid-context` when a table name cannot be part of a context
   * @throws the reason of `options.signal`, when that fires
   */
  seal(items: readonly ItemFields<AttributeValue>[], options: CallOptions = {}): Promise<Uint8Array[][]> {
    return sealItems(items, this.#parts, options.signal)
  }

  /**
   * Opens all fields: at most one call into the keyring per data key. A field that does not open has its
   * error in the result, beside the others.
   *
   * @throws {ConfigurationError} `invalid-context` when a table name cannot be part of a context
   * @throws the reason of `options.signal`, when that fires
   */
  open(items: readonly ItemFields<Uint8Array>[], options: CallOptions = {}): Promise<OpenedField[][]> {
    return openItems(items, this.#parts, options.signal)
  }

  /** What the data-key cache did and holds. */
  statistics(): CacheStatistics {
    return this.#cache.statistics()
  }

  /**
   * Lets go of all data keys in memory; each is zeroed once no call uses it any more. Calls that wait for the keyring
   * bring one after that: wait for them first where none may be left.
   */
  clear(): void {
    this.#cache.clear()
  }

  get #parts(): FormatParts {
    return {
      cache: this.#cache,
      codec: this.#codec,
      allowSigned: this.#allowSigned,
      contextOf: table => this.#contextOf(table),
    }
  }

  #contextOf(table: string): MessageContext {
    let context = this.#contexts.get(table)
    if (context === undefined) {
      context = messageContext(table, this.#additionalContext)
      this.#contexts.set(table, context)
    }
    return context
  }
}
