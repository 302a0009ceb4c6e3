import type { AttributeValue } from './attributeValue.js'
import type { FieldError } from './errors.js'

/** A document path inside an item: map keys as strings, list positions as numbers. */
export type AttributePath = readonly (string | number)[]

/** One marked value of an item, and where it stands. */
export interface Field<V> {
  readonly path: AttributePath
  readonly value: V
}

/**
 * What a format is given: an item's place and its marked values, all together, because a format may
 * bind them to one another.
 */
export interface ItemFields<V> {
  /** Logical table name: the same in every region, whatever the table is called there. */
  readonly table: string
  /** Primary key: attribute name to its value (`S`, `N` or `B`). */
  readonly key: Readonly<Record<string, AttributeValue>>
  readonly fields: readonly Field<V>[]
  /** The whole item, `NULL` in place of each marked value. Only for a format that seals items as wholes. */
  readonly item?: Readonly<Record<string, AttributeValue>> | undefined
}

/**
 * A format that seals items as wholes: other attributes than the marked ones are authenticated, too.
 *
 * Each attribute of the format is a field of every item: its value to seal is `NULL`, and the bytes are stored. What
 * it opens to is dropped; its error is the error of the item.
 *
 * A part of an item cannot be authenticated, so whoever uses such a format refuses what would read or change a
 * part: projections and update expressions.
 */
export interface WholeItems {
  /** Names of the attributes that the format adds to each item, for example a header and a footer. */
  readonly attributes: readonly [string, ...string[]]
}

/** The outcome for one field: its value, or why it did not open. */
export type OpenedField = { readonly value: AttributeValue } | { readonly error: FieldError }

/** What concerns one call of a format and no value. */
export interface CallOptions {
  /**
   * Ends the call, which then rejects with the signal's reason. A keyring that others wait for as well is not
   * aborted; a plain one of the AWS Encryption SDK never is.
   */
  readonly signal?: AbortSignal | undefined
}

/**
 * How the marked values of items become bytes at rest, and come back.
 * Results stand in the order of the items, and of the fields within each.
 */
export interface Format {
  /** Set by a format that seals items as wholes. */
  readonly wholeItems?: WholeItems
  /** @throws {SealError} and nothing is returned, when any one value cannot be sealed */
  seal(items: readonly ItemFields<AttributeValue>[], options?: CallOptions): Promise<Uint8Array[][]>
  /** Never throws for what a stored value contains: each field has its own outcome. */
  open(items: readonly ItemFields<Uint8Array>[], options?: CallOptions): Promise<OpenedField[][]>
}
