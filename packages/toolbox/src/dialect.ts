import type { Dialect } from '@dynaseal/document-client/mapper'
import { ToolboxError } from './errors.js'

/** Users of this package know entities, schemas and {@link ToolboxError}s. */
export const dialect: Dialect = {
  packageName: '@dynaseal/toolbox',
  refusal: (code, message) => new ToolboxError(code, message),
  kind: 'entity',
  giveName: kind => `Give ${kind} its entity attribute.`,
  rename: 'Its stored name is what savedAs() says.',
  unknownTable: name =>
    `This sealed client knows no entity of table ${name}, so it cannot tell what is encrypted there. Call register(entity) on it (for entities that encrypt nothing as well), map the name with logicalTableName if the table is known under another one, or use the document client that you gave to sealDocumentClient().`,
  notEncrypted: (path, table) =>
    `The schema encrypts '${path}', but no entity registered for table ${table} does. Call register(entity) on the client that sealDocumentClient() returned.`,
  writeSealed:
    'Write it through the entity whose schema encrypts it. For sealItem(), the EntityParser of that entity makes the item.',
  strayCiphertext:
    'it is ciphertext, and the schemas that are registered have a value in clear there. If the attribute is encrypted elsewhere, annotate it with encrypted() in this application too; else somebody copied it here.',
}
