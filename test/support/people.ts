import type { SealedDocumentClient } from '@dynaseal/toolbox'
import { encrypted } from '@dynaseal/toolbox'
import { binary, Entity, item, list, map, number, record, set, string } from 'dynamodb-toolbox'
import { toolboxTable } from './toolboxTable.js'

/** Two entities in one table, the second of which has in clear what the first one encrypts. */
export function peopleAndNotes(documentClient: SealedDocumentClient, tableName: string) {
  const table = toolboxTable(documentClient, tableName)
  const key = { pk: string().key(), sk: string().key() }
  const Person = new Entity({
    name: 'Person',
    table,
    timestamps: false,
    schema: item({
      ...key,
      text: encrypted(string()),
      address: encrypted(map({ city: string(), zip: number() })).optional(),
      nested: map({ open: string(), shut: encrypted(string()) }).optional(),
      cards: list(map({ number: encrypted(string()) })).optional(),
      byName: record(string(), encrypted(number())).optional(),
      blob: binary().optional(),
      blobs: set(binary()).optional(),
      tags: set(string()).optional(),
      scores: set(number()).optional(),
      count: number().optional(),
      renamed: encrypted(string()).optional().savedAs('r'),
    }),
  })
  const Note = new Entity({
    name: 'Note',
    table,
    timestamps: false,
    schema: item({ ...key, text: string(), blob: binary().optional() }),
  })
  documentClient.register(Person, Note)
  return { table, Person, Note }
}

export const bytes = (...values: number[]) => new Uint8Array(values)

/** A person with something at every place. */
export const person = (n: number) => ({
  text: `secret ${n}`,
  address: { city: 'secret Oslo', zip: n },
  nested: { open: 'o', shut: 'secret' },
  cards: [{ number: 'secret 1' }, { number: 'secret 2' }],
  byName: { a: 1, b: 2 },
  blob: bytes(1, 2, 3),
  blobs: new Set([bytes(4), bytes(5, 6)]),
  tags: new Set(['x', 'y']),
  scores: new Set([1, 2.5]),
  count: n,
  renamed: 'secret name',
})
