// An entity with tokens of each kind, and a person, another for each test.
import { GetCommand } from '@aws-sdk/lib-dynamodb'
import { createSearchTokens } from '@dynaseal/core'
import { encrypted, type SealedDocumentClient, token } from '@dynaseal/toolbox'
import { Entity, item, list, map, number, set, string, Table } from 'dynamodb-toolbox'
import { beforeEach, expect } from 'vitest'
import { leaks } from '../../support/recordingProxy.js'
import { TABLE, withSearchTable } from '../../support/searchTable.js'
import { EAST, type World } from '../../support/world.js'

export const EMAIL = 'Ada@Example.com'
const NAME = 'Lovelace-secret'
const SECRETS = [EMAIL, EMAIL.toLowerCase(), NAME, 'tag-secret', 'zip-secret']
export const isToken = expect.stringMatching(/^1\.[\w-]{22}$/)
export const error = (code: string, message: RegExp) =>
  expect.objectContaining({ name: 'ToolboxError', code, message: expect.stringMatching(message) })
export type Person = ReturnType<typeof entities>['Person']
export type Ada = ReturnType<ReturnType<typeof withPerson>['ada']>

export function withPerson() {
  let world: World
  let searchKey: Uint8Array
  withSearchTable((made, [key]) => {
    world = made
    searchKey = key
  })
  let number = 0
  beforeEach(() => {
    world.proxy.sent.length = 0
    number++
  })
  const sealed = () =>
    world.sealedClient(EAST, {
      search: createSearchTokens({ keyring: world.keyring(EAST), writeWith: searchKey }),
    })
  return {
    get world() {
      return world
    },
    /** Nobody has registered them. */
    people: (documentClient = sealed()) => entities(documentClient),
    registered() {
      const documentClient = sealed()
      const made = entities(documentClient)
      documentClient.register(made.Person)
      return made
    },
    stored: async ({ pk, sk }: { pk: string; sk: string }) =>
      (
        await world
          .rawClient(EAST)
          .send(new GetCommand({ TableName: TABLE, Key: { pk, sk }, ConsistentRead: true }))
      ).Item,
    leaked: () => leaks(world.proxy.sent, SECRETS),
    ada: () => ({
      pk: 'a',
      sk: `${number}`,
      at: number,
      email: EMAIL,
      name: `${NAME} ${number}`,
      tags: new Set(['tag-secret', `tag-secret ${number}`]),
      words: ['one', 'two', 'one'],
      city: `Bergen ${number}`,
      nested: { zip: `zip-secret ${number}` },
    }),
  }
}

function entities(documentClient: SealedDocumentClient) {
  const table = new Table({
    documentClient,
    name: TABLE,
    partitionKey: { name: 'pk', type: 'string' },
    sortKey: { name: 'sk', type: 'string' },
    indexes: {
      byEmail: {
        type: 'global',
        partitionKey: { name: 'gsi', type: 'string' },
        sortKey: { name: 'at', type: 'number' },
      },
      byCity: { type: 'local', sortKey: { name: 'lsi', type: 'string' } },
    },
  })
  const Person = new Entity({
    name: 'Person',
    table,
    schema: item({
      pk: string().key(),
      sk: string().key(),
      at: number().optional(),
      email: encrypted(string()).optional(),
      emailToken: token('email', { savedAs: 'gsi', normalize: 'email' }),
      name: encrypted(string()).optional(),
      nameToken: token('name'),
      tags: encrypted(set(string())).optional(),
      tagsToken: token('tags', { bits: 64 }),
      words: list(string()).optional(),
      wordsToken: token('words'),
      city: string().optional(),
      cityToken: token('city', { savedAs: 'lsi' }),
      both: token(['pk', 'name']),
      nested: map({ zip: encrypted(string()).optional(), zipToken: token('nested.zip') }).optional(),
    }),
  })
  return { table, Person }
}
