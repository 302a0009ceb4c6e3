import { DynamoDBClient } from '@aws-sdk/client-dynamodb'
import {
  BatchGetCommand,
  BatchWriteCommand,
  DeleteCommand,
  DynamoDBDocumentClient,
  GetCommand,
  PutCommand,
  QueryCommand,
  ScanCommand,
  TransactGetCommand,
  TransactWriteCommand,
  UpdateCommand,
} from '@aws-sdk/lib-dynamodb'
import { sealDocumentClient, search } from '@dynaseal/document-client'
import type { Change, ClientKind, When } from './client.js'
import type { Equation, Person } from './places.js'

/** A table that is declared, without a schema. */
export const declared: ClientKind = {
  name: 'a declared table',
  setsKeys: true,
  errorName: 'DocumentClientError',
  connect(world, region, { table: TableName, place, format }) {
    const token = place.key ?? format.token
    const client = sealDocumentClient(
      DynamoDBDocumentClient.from(new DynamoDBClient(world.config(region))),
      format.options(world, region),
    )
    const indexKeys = { byToken: [token], inTeam: ['team', token], inPartition: ['pk', token] }
    client.declare({
      table: TableName,
      key: ['pk', 'sk'],
      encrypted: ['email', 'diary'],
      ...(place.index && { indexKeys: { [place.index]: indexKeys[place.index] } }),
      tokens: {
        [token]: {
          of: 'email',
          bits: place.bits[format.makes],
          ...(format.normalize && { normalize: format.normalize }),
        },
      },
    })

    const keyOf = ({ pk, sk, email }: Person) => ({
      pk: place.key === 'pk' ? search(email!) : pk,
      sk: place.key === 'sk' ? search(email!) : sk,
    })
    const condition = (when: When) =>
      when === undefined
        ? {}
        : { ConditionExpression: `${token} = :when`, ...valuesOf([':when', search(when)]) }
    const putOf = (Item: Person, when: When) => ({ TableName, Item: { ...Item }, ...condition(when) })
    const at = (person: Person, when: When) => ({ TableName, Key: keyOf(person), ...condition(when) })
    const updateOf = (person: Person, { email, diary }: Change, when: When) => ({
      ...at(person, when),
      UpdateExpression: [
        ...(email === null ? ['REMOVE email'] : email === undefined ? [] : ['SET email = :email']),
        ...(diary === undefined ? [] : ['SET diary = :diary']),
      ].join(' '),
      ...valuesOf([':email', email ?? undefined], [':diary', diary], [':when', when && search(when)]),
    })
    const write = (action: object) =>
      client.send(new TransactWriteCommand({ TransactItems: [action as { Put: never }] }))

    return {
      put: (person, when) => client.send(new PutCommand(putOf(person, when))),
      get: async person =>
        (await client.send(new GetCommand({ ...at(person, undefined), ConsistentRead: true }))).Item,
      async query({ index, key, filter }) {
        const all = [...key, ...(filter === undefined ? [] : [filter])]
        const expression = (equations: readonly Equation[]) =>
          equations.map(equation => `${equation[0]} = :${all.indexOf(equation)}`).join(' AND ')
        const { Items = [] } = await client.send(
          new QueryCommand({
            TableName,
            ...(index !== undefined && { IndexName: index }),
            KeyConditionExpression: expression(key),
            ...(filter !== undefined && { FilterExpression: expression([filter]) }),
            ...valuesOf(...all.map(([, value], number) => [`:${number}`, value] as const)),
          }),
        )
        return Items
      },
      async scan(email) {
        const { Items = [] } = await client.send(
          new ScanCommand({
            TableName,
            FilterExpression: `${token} = :email`,
            ...valuesOf([':email', search(email)]),
          }),
        )
        return Items
      },
      update: (person, change, when) => client.send(new UpdateCommand(updateOf(person, change, when))),
      delete: (person, when) => client.send(new DeleteCommand(at(person, when))),
      async batchGet(...people) {
        const { Responses } = await client.send(
          new BatchGetCommand({
            RequestItems: { [TableName]: { Keys: people.map(keyOf), ConsistentRead: true } },
          }),
        )
        return Responses?.[TableName] ?? []
      },
      batchWrite: (put, remove) =>
        client.send(
          new BatchWriteCommand({
            RequestItems: {
              [TableName]: [
                ...put.map(person => ({ PutRequest: { Item: { ...person } } })),
                ...remove.map(person => ({ DeleteRequest: { Key: keyOf(person) } })),
              ],
            },
          }),
        ),
      async transactGet(...people) {
        const { Responses = [] } = await client.send(
          new TransactGetCommand({
            TransactItems: people.map(person => ({ Get: { TableName, Key: keyOf(person) } })),
          }),
        )
        return Responses.flatMap(({ Item }) => (Item === undefined ? [] : [Item]))
      },
      transactPut: (person, when) => write({ Put: putOf(person, when) }),
      transactUpdate: (person, change, when) => write({ Update: updateOf(person, change, when) }),
      transactDelete: (person, when) => write({ Delete: at(person, when) }),
      transactCheck: (person, when) =>
        write({
          ConditionCheck:
            when === undefined
              ? { ...at(person, when), ConditionExpression: 'attribute_exists(pk)' }
              : at(person, when),
        }),
    }
  },
}

function valuesOf(...values: (readonly [name: string, value: unknown])[]) {
  const given = values.filter(([, value]) => value !== undefined)
  return given.length === 0 ? {} : { ExpressionAttributeValues: Object.fromEntries(given) }
}
