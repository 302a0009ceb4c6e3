import { encrypted, type sealDocumentClient } from '@dynaseal/toolbox'
import {
  $add,
  type Condition,
  DeleteItemCommand,
  DeletePartitionCommand,
  Entity,
  EntityAccessPattern,
  EntityRepository,
  executeTransactWrite,
  item,
  number,
  PutItemCommand,
  type PutItemOptions,
  PutTransaction,
  QueryCommand,
  ScanCommand,
  set,
  string,
  Table,
  TableRepository,
  UpdateAttributesCommand,
  UpdateItemCommand,
  type UpdateItemInput,
  UpdateTransaction,
} from 'dynamodb-toolbox'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { createWorld, EAST, type World } from '../support/world.js'

let world: World
let documentClient: ReturnType<typeof sealDocumentClient>

beforeAll(async () => {
  world = await createWorld()
  await world.createTable('users')
  documentClient = world.sealedClient(EAST)
  Users.documentClient = documentClient
  documentClient.register(User)
})
afterAll(() => world.stop())

const Users = new Table({
  name: 'users',
  partitionKey: { name: 'pk', type: 'string' },
  sortKey: { name: 'sk', type: 'string' },
})
const User = new Entity({
  name: 'User',
  table: Users,
  schema: item({
    pk: string().key(),
    sk: string().key(),
    ssn: encrypted(string()),
    amount: encrypted(number()).optional(),
    tags: encrypted(set(string())).optional(),
  }),
})
const key = { pk: 'a', sk: '1' }
const user = { ...key, ssn: 'x' }
const onSsn = (): Condition<typeof User> => ({ attr: 'ssn', eq: 'secret' })
const condition = onSsn()
const filters = { User: condition }

/** As somebody writes it who does not know which attributes are encrypted. */
const putAny = <ENTITY extends Entity>(entity: ENTITY, given: unknown, options: PutItemOptions<ENTITY>) =>
  entity
    .build(PutItemCommand)
    .item(given as never)
    .options(options)
    .send()

describe('a condition that no type refuses is refused before anything is sent', () => {
  test.each<[string, () => Promise<unknown>]>([
    ['in a variable', () => User.build(DeleteItemCommand).key(key).options({ condition }).send()],
    [
      'among others',
      () =>
        User.build(DeleteItemCommand)
          .key(key)
          .options({ condition: { and: [{ attr: 'pk', exists: true }, condition] } })
          .send(),
    ],
    [
      'in a function',
      () =>
        User.build(DeleteItemCommand)
          .key(key)
          .options(() => ({ condition }))
          .send(),
    ],
    ['of a constructor', () => new PutItemCommand(User, user, { condition }).send()],
    ['of a constructor of an update', () => new UpdateItemCommand(User, user, { condition }).send()],
    ['of a constructor of a deletion', () => new DeleteItemCommand(User, key, { condition }).send()],
    [
      'of a constructor of a query',
      () => new QueryCommand(Users, [User], { partition: 'a' }, { filters } as never).send(),
    ],
    ['of a constructor of a scan', () => new ScanCommand(Users, [User], { filters } as never).send()],
    ['of a transaction', () => executeTransactWrite(new PutTransaction(User, user, { condition }))],
    ['of a helper for any entity', () => putAny(User, user, { condition })],
    ['of a repository, put', () => User.build(EntityRepository).put(user, { condition })],
    ['of a repository, update', () => User.build(EntityRepository).update(user, { condition })],
    ['of a repository, delete', () => User.build(EntityRepository).delete(key, { condition })],
    [
      'of a repository, query',
      () => User.build(EntityRepository).query({ partition: 'a' }, { filters } as never),
    ],
    ['of a repository, scan', () => User.build(EntityRepository).scan({ filters } as never)],
    [
      'of a repository of a table',
      () =>
        Users.build(TableRepository)
          .entities(User)
          .query({ partition: 'a' }, { filters } as never),
    ],
    [
      'of an access pattern',
      () =>
        User.build(EntityAccessPattern)
          .schema(string())
          .pattern(partition => ({ partition }))
          .options(() => ({ filters }) as never)
          .query('a')
          .send(),
    ],
    [
      'of the deletion of a partition',
      () => new DeletePartitionCommand(Users, [User], { partition: 'a' }, { filters } as never).send(),
    ],
  ])('%s', async (_, send) => {
    const before = world.cloud.calls({ service: 'dynamodb' }).length
    await expect(send).rejects.toMatchObject({ name: 'ToolboxError', code: 'condition-refused' })
    expect(world.cloud.calls({ service: 'dynamodb' })).toHaveLength(before)
  })
})

describe('so is what would compute with ciphertext', () => {
  const inputs = { 'a number': { amount: $add(1) }, 'a set': { tags: $add(new Set(['x'])) } }
  test.each(Object.entries(inputs))('$add on %s', async (_, input) => {
    const given = { ...key, ...input } as unknown as UpdateItemInput<typeof User>
    const before = world.cloud.calls({ service: 'dynamodb' }).length
    for (const send of [
      () => User.build(UpdateItemCommand).item(given).send(),
      () => new UpdateAttributesCommand(User, given as never).send(),
      () => executeTransactWrite(User.build(UpdateTransaction).item(given)),
      () => User.build(EntityRepository).update(given),
    ])
      await expect(async () => send()).rejects.toMatchObject({ name: 'ToolboxError', code: 'update-refused' })
    expect(world.cloud.calls({ service: 'dynamodb' })).toHaveLength(before)
  })
})
