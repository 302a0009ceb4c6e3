import { AnyFieldReader } from './anyFieldReader.js'
import { plainBytes } from './bytes/reader.js'
import { checkOptions } from './checkOptions.js'
import { type ContextOfItem, Contexts } from './contexts.js'
import { DataKeyCache } from './dataKeyCache/dataKeyCache.js'
import type { Keyring } from './dataKeyCache/keyring.js'
import { type KeyringOfContext, keyringOf } from './dataKeyCache/keyringOf.js'
import { type DataKeyCacheOptions, resolveOptions } from './dataKeyCache/options.js'
import type { CacheStatistics } from './dataKeyCache/statistics.js'
import { EnvelopeWriter } from './envelope/envelopeWriter.js'
import { isSealedField } from './envelope/isSealed.js'
import { shapeOf } from './envelope/layout.js'
import { type EnvelopeOptions, envelopeOptions, type FieldForm } from './envelope/options.js'
import { FieldError, invalidOption } from './errors.js'
import type { FieldWriter } from './fieldWriter.js'
import type { CallOptions, Format, ItemToOpen, ItemToSeal, OpenedItem, SealedItem } from './format.js'
import { additionalContext } from './materials/context.js'
import type { CodecName } from './message/codec.js'
import { isMessage } from './message/header.js'
import { fieldMessages, type Messages } from './message/messages.js'
import { openItems, openItemsNow } from './openItems.js'
import { type FormatParts, tellParts } from './parts.js'
import { placeOf } from './place.js'
import { sealItems } from './sealItems.js'
import type { FieldReader } from './storedField.js'

/** Suites of messages that are opened on demand; sealing always uses 0x0478. */
export type AllowedSuite = '0x0578'

/** The formats that can be written; every one can be read. */
export type FormatName = 'envelope' | 'message'

export interface FormatOptions {
  /**
   * Any keyring of the AWS Encryption SDK for Node.js, or a function that gives one for an encryption context: for
   * example a KMS key for each tenant. The function is asked once for each context, as long as that is in use.
   */
  readonly keyring: Keyring | KeyringOfContext
  /**
   * Pairs added to the encryption context of every data key, for example a tenant; or a function that gives them for an
   * item, by its table and primary key. Public: they stand in the clear in CloudTrail, and in messages of format 1.
   * Opening wants exactly the same pairs. Keys may not begin with `aws-crypto-`, `aws:` or `dynaseal:`. A plain object is
   * read once, when the format is made.
   */
  readonly encryptionContext?: Readonly<Record<string, string>> | ContextOfItem
  /**
   * What is written. `envelope` (default): format 2, one envelope an item and some thirty bytes a field. `message`:
   * format 1, each field a message that any AWS Encryption SDK reads. Both are always read.
   */
  readonly format?: FormatName
  /**
   * The attribute in which format 2 stores the envelope of an item. All who read and write a table have to agree.
   * Default `dynaseal`.
   */
  readonly envelopeAttribute?: string
  /**
   * Whether fields of format 2 leave their envelope to that attribute, where the item is written as a whole: `short`
   * (default); or have it inside: `full`, some 310 bytes more a field, for tables whose indexes project fields without
   * it. Reads of these indexes do not ask for the envelope then, since DynamoDB refuses a projection that has what an
   * index lacks; so readers need the option as well, with either format. For all tables, or by logical table name.
   */
  readonly fields?: FieldForm | Readonly<Record<string, FieldForm>>
  /** How long data keys live in memory, and how many. Default: as its members say. */
  readonly cache?: DataKeyCacheOptions
  /**
   * Who writes and reads messages of format 1: `own` (default), or `client-node`, the AWS Encryption SDK itself,
   * which has to be installed and is some ten times slower. The format is the same.
   */
  readonly codec?: CodecName
  /**
   * Suites of messages that are opened besides 0x0478. Only `0x0578`, the AWS Encryption SDK's signed default: all others
   * lack key commitment. They are read by the AWS Encryption SDK, which has to be installed. Each such message
   * has a data key of its own, so that each costs a call into the keyring. Default: none.
   */
  readonly allowSuites?: readonly AllowedSuite[]
}

const OPTIONS = Object.keys({
  keyring: true,
  encryptionContext: true,
  format: true,
  envelopeAttribute: true,
  fields: true,
  cache: true,
  codec: true,
  allowSuites: true,
} satisfies Record<keyof FormatOptions, true>)

/**
 * The field formats of `docs/format.md`: each value bound to table, item and path.
 *
 * @throws {ConfigurationError}
 */
export function createFormat(options: FormatOptions): FieldFormat {
  return new FieldFormat(options)
}

/**
 * As {@link createFormat}, with what reads and writes format 1 given to it: a bundle has no other than that.
 *
 * @throws {ConfigurationError}
 */
export function formatWith(options: FormatOptions, messages: Messages): GivenFormat {
  return new GivenFormat(options, messages)
}

/** Made by {@link formatWith}. */
export class GivenFormat implements Format {
  readonly attributes: readonly [string]
  readonly #cache: DataKeyCache
  readonly #reader: FieldReader
  readonly #writer: FieldWriter
  readonly #envelopes: EnvelopeOptions

  constructor(options: FormatOptions, messages: Messages) {
    checkOptions(undefined, options, OPTIONS)
    const {
      keyring,
      encryptionContext = {},
      format = 'envelope',
      envelopeAttribute = 'dynaseal',
      fields = 'short',
      cache,
      codec: codecName = 'own',
      allowSuites = [],
    } = options
    if (!Array.isArray(allowSuites) || allowSuites.some(suite => suite !== '0x0578')) {
      throw invalidOption(
        "The option allowSuites may name no suite but '0x0578': the others of the AWS Encryption SDK lack key commitment.",
      )
    }
    if (format !== 'envelope' && format !== 'message') {
      throw invalidOption("The option format must be 'envelope' or 'message'.")
    }
    const { maxKeys } = resolveOptions(cache ?? {})
    const additional =
      typeof encryptionContext === 'function' ? encryptionContext : additionalContext(encryptionContext)
    const contexts = new Contexts(additional, maxKeys)
    const ofMessages = messages(contexts, codecName, allowSuites.length > 0)
    const envelopes = envelopeOptions(envelopeAttribute, fields)
    this.#envelopes = envelopes
    this.attributes = [envelopes.attribute]
    this.#cache = new DataKeyCache(keyringOf(keyring, maxKeys), cache)
    this.#reader = new AnyFieldReader({
      contexts,
      messages: ofMessages,
      envelopeAttribute: envelopes.attribute,
    })
    this.#writer = format === 'message' ? ofMessages.writer() : new EnvelopeWriter(contexts, envelopes)
    const parts: FormatParts = {
      keyring,
      encryptionContext: additional,
      writes: format,
      contextOf: item => contexts.of(format, item).pairs,
      openNow: items => openItemsNow(items, this.#cache, this.#reader),
      over: other => new GivenFormat({ ...options, encryptionContext: additional, keyring: other }, messages),
    }
    tellParts(this, () => parts)
  }

  standsAlone(table: string): boolean {
    return this.#envelopes.formOf(table) === 'full'
  }

  looksSealed(value: Uint8Array): boolean {
    return shapeOf(value) !== undefined || isMessage(value)
  }

  isSealed(value: Uint8Array, attributes: Readonly<Record<string, unknown>>): boolean {
    return isMessage(value) || isSealedField(value, attributes[this.attributes[0]])
  }

  /**
   * @throws {ConfigurationError} `invalid-context` when the table name cannot be part of a context
   */
  check(item: ItemToOpen): (FieldError | undefined)[] {
    const read = this.#reader.forItem(item)
    return item.fields.map(({ path, value }) => {
      try {
        read(plainBytes(value))
        return undefined
      } catch (error) {
        if (error instanceof FieldError) return error.at(placeOf(item, path))
        throw error
      }
    })
  }

  /**
   * Seals all fields under the current data key: at most one call into the keyring per encryption context.
   *
   * What is returned shares an `ArrayBuffer` of 16 KB with other fields, as buffers of `Buffer.from` do with others: copy
   * one (`Uint8Array.from`) before its buffer is transferred or goes into a stream of bytes, which would empty the others.
   * A structured clone takes its neighbours along, which are ciphertext.
   *
   * @throws {SealError} and nothing is returned, when any one value cannot be sealed
   * @throws {ConfigurationError} `invalid-context` when a table name, or what the application adds, cannot be part of a
   *   context
   * @throws the reason of `options.signal`, when that fires
   */
  seal(items: readonly ItemToSeal[], options: CallOptions = {}): Promise<SealedItem[]> {
    return sealItems(items, this.#cache, this.#writer, options.signal)
  }

  /**
   * Opens all fields: at most one call into the keyring per data key. A field that does not open has its
   * error in the result, beside the others.
   *
   * @throws {ConfigurationError} `invalid-context` when a table name cannot be part of a context
   */
  open(items: readonly ItemToOpen[], options: CallOptions = {}): Promise<OpenedItem[]> {
    return openItems(items, this.#cache, this.#reader, options.signal)
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
}

/** Made by {@link createFormat}. */
export class FieldFormat extends GivenFormat {
  constructor(options: FormatOptions) {
    super(options, fieldMessages)
  }
}
