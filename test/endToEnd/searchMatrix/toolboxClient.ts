import { DynamoDBClient } from '@aws-sdk/client-dynamodb'
import { DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb'
import { encrypted, sealDocumentClient, search, token } from '@dynaseal/toolbox'
import {
  $remove,
  BatchDeleteRequest,
  BatchGetCommand,
  BatchGetRequest,
  BatchPutRequest,
  BatchWriteCommand,
  ConditionCheck,
  DeleteItemCommand,
  DeleteTransaction,
  Entity,
  executeBatchGet,
  executeBatchWrite,
  executeTransactGet,
  executeTransactWrite,
  GetItemCommand,
  GetTransaction,
  item,
  PutItemCommand,
  PutTransaction,
  QueryCommand,
  ScanCommand,
  string,
  Table,
  UpdateItemCommand,
  UpdateTransaction,
} from 'dynamodb-toolbox'
import { type Buildable, type Command, on } from '../matrix/loose.js'
import type { Change, ClientKind, When } from './client.js'
import type { Person } from './places.js'

/** An entity with a schema. */
export const toolbox: ClientKind = {
  name: 'an entity of dynamodb-toolbox',
  setsKeys: false,
  errorName: 'ToolboxError',
  connect(world, region, { table: name, place, format }) {
    const documentClient = sealDocumentClient(
      DynamoDBDocumentClient.from(new DynamoDBClient(world.config(region))),
      format.options(world, region),
    )
    const text = (attribute: string) => ({ name: attribute, type: 'string' }) as const
    const table = new Table({
      documentClient,
      name,
      partitionKey: text('pk'),
      sortKey: text('sk'),
      indexes: {
        byToken: { type: 'global', partitionKey: text(format.token) },
        inTeam: { type: 'global', partitionKey: text('team'), sortKey: text(format.token) },
        inPartition: { type: 'local', sortKey: text(format.token) },
      },
    })
    const Person = new Entity({
      name: 'Person',
      table,
      timestamps: false,
      schema: item({
        ...(place.key !== 'pk' && { pk: string().key() }),
        ...(place.key !== 'sk' && { sk: string().key() }),
        team: string(),
        email: place.key === undefined ? encrypted(string()).optional() : encrypted(string()).key(),
        emailFound: token('email', {
          savedAs: place.key ?? format.token,
          bits: place.bits[format.makes],
          ...(format.normalize && { normalize: format.normalize }),
        }),
        diary: encrypted(string()),
      }),
      ...(place.key !== undefined && {
        computeKey: ({ pk, sk, email }: Person) =>
          place.key === 'pk' ? { pk: search(email!), sk } : { pk, sk: search(email!) },
      }),
    } as never) as unknown as Buildable
    documentClient.register(Person as never)

    const keyOf = ({ pk, sk, email }: Person) => ({
      ...(pk !== undefined && { pk }),
      ...(sk !== undefined && { sk }),
      ...(place.key !== undefined && { email }),
    })
    const searched = (email: string) => ({ attr: 'emailFound', eq: search(email) })
    const given = (command: Command, when: When) =>
      when === undefined ? command : command.options({ condition: searched(when) })
    const changed = (at: Person, { email, diary }: Change) => ({
      ...keyOf(at),
      ...(email !== undefined && { email: email ?? $remove() }),
      ...(diary !== undefined && { diary }),
    })
    const putOf = (action: unknown, person: Person, when: When) =>
      given(on(Person, action).item({ ...person }), when)
    const updateOf = (action: unknown, at: Person, change: Change, when: When) =>
      given(on(Person, action).item(changed(at, change)), when)
    const deleteOf = (action: unknown, at: Person, when: When) =>
      given(on(Person, action).key(keyOf(at)), when)
    const tableCommand = (action: unknown) => on(table as unknown as Buildable, action)
    const present = (items: unknown[] = []) => items.filter(each => each !== undefined)

    return {
      put: async (person, when) => putOf(PutItemCommand, person, when).send(),
      get: async at =>
        (await on(Person, GetItemCommand).key(keyOf(at)).options({ consistent: true }).send()).Item,
      async query({ index, key: [partition, range], filter }) {
        const { Items } = await tableCommand(QueryCommand)
          .entities(Person)
          .query({
            partition: partition?.[1],
            ...(index !== undefined && { index }),
            ...(range !== undefined && { range: { eq: range[1] } }),
          })
          .options(filter === undefined ? {} : { filters: { Person: { attr: 'emailFound', eq: filter[1] } } })
          .send()
        return Items as unknown[]
      },
      async scan(email) {
        const { Items } = await tableCommand(ScanCommand)
          .entities(Person)
          .options({ filters: { Person: searched(email) } })
          .send()
        return Items as unknown[]
      },
      update: async (at, change, when) => updateOf(UpdateItemCommand, at, change, when).send(),
      delete: async (at, when) => deleteOf(DeleteItemCommand, at, when).send(),
      async batchGet(...people) {
        const requests = people.map(at => on(Person, BatchGetRequest).key(keyOf(at)))
        const { Responses } = await executeBatchGet(
          tableCommand(BatchGetCommand)
            .requests(...requests)
            .options({ consistent: true }) as never,
        )
        return present((Responses as unknown[][])[0])
      },
      batchWrite: async (put, remove) =>
        executeBatchWrite(
          tableCommand(BatchWriteCommand).requests(
            ...put.map(person => on(Person, BatchPutRequest).item({ ...person })),
            ...remove.map(at => on(Person, BatchDeleteRequest).key(keyOf(at))),
          ) as never,
        ),
      async transactGet(...people) {
        const { Responses } = await executeTransactGet(
          ...(people.map(at => on(Person, GetTransaction).key(keyOf(at))) as never[]),
        )
        return present((Responses as { Item?: unknown }[]).map(({ Item }) => Item))
      },
      transactPut: async (person, when) => executeTransactWrite(putOf(PutTransaction, person, when) as never),
      transactUpdate: async (at, change, when) =>
        executeTransactWrite(updateOf(UpdateTransaction, at, change, when) as never),
      transactDelete: async (at, when) =>
        executeTransactWrite(deleteOf(DeleteTransaction, at, when) as never),
      transactCheck: async (at, when) =>
        executeTransactWrite(
          on(Person, ConditionCheck)
            .key(keyOf(at))
            .condition(when === undefined ? { attr: 'team', exists: true } : searched(when)) as never,
        ),
    }
  },
}
