import type { AttributeValue } from './attributeValue.js'
import type { FieldError } from './errors.js'

/** A document path inside an item: map keys as strings, list positions as numbers. */
export type AttributePath = readonly (string | number)[]

/** One marked value of an item, and where it stands. */
export interface Field<V> {
  readonly path: AttributePath
  readonly value: V
}

/** Where an item belongs: what its fields are bound to. */
export interface ItemPlace {
  /** Logical table name: the same in every region, whatever the table is called there. */
  readonly table: string
  /** Primary key: attribute name to its value (`S`, `N` or `B`). */
  readonly key: Readonly<Record<string, AttributeValue>>
  /** Which attribute of the key is the partition key. For a format that tells it from the sort key. */
  readonly partitionKey?: string | undefined
}

/** An item with its marked values, all together, because a format may bind them to one another. */
export interface ItemFields<V> extends ItemPlace {
  readonly fields: readonly Field<V>[]
  /**
   * All other attributes of the item, without the format's own; maps and lists that hold marked values have `NULL` in
   * their places. Only for a format that seals items as wholes.
   */
  readonly others?: Readonly<Record<string, AttributeValue>> | undefined
}

export interface ItemToSeal extends ItemFields<AttributeValue> {
  /**
   * Whether the item is written as a whole, with nothing left of what was there before: then the format may store
   * attributes of its own beside the fields. Default: a part of it, whose fields have to stand alone.
   */
  readonly whole?: boolean
  /**
   * Names of the other attributes that have search tokens, which the caller computed: those may have a name that the format
   * keeps for tokens.
   */
  readonly tokens?: readonly string[] | undefined
}

export interface SealedItem {
  /** In the order of the fields. */
  readonly values: readonly Uint8Array[]
  /** Attributes of the format's own, to be stored as Binary. Only where the item is written as a whole. */
  readonly attributes: Readonly<Record<string, Uint8Array>>
}

export interface ItemToOpen extends ItemFields<Uint8Array> {
  /** Those of the format's own attributes that were read with the item, whatever stands there. */
  readonly attributes?: Readonly<Record<string, unknown>>
}

/** The outcome for one field: its value, or why it did not open. */
export type OpenedField = { readonly value: AttributeValue } | { readonly error: FieldError }

export interface OpenedItem {
  /** In the order of the fields. */
  readonly fields: readonly OpenedField[]
  /**
   * What is to be handed out in place of all other attributes: where some of them were sealed although they have no mark, or
   * are none of the application's. Those that stay as they are, are the very same values.
   */
  readonly others?: Readonly<Record<string, AttributeValue>> | undefined
  /** Why the item as a whole does not hold: then nothing of it may be handed out. */
  readonly error?: FieldError
}

/** What concerns one call of a format and no value. */
export interface CallOptions {
  /**
   * Ends the call, which then rejects with the signal's reason. A keyring that others wait for as well is not
   * aborted; a plain one of the AWS Encryption SDK never is.
   */
  readonly signal?: AbortSignal | undefined
}

/**
 * How the marked values of items become bytes at rest, and come back. Results stand in the order of the items.
 *
 * Whoever calls it stores the format's own attributes, reads them along with the fields, takes them out of what is
 * handed on, and keeps others from writing them; it needs to know nothing else of the format.
 */
export interface Format {
  /** Names of the attributes that the format may add to items. */
  readonly attributes: readonly string[]
  /**
   * Set by a format that seals items as wholes: attributes without a mark are authenticated, too. A part of such an
   * item cannot be read or changed alone, so projections are made of what was opened, and update expressions
   * refused unless the item is read first; an item must have all of the format's attributes.
   */
  readonly wholeItems?: boolean
  /**
   * Whether items of a table open without the format's attributes. Reads of its indexes then do not ask for them:
   * DynamoDB refuses a projection that has an attribute which a global index lacks. Default: they do not.
   *
   * @param table logical table name
   */
  standsAlone?(table: string): boolean
  /**
   * For a format that seals items as wholes: whether an attribute of this name is sealed or authenticated, so that it cannot
   * change without the format's own attributes changing. Default: all are.
   *
   * @param table logical table name
   */
  covers?(table: string, name: string): boolean
  /**
   * The attributes that are known by name, and that {@link Format.covers} is false for, so that one that an item did not have
   * can be seen to have been added. Default: none.
   *
   * @param table logical table name
   */
  uncovered?(table: string): readonly string[]
  /**
   * Why values at a path cannot be sealed, as sentences with the way out; undefined where they can. Asked when what is encrypted
   * in a table is made known, before there is any item. Default: they can.
   *
   * @param table logical table name
   * @param path names and positions; symbols where any of them may stand
   */
  faultOf?(table: string, path: readonly (string | number | symbol)[]): string | undefined
  /**
   * Whether bytes begin like what this format stores: they are no value in clear, then. Cheap, proves nothing, never
   * throws.
   */
  looksSealed(value: Uint8Array): boolean
  /**
   * Whether bytes are, as far as can be told without a data key, what this format stores in an item that has these
   * attributes of the format's own: as it is when a batch sends again what DynamoDB did not process. Never throws.
   */
  isSealed(value: Uint8Array, attributes: Readonly<Record<string, unknown>>): boolean
  /**
   * What a format can find wrong with the stored fields of an item without a data key: that they are none, are damaged,
   * belong to another table or context, or lack their envelope. A field of which it finds nothing may still not open.
   *
   * @returns in the order of the fields
   */
  check?(item: ItemToOpen): (FieldError | undefined)[]
  /** @throws {SealError} and nothing is returned, when any one value cannot be sealed */
  seal(items: readonly ItemToSeal[], options?: CallOptions): Promise<SealedItem[]>
  /** Never throws for what a stored value contains: each field has its own outcome. */
  open(items: readonly ItemToOpen[], options?: CallOptions): Promise<OpenedItem[]>
}
