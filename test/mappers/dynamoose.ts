import { DynamoDB } from '@aws-sdk/client-dynamodb'
import { sealDynamoDBClient } from '@dynaseal/document-client'
import dynamoose from 'dynamoose'
import type { World } from '../support/world.js'
import { declaration, type Key, kindDeclarations, type Library, type Person } from './mapper.js'

const keyOf = ({ team, id }: Key) => ({ pk: team, sk: id })
const itemOf = ({ team, id, badge, ...person }: Person) => ({
  ...structuredClone(person),
  ...keyOf({ team, id }),
  gsi: badge,
})
const personOf = (item: object): Person => {
  const { pk, sk, gsi, ...person } = { ...item } as Person & { pk: string; sk: string; gsi: string }
  return { ...person, team: pk, id: sk, badge: gsi }
}
const people = (items: Iterable<object>) => Array.from(items, personOf)
function sealedClient(world: World, region: string) {
  return sealDynamoDBClient(new DynamoDB(world.config(region)), { keyring: world.keyring(region) })
}

function modelOf(client: DynamoDB, table: string, name: string) {
  const instance = new dynamoose.Instance()
  instance.aws.ddb.set(client)
  const schema = new dynamoose.Schema({
    pk: { type: String, hashKey: true },
    sk: { type: String, rangeKey: true },
    gsi: { type: String, index: { name: 'byGsi', type: 'global' } },
    kind: String,
    visits: Number,
    email: String,
    address: { type: Object, schema: { street: String, city: String } },
    cards: { type: Array, schema: [{ type: Object, schema: { number: String, brand: String } }] },
    tags: { type: Object, schema: { first: String, second: String } },
  })
  const Model = dynamoose.model(`${table}-${name}`, schema)
  new instance.Table(table, [Model], { create: false, waitForActive: false, update: false })
  return Model
}

export const dynamooseLibrary: Library = {
  name: 'dynamoose',
  client: 'sealDynamoDBClient',
  connect(world, region, table) {
    const client = sealedClient(world, region).declare(declaration(table))
    const Model = modelOf(client, table, region)

    return {
      put: async person => new Model(itemOf(person)).save(),
      get: async key => {
        const item = await Model.get(keyOf(key))
        return item === undefined ? undefined : personOf(item)
      },
      setEmail: (key, email) => Model.update(keyOf(key), { email }),
      setStreet: (key, street) => Model.update(keyOf(key), { 'address.street': street } as never),
      appendCard: (key, card) => Model.update(keyOf(key), { $ADD: { cards: [card] } } as never),
      addVisit: key => Model.update(keyOf(key), { $ADD: { visits: 1 } } as never),
      query: async team => people(await Model.query('pk').eq(team).exec()),
      queryByBadge: async badge => people(await Model.query('gsi').eq(badge).using('byGsi').exec()),
      scan: async () => people(await Model.scan().all().exec()),
      pages: async team => {
        const found: Person[] = []
        let last: object | undefined
        do {
          const query = Model.query('pk').eq(team).limit(1)
          const page = await (last === undefined ? query : query.startAt(last as never)).exec()
          found.push(...people(page))
          last = page.lastKey as object | undefined
        } while (last !== undefined)
        return found
      },
      batchPut: all => Model.batchPut(all.map(itemOf)),
      batchGet: async keys => people(await Model.batchGet(keys.map(keyOf))),
      transactPut: all => dynamoose.transaction(all.map(person => Model.transaction.create(itemOf(person)))),
      transactGet: async keys =>
        people(await dynamoose.transaction(keys.map(key => Model.transaction.get(keyOf(key))))),
      create: person => Model.create(itemOf(person)),
      findByEmail: async (team, email) =>
        people(await Model.query('pk').eq(team).where('email').eq(email).exec()),
    }
  },
  kinds: {
    attribute: 'kind',
    update: 'with a condition on it',
    changed: 'handed out: compare it',
    connect(world, region, table) {
      const client = sealedClient(world, region).declare(...kindDeclarations(table, 'kind'))
      const Model = modelOf(client, table, region)
      return {
        person: {
          put: one => Model.create({ ...itemOf(one), kind: 'person' }),
          get: async key => {
            const { kind: _, ...person } = personOf(await Model.get(keyOf(key))) as Person & { kind: string }
            return person
          },
          setEmail: (key, email) =>
            Model.update(keyOf(key), { email }, { condition: new dynamoose.Condition('kind').eq('person') }),
        },
        task: {
          put: ({ email, ...key }) => Model.create({ ...keyOf(key), email, kind: 'task' }),
          get: async key => personOf(await Model.get(keyOf(key))),
        },
      }
    },
  },
}
