import type { Sealable, SealedClient, SealedParts } from '../client/sealClient.js'
import type { Declaration } from './declaration.js'
import { declare } from './declare.js'

/** A sealed client that is told what is encrypted. */
export type DeclaredClient<CLIENT extends Sealable> = SealedClient<CLIENT> & {
  /**
   * Says what is encrypted in tables. Declare every table, also those in which nothing is; a table with several kinds of
   * items once for each kind.
   *
   * @throws {DocumentClientError} `invalid-schema` for what cannot be encrypted, or is no path: the error shows where
   */
  declare(...declarations: Declaration[]): DeclaredClient<CLIENT>
}

export function withDeclare<CLIENT extends Sealable>({
  client,
  tables,
}: SealedParts<CLIENT>): DeclaredClient<CLIENT> {
  const declared = client as DeclaredClient<CLIENT>
  Object.defineProperty(declared, 'declare', {
    value: (...declarations: Declaration[]) => {
      for (const declaration of declarations) declare(tables, declaration)
      return declared
    },
  })
  return declared
}
