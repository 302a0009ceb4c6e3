import { DynamoDBClient } from '@aws-sdk/client-dynamodb'
import { DynamoDBDocument, paginateQuery, paginateScan } from '@aws-sdk/lib-dynamodb'
import { sealDocumentClient } from '@dynaseal/document-client'
import type { World } from '../support/world.js'
import { declaration, type Key, kindDeclarations, type Library, type Person } from './mapper.js'

type Stored = Person & { pk: string; sk: string; gsi: string }

const keyOf = ({ team, id }: Key) => ({ pk: team, sk: id })
const itemOf = (person: Person) => ({ ...person, ...keyOf(person), gsi: person.badge })
const personOf = (item: unknown): Person => {
  const { pk: _, sk: __, gsi: ___, ...person } = item as Stored
  return person
}
const people = (items: readonly unknown[] | undefined) => (items ?? []).map(personOf)

function sealedClient(world: World, region: string) {
  const client = DynamoDBDocument.from(new DynamoDBClient(world.config(region)))
  return sealDocumentClient(client, { keyring: world.keyring(region) })
}

export const libDynamodb: Library = {
  name: '@aws-sdk/lib-dynamodb',
  client: 'sealDocumentClient',
  connect(world, region, TableName) {
    const client = sealedClient(world, region).declare(declaration(TableName))
    const ofTeam = (team: string) => ({
      TableName,
      KeyConditionExpression: 'pk = :team',
      ExpressionAttributeValues: { ':team': team },
    })
    const collect = async (pages: AsyncIterable<{ Items?: Record<string, unknown>[] | undefined }>) => {
      const found: Person[] = []
      for await (const { Items } of pages) found.push(...people(Items))
      return found
    }
    const update = (key: Key, UpdateExpression: string, value: unknown) =>
      client.update({
        TableName,
        Key: keyOf(key),
        UpdateExpression,
        ExpressionAttributeValues: { ':value': value },
      })
    return {
      put: person => client.put({ TableName, Item: itemOf(person) }),
      get: async key => {
        const { Item } = await client.get({ TableName, Key: keyOf(key) })
        return Item === undefined ? undefined : personOf(Item)
      },
      setEmail: (key, email) => update(key, 'SET email = :value', email),
      setStreet: (key, street) => update(key, 'SET address.street = :value', street),
      appendCard: (key, card) => update(key, 'SET cards = list_append(cards, :value)', [card]),
      addVisit: key => update(key, 'ADD visits :value', 1),
      remove: async key => {
        const { Attributes } = await client.delete({ TableName, Key: keyOf(key), ReturnValues: 'ALL_OLD' })
        return personOf(Attributes)
      },
      query: async team => people((await client.query(ofTeam(team))).Items),
      queryByBadge: async badge => {
        const { Items } = await client.query({
          TableName,
          IndexName: 'byGsi',
          KeyConditionExpression: 'gsi = :badge',
          ExpressionAttributeValues: { ':badge': badge },
        })
        return people(Items)
      },
      scan: () => collect(paginateScan({ client }, { TableName })),
      pages: team => collect(paginateQuery({ client, pageSize: 1 }, ofTeam(team))),
      batchPut: all =>
        client.batchWrite({
          RequestItems: { [TableName]: all.map(person => ({ PutRequest: { Item: itemOf(person) } })) },
        }),
      batchGet: async keys => {
        const { Responses } = await client.batchGet({
          RequestItems: { [TableName]: { Keys: keys.map(keyOf) } },
        })
        return people(Responses?.[TableName])
      },
      transactPut: all =>
        client.transactWrite({
          TransactItems: all.map(person => ({ Put: { TableName, Item: itemOf(person) } })),
        }),
      transactGet: async keys => {
        const { Responses } = await client.transactGet({
          TransactItems: keys.map(key => ({ Get: { TableName, Key: keyOf(key) } })),
        })
        return people(Responses?.map(({ Item }) => Item))
      },
      create: person =>
        client.put({ TableName, Item: itemOf(person), ConditionExpression: 'attribute_not_exists(pk)' }),
      findByEmail: async (team, email) => {
        const { ExpressionAttributeValues, ...query } = ofTeam(team)
        const { Items } = await client.query({
          ...query,
          FilterExpression: 'email = :email',
          ExpressionAttributeValues: { ...ExpressionAttributeValues, ':email': email },
        })
        return people(Items)
      },
    }
  },
  kinds: {
    attribute: 'kind',
    update: 'with a condition on it',
    changed: 'handed out: compare it',
    connect(world, region, TableName) {
      const client = sealedClient(world, region).declare(...kindDeclarations(TableName, 'kind'))
      const get = async (key: Key) => {
        const { Item } = await client.get({ TableName, Key: keyOf(key) })
        const { kind: _, ...item } = Item ?? {}
        return personOf(item)
      }
      return {
        person: {
          put: one => client.put({ TableName, Item: { ...itemOf(one), kind: 'person' } }),
          get,
          setEmail: (key, email) =>
            client.update({
              TableName,
              Key: keyOf(key),
              UpdateExpression: 'SET email = :email',
              ConditionExpression: 'kind = :kind',
              ExpressionAttributeValues: { ':email': email, ':kind': 'person' },
            }),
        },
        task: {
          put: task => client.put({ TableName, Item: { ...task, ...keyOf(task), kind: 'task' } }),
          get,
        },
      }
    },
  },
}
