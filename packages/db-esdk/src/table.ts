import {
  ConfigurationError,
  FieldError,
  type FieldErrorCode,
  SealError,
  type SealErrorCode,
} from '@dynaseal/core'
import { checkOptions } from '@dynaseal/core/formats'
import { KnownNames } from './itemNames.js'
import { CONTEXT_PREFIX, RESERVED_PREFIX } from './names.js'
import { CanonicalPaths } from './path.js'

/**
 * What becomes of an attribute:
 *
 * - `ENCRYPT_AND_SIGN`
 * - `SIGN_ONLY`: stays in clear, and cannot be changed without notice
 * - `SIGN_AND_INCLUDE_IN_ENCRYPTION_CONTEXT`: the same, and is a pair of the encryption context, which KMS and CloudTrail see.
 *   Where one attribute of a table has it, its keys have it, too, and each item must have the attribute
 * - `DO_NOTHING`: stays in clear, and can be changed by anybody who writes the table. Its name is in
 *   `allowedUnsignedAttributes`, or begins with `allowedUnsignedAttributePrefix`
 */
export type CryptoAction =
  | 'ENCRYPT_AND_SIGN'
  | 'SIGN_ONLY'
  | 'SIGN_AND_INCLUDE_IN_ENCRYPTION_CONTEXT'
  | 'DO_NOTHING'

/** What is done with the attributes of a table. The names are those of the AWS Database Encryption SDK. */
export interface AttributeOptions {
  /** By name of the attribute. Default for all others: `SIGN_ONLY`. */
  readonly attributeActionsOnEncrypt?: Readonly<Record<string, CryptoAction>>
  /**
   * Attributes that are not signed. Whoever reads needs the same list: what is signed and what is not is told by
   * these two options, and not by the item. So a name stays listed for as long as there are items that were written with it.
   */
  readonly allowedUnsignedAttributes?: readonly string[]
  /** Attributes whose names begin so are not signed, as if each were listed. */
  readonly allowedUnsignedAttributePrefix?: string
}

/** What tells which attributes are not signed. */
export type UnsignedOptions = Pick<
  AttributeOptions,
  'allowedUnsignedAttributes' | 'allowedUnsignedAttributePrefix'
>

export interface TableKeys {
  readonly table: string
  readonly partitionKey: string
  readonly sortKey: string | undefined
}

/** How an attribute is written: the letter of the header's legend; none for one that is not signed. */
export type Letter = 'e' | 's' | 'c' | undefined

const LETTERS: Readonly<Record<CryptoAction, Letter>> = {
  ENCRYPT_AND_SIGN: 'e',
  SIGN_ONLY: 's',
  SIGN_AND_INCLUDE_IN_ENCRYPTION_CONTEXT: 'c',
  DO_NOTHING: undefined,
}

/** A table's keys, and what is done with its attributes. */
export class Table {
  readonly name: string
  readonly partitionKey: string
  readonly sortKey: string | undefined
  readonly keyNames: readonly string[]
  /** 2 where an attribute is in the encryption context. */
  readonly version: 1 | 2
  /** Attributes that each item must have: those in the context, in version 1 the keys. */
  readonly required: readonly string[]
  readonly paths: CanonicalPaths
  readonly names: KnownNames
  /** Whether an attribute that is read must be signed. The actions have no part in it: the header says what was done. */
  readonly isSigned: (name: string) => boolean
  readonly #letters: Map<string, Letter>

  /** @throws {ConfigurationError} `invalid-option` */
  constructor({ table, partitionKey, sortKey }: TableKeys, options: AttributeOptions) {
    this.name = table
    this.partitionKey = partitionKey
    this.sortKey = sortKey
    this.keyNames = sortKey === undefined ? [partitionKey] : [partitionKey, sortKey]
    checkName('The logical table name', table)
    for (const name of this.keyNames) checkConfigurable(name)
    if (partitionKey === sortKey) throw invalid('Partition key and sort key are the same attribute.')
    this.#letters = lettersOf(options)
    this.isSigned = signedBy(options)
    const inContext = [...this.#letters].filter(([, letter]) => letter === 'c').map(([name]) => name)
    this.version = inContext.length > 0 ? 2 : 1
    for (const name of this.keyNames) this.#checkKey(name)
    this.required = this.version === 1 ? this.keyNames : [...new Set([...this.keyNames, ...inContext])]
    this.paths = new CanonicalPaths(table)
    this.names = new KnownNames(this)
  }

  letterOf(name: string): Letter {
    return this.#letters.has(name) ? this.#letters.get(name) : this.isSigned(name) ? 's' : undefined
  }

  sealError(code: SealErrorCode, reason: string, name?: string, cause?: unknown): SealError {
    return new SealError(code, reason, { place: this.#place(name), cause })
  }

  fieldError(code: FieldErrorCode, reason: string, name?: string, cause?: unknown): FieldError {
    return new FieldError(code, reason, { place: this.#place(name), cause })
  }

  /** The same error, told where it happened. */
  placed<E extends SealError | FieldError>(error: E, name?: string): E {
    return error.at(this.#place(name)) as E
  }

  #place(name: string | undefined) {
    return { table: this.name, keyNames: this.keyNames, path: name === undefined ? [] : [name] }
  }

  #checkKey(name: string): void {
    const wanted = this.version === 1 ? 's' : 'c'
    if (!this.isSigned(name))
      throw invalid(
        `Key attribute ${name} is not signed by allowedUnsignedAttributes or allowedUnsignedAttributePrefix.`,
      )
    if (this.#letters.has(name) && this.#letters.get(name) !== wanted)
      throw invalid(
        this.version === 1
          ? `Key attribute ${name} must have the action SIGN_ONLY, or none.`
          : `Key attribute ${name} must have the action SIGN_AND_INCLUDE_IN_ENCRYPTION_CONTEXT, or none, where another attribute has it.`,
      )
    this.#letters.set(name, wanted)
  }
}

/**
 * How the attributes are written that have an action; checks all options that need no keys.
 *
 * @throws {ConfigurationError} `invalid-option`
 */
export function lettersOf(options: AttributeOptions): Map<string, Letter> {
  const {
    attributeActionsOnEncrypt = {},
    allowedUnsignedAttributes,
    allowedUnsignedAttributePrefix,
  } = options
  checkUnsigned(allowedUnsignedAttributes, allowedUnsignedAttributePrefix)
  const isSigned = signedBy(options)
  // Of a Map, say, nothing would be seen, and all that it has be written in clear.
  checkOptions('attributeActionsOnEncrypt', attributeActionsOnEncrypt)
  return new Map(
    Object.entries(attributeActionsOnEncrypt).map(([name, action]) => {
      checkConfigurable(name)
      return [name, letterFor(name, action, !isSigned(name))]
    }),
  )
}

function letterFor(name: string, action: CryptoAction, isUnsigned: boolean): Letter {
  if (!Object.hasOwn(LETTERS, action))
    throw invalid(
      `The action of attribute ${name} is none: it must be one of ${Object.keys(LETTERS).join(', ')}.`,
    )
  if (action === 'DO_NOTHING' && !isUnsigned)
    throw invalid(
      `Attribute ${name} has the action DO_NOTHING. Name it in allowedUnsignedAttributes as well, or have it begin with allowedUnsignedAttributePrefix: readers have to know.`,
    )
  if (action !== 'DO_NOTHING' && isUnsigned)
    throw invalid(
      `Attribute ${name} has the action ${action}, and is not signed by allowedUnsignedAttributes or allowedUnsignedAttributePrefix.`,
    )
  return LETTERS[action]
}

/** What tells by its name whether an attribute has to be signed. */
export function signedBy({
  allowedUnsignedAttributes,
  allowedUnsignedAttributePrefix: prefix,
}: UnsignedOptions): (name: string) => boolean {
  const unsigned = new Set(allowedUnsignedAttributes)
  return name =>
    !name.startsWith(RESERVED_PREFIX) &&
    !unsigned.has(name) &&
    (prefix === undefined || !name.startsWith(prefix))
}

function checkUnsigned(names: unknown, prefix: unknown): void {
  if (names !== undefined) {
    if (!Array.isArray(names) || names.length === 0)
      throw invalid('The option allowedUnsignedAttributes must be a list of at least one name, or left out.')
    for (const name of names) checkConfigurable(name)
  }
  if (prefix !== undefined) checkName('The option allowedUnsignedAttributePrefix', prefix)
}

function checkConfigurable(name: unknown): void {
  checkName('The name of an attribute', name)
  const reserved = [RESERVED_PREFIX, CONTEXT_PREFIX].find(prefix => (name as string).startsWith(prefix))
  if (reserved !== undefined)
    throw invalid(
      `Attribute ${name} cannot be configured: names that begin with ${reserved} are the format's own.`,
    )
}

function checkName(what: string, name: unknown): void {
  if (typeof name !== 'string' || name === '' || !name.isWellFormed())
    throw invalid(`${what} is empty or not a well-formed string.`)
}

function invalid(message: string): ConfigurationError {
  return new ConfigurationError('invalid-option', message)
}
