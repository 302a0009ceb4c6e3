import type { DocumentClientError, DocumentClientErrorCode } from '../errors.js'
import type { ItemKind } from './itemKind.js'

/**
 * How a sealed client speaks to its users. They know entities and schemas, or what they declared, and not how this
 * package calls it; so whoever makes a sealed client says what its errors are, and which ways out they name.
 */
export interface Dialect {
  /** Of the package that they import. */
  readonly packageName: string
  /** The error that its users know. */
  refusal(code: DocumentClientErrorCode, message: string): DocumentClientError
  /** What a kind of items is: `entity`. Its name follows. */
  readonly kind: string
  /** A sentence: how items of a kind come to have its name. */
  giveName(kind: string): string
  /** A sentence: how an attribute gets another name in the table. */
  readonly rename: string
  /** That nothing is known of a table, and what to do. */
  unknownTable(name: string): string
  /** That a value waits to be sealed where nobody said that something is encrypted, and what to do. */
  notEncrypted(path: string, table: string): string
  /** A sentence: how to write what must not be written in clear. */
  readonly writeSealed: string
  /** That there is ciphertext where something in clear belongs, and what that may mean. */
  readonly strayCiphertext: string
}

/** What errors call one kind of items. */
export function titleOf({ kind }: Dialect, { name }: ItemKind): string {
  return name === undefined ? 'the items' : `${kind} ${name}`
}
