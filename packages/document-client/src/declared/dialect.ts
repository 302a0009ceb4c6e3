import { DocumentClientError } from '../errors.js'
import type { Dialect } from '../tables/dialect.js'

/** Users of declared tables know what they declared. */
export const dialect: Dialect = {
  packageName: '@dynaseal/document-client',
  refusal: (code, message) => new DocumentClientError(code, message),
  kind: 'kind',
  giveName: kind => `Declare ${kind} with when: { attribute, equals }.`,
  rename: 'Its name is what is declared and what commands say.',
  unknownTable: name =>
    `Nothing is declared for table ${name}, so this sealed client cannot tell what is encrypted there. Call declare({ table, key, encrypted }) on it (with encrypted: [] for a table without encrypted attributes), map the name with logicalTableName if the table is declared under another one, or use the client that was sealed.`,
  notEncrypted: (path, table) => `'${path}' is not declared as encrypted for table ${table}.`,
  writeSealed:
    'What a declared path leads to is written as a whole, and no part of it by itself. What the path leads through has to be a plain object, or a list where the path has [*]: a text, a Set, a Map or an instance of a class is not looked into.',
  strayCiphertext:
    'it is ciphertext, and nothing is declared as encrypted there. If it was sealed there, declare the path in this application too; else somebody copied it here.',
}
