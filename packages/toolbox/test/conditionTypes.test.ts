import {
  anyOf,
  ConditionCheck,
  DeleteItemCommand,
  DeletePartitionCommand,
  DeleteTransaction,
  Entity,
  EntityAccessPattern,
  item,
  list,
  map,
  number,
  PutItemCommand,
  PutTransaction,
  QueryCommand,
  record,
  ScanCommand,
  string,
  Table,
  TableAccessPattern,
  UpdateAttributesCommand,
  UpdateItemCommand,
  UpdateTransaction,
} from 'dynamodb-toolbox'
import { expect, expectTypeOf, test } from 'vitest'
import { encrypted } from '../src/index.js'

const table = new Table({ name: 'users', partitionKey: { name: 'id', type: 'string' } })
const User = new Entity({
  name: 'User',
  table,
  schema: item({
    id: string().key(),
    plain: string(),
    secret: encrypted(string()),
    amount: encrypted(number()).optional(),
    address: encrypted(map({ city: string() })),
    nested: map({ open: string(), shut: encrypted(string()) }),
    entries: list(map({ open: string(), shut: encrypted(string()) })),
    byName: record(string(), encrypted(string())),
    either: anyOf(map({ kind: string().const('a'), x: number() }), map({ kind: string().const('b') })),
  }),
})
const Plain = new Entity({ name: 'Plain', table, schema: item({ id: string().key(), note: string() }) })

test('what can be tested is accepted at compile time, and keeps its type', () => {
  const accepted = {
    and: [
      { attr: 'secret', exists: true },
      { attr: 'plain', eq: 'x' },
      { attr: 'nested.open', eq: 'o' },
    ],
  } as const
  const commands = [
    User.build(PutItemCommand).options({ condition: { attr: 'plain', eq: 'x' }, returnValues: 'ALL_OLD' })
      .send,
    User.build(UpdateItemCommand).options({ condition: { attr: 'secret', exists: true } }).send,
    User.build(UpdateItemCommand).options({ condition: { and: [...accepted.and] } }).send,
    User.build(UpdateItemCommand).options({ condition: { attr: 'entries[0].open', beginsWith: 'x' } }).send,
    User.build(UpdateAttributesCommand).options({ returnValues: 'ALL_NEW' }).send,
    User.build(DeleteItemCommand).options({ condition: { not: { attr: 'address', exists: false } } }).send,
    User.build(PutTransaction).options({ condition: { attr: 'plain', eq: 'x' } }).params,
    User.build(UpdateTransaction).options({ condition: { attr: 'plain', eq: 'x' } }).params,
    User.build(DeleteTransaction).options({ condition: { attr: 'plain', eq: 'x' } }).params,
    User.build(ConditionCheck).condition({ attr: 'secret', exists: true }).params,
    table
      .build(QueryCommand)
      .entities(User, Plain)
      .query({ partition: 'x' })
      .options({ filters: { User: { attr: 'plain', eq: 'x' }, Plain: { attr: 'note', eq: 'x' } } }).send,
    table
      .build(ScanCommand)
      .entities(User)
      .options({ filters: { User: { attr: 'secret', exists: true } }, limit: 3 }).send,
    table
      .build(ScanCommand)
      .entities(Plain)
      .options({ filters: { Plain: { attr: 'note', eq: 'x' } } }).send,
    table
      .build(DeletePartitionCommand)
      .entities(User)
      .query({ partition: 'x' })
      .options({ filters: { User: { attr: 'secret', exists: true } } }).send,
    User.build(EntityAccessPattern)
      .schema(string())
      .pattern(partition => ({ partition }))
      .options({ filters: { User: { attr: 'plain', eq: 'x' } }, limit: 1 }).query,
    table
      .build(TableAccessPattern)
      .entities(User, Plain)
      .schema(string())
      .pattern(partition => ({ partition }))
      .options({ filters: { Plain: { attr: 'note', eq: 'x' } } }).query,
  ]
  for (const command of commands) expect(command).toBeTypeOf('function')
})

test('what cannot be tested is a type error: the result has no send()', () => {
  const put = User.build(PutItemCommand)
  const update = User.build(UpdateItemCommand)
  const query = table.build(QueryCommand).entities(User).query({ partition: 'x' })
  const scan = table.build(ScanCommand).entities(Plain, User)
  const secret = { attr: 'secret', eq: 'x' } as const
  const deep = { not: { or: [{ attr: 'plain', eq: 'x' }, secret] } } as const

  expectTypeOf(put.options({ condition: { attr: 'secret', eq: 'x' } })).not.toHaveProperty('send')
  expectTypeOf(put.options({ condition: { attr: 'amount', gt: 1 } })).not.toHaveProperty('send')
  expectTypeOf(put.options({ condition: { size: 'secret', gt: 1 } })).not.toHaveProperty('send')
  expectTypeOf(update.options({ condition: { attr: 'address.city', eq: 'x' } })).not.toHaveProperty('send')
  expectTypeOf(update.options({ condition: { attr: 'nested.shut', beginsWith: 'x' } })).not.toHaveProperty(
    'send',
  )
  expectTypeOf(update.options({ condition: { attr: 'entries[0].shut', eq: 'x' } })).not.toHaveProperty('send')
  expectTypeOf(update.options({ condition: { attr: 'byName.key', eq: 'x' } })).not.toHaveProperty('send')
  expectTypeOf(
    User.build(DeleteItemCommand).options({ condition: { not: { or: [...deep.not.or] } } }),
  ).not.toHaveProperty('send')
  expectTypeOf(User.build(UpdateAttributesCommand).options({ condition: secret })).not.toHaveProperty('send')
  expectTypeOf(User.build(PutTransaction).options({ condition: secret })).not.toHaveProperty('params')
  expectTypeOf(User.build(UpdateTransaction).options({ condition: secret })).not.toHaveProperty('params')
  expectTypeOf(User.build(DeleteTransaction).options({ condition: secret })).not.toHaveProperty('params')
  expectTypeOf(User.build(ConditionCheck).condition(secret)).not.toHaveProperty('params')
  expectTypeOf(query.options({ filters: { User: secret } })).not.toHaveProperty('send')
  expectTypeOf(
    scan.options({ filters: { User: secret, Plain: { attr: 'note', eq: 'x' } } }),
  ).not.toHaveProperty('send')
  const deletion = table.build(DeletePartitionCommand).entities(User).query({ partition: 'x' })
  expectTypeOf(deletion.options({ filters: { User: secret } })).not.toHaveProperty('send')
  const ofUser = User.build(EntityAccessPattern)
    .schema(string())
    .pattern(partition => ({ partition }))
  expectTypeOf(ofUser.options({ filters: { User: secret } })).not.toHaveProperty('query')
  const ofBoth = table
    .build(TableAccessPattern)
    .entities(User, Plain)
    .schema(string())
    .pattern(partition => ({ partition }))
  expectTypeOf(ofBoth.options({ filters: { User: secret } })).not.toHaveProperty('query')
})
