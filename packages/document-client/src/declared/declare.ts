import { formatPath } from '@dynaseal/core/formats'
import { DocumentClientError } from '../errors.js'
import { overlap, sameAs } from '../paths/attributePattern.js'
import type { ItemKind, TableDescription } from '../tables/itemKind.js'
import type { KnownTable } from '../tables/knownTable.js'
import type { Tables } from '../tables/tables.js'
import { checkDeclaration, type Declaration } from './declaration.js'

/**
 * Makes a declared table, or one more kind of its items, known to a sealed client.
 *
 * @throws {DocumentClientError} `invalid-schema`
 */
export function declare(tables: Tables, declaration: Declaration): void {
  const { description, kind } = checkDeclaration(declaration, tables.features)
  const known = tables.find(description.tableName)
  if (known !== undefined) refuseContradiction(known, description, kind)
  tables.add(description, kind)
}

/** A table may be declared in parts: they have to agree. */
function refuseContradiction(
  table: KnownTable,
  { keyNames, kindAttribute }: TableDescription,
  kind: ItemKind,
): void {
  if (keyNames.join('\n') !== table.keyNames.join('\n')) {
    throw new DocumentClientError(
      'invalid-schema',
      `Table ${table.name} was declared with the key ${table.keyNames.join(', ')}, and now with ${keyNames.join(', ')}. It is part of what ciphertexts are bound to: declare the one that the table has.`,
    )
  }
  const { kindAttribute: before } = table
  if (before !== undefined && kindAttribute !== undefined && before !== kindAttribute) {
    throw new DocumentClientError(
      'invalid-schema',
      `The kinds of items of table ${table.name} were told apart by '${before}', and now by '${kindAttribute}'. It takes one attribute that all of them have.`,
    )
  }
  // What holds for all items holds beside what holds for one kind of them.
  const others = table.kinds.filter(
    ({ name }) => kind.name === undefined || name === undefined || name === kind.name,
  )
  for (const pattern of kind.encrypted) {
    const other = others
      .flatMap(({ encrypted }) => encrypted)
      .find(each => overlap(each, pattern) && !sameAs(each, pattern))
    if (other !== undefined) {
      throw new DocumentClientError(
        'invalid-schema',
        `'${formatPath(pattern)}' of table ${table.name} is declared as encrypted, and so was '${formatPath(other)}', for the same items. One is inside of the other, and what a path leads to is encrypted as a whole: declare one of the two.`,
      )
    }
  }
}
