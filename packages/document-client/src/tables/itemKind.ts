import type { AttributePattern } from '../paths/attributePattern.js'
import type { ItemToken } from '../search/itemToken.js'

/** A table as DynamoDB has it, and as whoever adds it to a sealed client says. */
export interface TableDescription {
  /** Its name or ARN, as commands carry it. */
  readonly tableName: string
  /** The partition key, and the sort key if there is one. */
  readonly keyNames: readonly string[]
  /** Those of its indexes. */
  readonly indexKeyNames: readonly string[]
  /** The key of each index, by its name, as far as it is known: the partition key and the sort key. Default: none. */
  readonly indexes?: Readonly<Record<string, readonly string[]>> | undefined
  /** The attribute that has the name of an item's kind; none where all items are of one. */
  readonly kindAttribute: string | undefined
  /** Whether what commands carry in clear at encrypted paths is sealed. Otherwise it is refused, and pending values are. Default: false. */
  readonly takesPlaintext?: boolean
}

/** One kind of items of a table, such as an entity of a mapper, and where it keeps ciphertext. */
export interface ItemKind {
  /** As items have it in the attribute that tells kinds apart; none for what holds for items of all kinds. */
  readonly name: string | undefined
  readonly encrypted: readonly AttributePattern[]
  /** Leaves that are stored as they are, where all of them are known; or whatever only other kinds encrypt. */
  readonly clear: readonly AttributePattern[] | 'the rest'
  /** Those of them that a binary value may be in, by their type. */
  readonly binary: readonly AttributePattern[]
  /** Whether whoever gets an item of this kind can refuse one that has the name of another. */
  readonly isNamed: boolean
  /** The attributes that have search tokens of others. Default: none. */
  readonly tokens?: readonly ItemToken[]
}
