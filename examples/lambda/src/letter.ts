import { encrypted, type SealedDocumentClient } from '@dynaseal/toolbox/slim'
import { Entity, item, map, string, Table } from 'dynamodb-toolbox'
import { variable } from './environment.js'

/** What somebody prints and sends. */
export function letters(documentClient: SealedDocumentClient) {
  const Letters = new Table({
    documentClient,
    name: variable('LETTERS_TABLE'),
    partitionKey: { name: 'id', type: 'string' },
  })
  const Letter = new Entity({
    name: 'Letter',
    table: Letters,
    timestamps: false,
    schema: item({
      id: string().key(),
      to: encrypted(map({ name: string(), street: string(), zip: string(), city: string() })),
    }),
  })
  documentClient.register(Letter)
  return Letter
}
