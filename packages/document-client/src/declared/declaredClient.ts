import type { NativeItem } from '../arriving/opener.js'
import type { ItemOf, Sealable, SealedClient, SealedParts } from '../client/sealClient.js'
import type { Declaration } from './declaration.js'
import { declare } from './declare.js'

/** A sealed client that is told what is encrypted. */
export type DeclaredClient<CLIENT extends Sealable, ITEM extends NativeItem = ItemOf<CLIENT>> = SealedClient<
  CLIENT,
  ITEM
> & {
  /**
   * Says what is encrypted in tables. Declare every table, also those in which nothing is; a table with several kinds of
   * items once for each kind.
   *
   * @throws {DocumentClientError} `invalid-schema` for what cannot be encrypted, or is no path: the error shows where
   */
  declare(...declarations: Declaration[]): DeclaredClient<CLIENT, ITEM>
}

export function withDeclare<CLIENT extends Sealable, ITEM extends NativeItem>({
  client,
  tables,
}: SealedParts<CLIENT, ITEM>): DeclaredClient<CLIENT, ITEM> {
  const declared = client as DeclaredClient<CLIENT, ITEM>
  Object.defineProperty(declared, 'declare', {
    value: (...declarations: Declaration[]) => {
      for (const declaration of declarations) declare(tables, declaration)
      return declared
    },
  })
  return declared
}
