import type { AttributePattern } from '../paths/attributePattern.js'

/** A table as DynamoDB has it, and as whoever adds it to a sealed client says. */
export interface TableDescription {
  /** Its name or ARN, as commands carry it. */
  readonly tableName: string
  /** The partition key, and the sort key if there is one. */
  readonly keyNames: readonly string[]
  /** Those of its indexes. */
  readonly indexKeyNames: readonly string[]
  /** The attribute that has the name of an item's kind. */
  readonly kindAttribute: string
}

/** One kind of items of a table, such as an entity of a mapper, and where it keeps ciphertext. */
export interface ItemKind {
  /** As items have it in the attribute that tells kinds apart. */
  readonly name: string
  readonly encrypted: readonly AttributePattern[]
  /** Leaves that are stored as they are, where all of them are known. */
  readonly clear: readonly AttributePattern[]
  /** Those of them that a binary value may be in, by their type. */
  readonly binary: readonly AttributePattern[]
  /** Whether whoever gets an item of this kind refuses one that has the name of another. */
  readonly isNamed: boolean
}
