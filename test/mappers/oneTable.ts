import { DynamoDBClient } from '@aws-sdk/client-dynamodb'
import { sealDynamoDBClient } from '@dynaseal/document-client'
import { Table } from 'dynamodb-onetable'
import type { World } from '../support/world.js'
import { declaration, kindDeclarations, type Library, type Person, type Task } from './mapper.js'

// OneTable's own templates.
const template = (name: string) => `\${${name}}`

const schema = {
  format: 'onetable:1.1.0',
  version: '0.0.1',
  indexes: { primary: { hash: 'pk', sort: 'sk' }, byGsi: { hash: 'gsi', project: 'all' } },
  models: {
    person: {
      pk: { type: String, value: template('team') },
      sk: { type: String, value: template('id') },
      gsi: { type: String, value: template('badge') },
      team: { type: String, required: true },
      id: { type: String, required: true },
      badge: { type: String, required: true },
      visits: { type: Number },
      email: { type: String },
      address: { type: Object, schema: { street: { type: String }, city: { type: String } } },
      cards: {
        type: Array,
        items: { type: Object, schema: { number: { type: String }, brand: { type: String } } },
      },
      tags: { type: Object },
    },
    task: {
      pk: { type: String, value: template('team') },
      sk: { type: String, value: `task#${template('id')}` },
      team: { type: String, required: true },
      id: { type: String, required: true },
      email: { type: String },
    },
  },
} as const

function sealedClient(world: World, region: string) {
  return sealDynamoDBClient(new DynamoDBClient(world.config(region)), { keyring: world.keyring(region) })
}

function tableOf(client: DynamoDBClient, name: string) {
  return new Table({ client, name, schema, partial: true, logger: false } as never)
}

export const oneTable: Library = {
  name: 'dynamodb-onetable',
  client: 'sealDynamoDBClient',
  connect(world, region, name) {
    const table = tableOf(sealedClient(world, region).declare(declaration(name)), name)
    const Person = table.getModel('person') as unknown as Model<Person>
    const people = (items: readonly unknown[]) => [...items] as Person[]
    return {
      put: person => Person.create(given(person), { exists: null }),
      get: key => Person.get(key),
      setEmail: (key, email) => Person.update({ ...key, email }),
      setStreet: (key, street) => Person.update(key, { set: { 'address.street': street } }),
      appendCard: (key, card) => Person.update(key, { push: { cards: [card] } }),
      addVisit: key => Person.update(key, { add: { visits: 1 } }),
      remove: key => Person.remove(key),
      query: async team => people(await Person.find({ team })),
      queryByBadge: async badge => people(await Person.find({ badge }, { index: 'byGsi' })),
      scan: async () => people(await Person.scan()),
      pages: async team => {
        const found: Person[] = []
        let next: object | undefined
        do {
          const page = await Person.find({ team }, { limit: 1, ...(next && { next }) })
          found.push(...people(page))
          next = page.next
        } while (next !== undefined)
        return found
      },
      batchPut: async all => {
        const batch = {}
        for (const person of all) await Person.create(given(person), { batch, exists: null })
        await table.batchWrite(batch)
      },
      batchGet: async keys => {
        const batch = {}
        for (const key of keys) await Person.get(key, { batch })
        return people((await table.batchGet(batch, { parse: true })) as unknown as unknown[])
      },
      transactPut: async all => {
        const transaction = {}
        for (const person of all) await Person.create(given(person), { transaction, exists: null })
        await table.transact('write', transaction)
      },
      transactGet: async keys => {
        const transaction = {}
        for (const key of keys) await Person.get(key, { transaction })
        return people((await table.transact('get', transaction, { parse: true })) as unknown as unknown[])
      },
      create: person => Person.create(given(person)),
      findByEmail: async (team, email) =>
        people(await Person.find({ team }, { where: `${template('email')} = {${email}}` })),
    }
  },
  kinds: {
    attribute: '_type',
    update: 'with `where` on `_type`',
    changed: 'handed out: compare `_type`',
    connect(world, region, name) {
      const table = tableOf(sealedClient(world, region).declare(...kindDeclarations(name, '_type')), name)
      const person = table.getModel('person') as unknown as Model<Person>
      const task = table.getModel('task') as unknown as Model<Task>
      return {
        person: {
          put: one => person.create(given(one), { exists: null }),
          get: key => person.get(key),
          // Its updates do not set the type, so they ask for it.
          setEmail: (key, email) =>
            person.update({ ...key, email }, { where: `${template('_type')} = {person}` }),
        },
        task: { put: one => task.create(one), get: key => task.get(key) },
      }
    },
  },
}

const given = (person: Person) => structuredClone(person)

/** Its types follow the schema, and know neither sets of nested paths nor pages. */
interface Model<T> {
  create(person: object, params?: object): Promise<unknown>
  get(key: object, params?: object): Promise<T | undefined>
  update(changes: object, params?: object): Promise<unknown>
  remove(key: object, params?: object): Promise<T | undefined>
  find(key: object, params?: object): Promise<unknown[] & { next?: object }>
  scan(): Promise<unknown[]>
}
