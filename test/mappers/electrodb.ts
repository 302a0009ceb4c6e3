import { DynamoDBClient } from '@aws-sdk/client-dynamodb'
import { DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb'
import { sealDocumentClient } from '@dynaseal/document-client'
import { Entity, Service } from 'electrodb'
import type { World } from '../support/world.js'
import { declaration, kindDeclarations, type Library, type Person } from './mapper.js'

function sealedClient(world: World, region: string) {
  const client = DynamoDBDocumentClient.from(new DynamoDBClient(world.config(region)), {
    marshallOptions: { removeUndefinedValues: true },
  })
  return sealDocumentClient(client, { keyring: world.keyring(region) })
}

export const electrodb: Library = {
  name: 'electrodb',
  client: 'sealDocumentClient',
  connect(world, region, table) {
    const client = sealedClient(world, region).declare(declaration(table))
    const person = personEntity(client, table)
    const service = new Service({ person }, { client, table })
    const people = (data: unknown) => data as Person[]
    return {
      put: one => person.put(given(one)).go(),
      get: async key => ((await person.get(key).go()).data ?? undefined) as Person | undefined,
      setEmail: (key, email) => person.patch(key).set({ email }).go(),
      setStreet: (key, street) =>
        person
          .patch(key)
          .data(({ address }, { set }) => set(address.street, street))
          .go(),
      appendCard: (key, card) =>
        person
          .patch(key)
          .append({ cards: [card] })
          .go(),
      addVisit: key => person.patch(key).add({ visits: 1 }).go(),
      remove: async key => (await person.delete(key).go({ response: 'all_old' })).data as Person,
      query: async team => people((await person.query.primary({ team }).go()).data),
      queryByBadge: async badge => people((await person.query.byBadge({ badge }).go()).data),
      scan: async () => people((await person.scan.go({ pages: 'all' })).data),
      pages: async team => {
        const found: Person[] = []
        let cursor: string | null = null
        do {
          const page: { data: unknown; cursor: string | null } = await person.query
            .primary({ team })
            .go({ limit: 1, cursor })
          found.push(...people(page.data))
          cursor = page.cursor
        } while (cursor !== null)
        return found
      },
      batchPut: all => person.put(all.map(given)).go(),
      batchGet: async keys => people((await person.get([...keys]).go()).data),
      transactPut: async all => {
        const { canceled } = await service.transaction
          .write(({ person }) => all.map(one => person.put(given(one)).commit()))
          .go()
        if (canceled) throw new Error('The transaction was canceled.')
      },
      transactGet: async keys => {
        const { data } = await service.transaction
          .get(({ person }) => keys.map(key => person.get(key).commit()))
          .go()
        return people(data.map(({ item }) => item))
      },
      create: one => person.create(given(one)).go(),
      findByEmail: async (team, email) => {
        const query = person.query
          .primary({ team })
          .where((attributes, { eq }) => eq(attributes.email, email))
        return people((await query.go()).data)
      },
    }
  },
  kinds: {
    attribute: '__edb_e__',
    update: 'works',
    changed: 'not handed out',
    connect(world, region, table) {
      const client = sealedClient(world, region).declare(...kindDeclarations(table, '__edb_e__'))
      const person = personEntity(client, table)
      const task = taskEntity(client, table)
      return {
        person: {
          put: one => person.put(given(one)).go(),
          get: async key => ((await person.get(key).go()).data ?? undefined) as Person | undefined,
          setEmail: (key, email) => person.update(key).set({ email }).go(),
        },
        task: {
          put: one => task.put(one).go(),
          get: async key => (await task.get(key).go()).data ?? undefined,
        },
      }
    },
  },
}

/** What it takes may be changed. */
const given = (person: Person) =>
  structuredClone(person) as Person & { cards: { number: string; brand: string }[] }

function personEntity(client: DynamoDBDocumentClient, table: string) {
  return new Entity(
    {
      model: { entity: 'person', version: '1', service: 'staff' },
      attributes: {
        team: { type: 'string', required: true },
        id: { type: 'string', required: true },
        badge: { type: 'string', required: true },
        visits: { type: 'number', required: true },
        email: { type: 'string', required: true },
        address: {
          type: 'map',
          required: true,
          properties: { street: { type: 'string' }, city: { type: 'string' } },
        },
        cards: {
          type: 'list',
          required: true,
          items: { type: 'map', properties: { number: { type: 'string' }, brand: { type: 'string' } } },
        },
        tags: { type: 'any', required: true },
      },
      indexes: {
        primary: { pk: { field: 'pk', composite: ['team'] }, sk: { field: 'sk', composite: ['id'] } },
        byBadge: { index: 'byGsi', pk: { field: 'gsi', composite: ['badge'] } },
      },
    },
    { client, table },
  )
}

function taskEntity(client: DynamoDBDocumentClient, table: string) {
  return new Entity(
    {
      model: { entity: 'task', version: '1', service: 'staff' },
      attributes: {
        team: { type: 'string', required: true },
        id: { type: 'string', required: true },
        email: { type: 'string', required: true },
      },
      indexes: {
        primary: { pk: { field: 'pk', composite: ['team'] }, sk: { field: 'sk', composite: ['id'] } },
      },
    },
    { client, table },
  )
}
