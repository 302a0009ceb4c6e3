import { encrypted } from '@dynaseal/toolbox'
import { Entity, item, map, string, Table } from 'dynamodb-toolbox'
import { documentClient } from './clients.js'
import { variable } from './environment.js'

const Letters = new Table({
  documentClient,
  name: variable('LETTERS_TABLE'),
  partitionKey: { name: 'id', type: 'string' },
})

/** What somebody prints and sends. */
export const Letter = new Entity({
  name: 'Letter',
  table: Letters,
  timestamps: false,
  schema: item({
    id: string().key(),
    to: encrypted(map({ name: string(), street: string(), zip: string(), city: string() })),
  }),
})
documentClient.register(Letter)
