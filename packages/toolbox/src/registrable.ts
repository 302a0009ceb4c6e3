import type { EncryptedMeta } from './encryptedType.js'

/** The name of a key of a table or of an index, where its type says it. */
type NameOf<KEY> = KEY extends { name: infer NAME extends string }
  ? string extends NAME
    ? never
    : NAME
  : never

type IndexKeys<INDEXES> = {
  [INDEX in keyof INDEXES]:
    | (INDEXES[INDEX] extends { partitionKey: infer KEY } ? NameOf<KEY> : never)
    | (INDEXES[INDEX] extends { sortKey?: infer KEY } ? NameOf<KEY> : never)
}[keyof INDEXES]

/** What DynamoDB or dynamodb-toolbox reads itself. */
type ReadNames<TABLE> =
  | (TABLE extends { partitionKey: infer KEY } ? NameOf<KEY> : never)
  | (TABLE extends { sortKey?: infer KEY } ? NameOf<KEY> : never)
  | (TABLE extends { indexes: infer INDEXES } ? IndexKeys<INDEXES> : never)
  | (TABLE extends { entityAttributeSavedAs: infer NAME } ? NameOf<{ name: NAME }> : never)

type StoredName<NAME, SCHEMA> = SCHEMA extends { props: { savedAs: infer SAVED extends string } }
  ? SAVED
  : NAME

/** The encrypted attributes that are stored under one of the names. */
type EncryptedUnder<ATTRIBUTES, NAMES> = {
  [NAME in keyof ATTRIBUTES]: ATTRIBUTES[NAME] extends { props: { meta: EncryptedMeta } }
    ? StoredName<NAME, ATTRIBUTES[NAME]> extends NAMES
      ? NAME
      : never
    : never
}[keyof ATTRIBUTES]

/** `[true]` for an entity that cannot be registered. */
type ReadMark<ENTITY, TTL extends string> = ENTITY extends {
  schema: { attributes: infer ATTRIBUTES }
  table: infer TABLE
}
  ? [EncryptedUnder<ATTRIBUTES, ReadNames<TABLE> | NameOf<{ name: TTL }>>] extends [never]
    ? []
    : [true]
  : []

/** The entity, if it can be registered; otherwise what is wrong. A spread, as for `encrypted()`, lets generics pass. */
export type Registrable<ENTITY, TTL extends string> = [...ReadMark<ENTITY, TTL>] extends [true]
  ? 'A key, an index key, a time to live and the entity attribute cannot be encrypted: DynamoDB or dynamodb-toolbox reads them.'
  : ENTITY
