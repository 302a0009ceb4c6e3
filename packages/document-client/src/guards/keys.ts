import { DocumentClientError } from '../errors.js'
import type { KnownTable } from '../tables/knownTable.js'

/**
 * A key with other names than was declared shows that the declaration is wrong. Ciphertexts would be bound to less than the
 * primary key, and open in other items.
 *
 * @throws {DocumentClientError} `invalid-schema`
 */
export function guardKey({ name, keyNames, takesPlaintext }: KnownTable, key: unknown): void {
  if (!takesPlaintext) return
  const given = Object.keys(Object(key))
  if (given.length === keyNames.length && keyNames.every(each => given.includes(each))) return
  throw new DocumentClientError(
    'invalid-schema',
    `A command has a key of ${given.join(', ') || 'nothing'}, and table ${name} is declared with the key ${keyNames.join(', ')}. Give the command that key, all of it; or, if the table has another one, declare that: ciphertexts are bound to the primary key.`,
  )
}
