import {
  $add,
  $delete,
  $remove,
  type Condition,
  ConditionCheck,
  DeleteItemCommand,
  type DeleteItemOptions,
  DeleteTransaction,
  type DeleteTransactionOptions,
  Entity,
  EntityRepository,
  item,
  map,
  number,
  PutItemCommand,
  type PutItemInput,
  type PutItemOptions,
  PutTransaction,
  type PutTransactionOptions,
  QueryCommand,
  type QueryOptions,
  ScanCommand,
  type ScanOptions,
  type Schema,
  set,
  string,
  Table,
  UpdateAttributesCommand,
  type UpdateAttributesInput,
  type UpdateAttributesOptions,
  UpdateItemCommand,
  type UpdateItemInput,
  type UpdateItemOptions,
  UpdateTransaction,
  type UpdateTransactionOptions,
} from 'dynamodb-toolbox'
import { expectTypeOf, test } from 'vitest'
import { encrypted, type SealedDocumentClient } from '../src/index.js'

const table = new Table({ name: 'users', partitionKey: { name: 'id', type: 'string' } })
const schema = item({
  id: string().key(),
  plan: string(),
  ssn: encrypted(string()),
  amount: encrypted(number()).optional(),
  tags: encrypted(set(string())).optional(),
})
const User = new Entity({ name: 'User', table, schema })
type User = typeof User
const key = { id: '1' }
const user = { ...key, plan: 'x', ssn: 's' }

// Nothing of this is run: it is written as applications write it, and has to compile as it does without encryption.

test('conditions and options come in variables, parameters and return types of dynamodb-toolbox', () => {
  const onPlan = (plan: string): Condition<User> => ({ attr: 'plan', eq: plan })
  const uses = [
    () =>
      User.build(DeleteItemCommand)
        .key(key)
        .options({ condition: onPlan('x') })
        .send(),
    (options: PutItemOptions<User> = {}) => User.build(PutItemCommand).item(user).options(options).send(),
    (options: UpdateItemOptions<User>) => User.build(UpdateItemCommand).item(key).options(options).send(),
    (options: UpdateAttributesOptions<User>) =>
      User.build(UpdateAttributesCommand).item(key).options(options).send(),
    (options: DeleteItemOptions<User>) => User.build(DeleteItemCommand).key(key).options(options).send(),
    (options: PutTransactionOptions<User>) => User.build(PutTransaction).options(options).params(),
    (options: UpdateTransactionOptions<User>) => User.build(UpdateTransaction).options(options).params(),
    (options: DeleteTransactionOptions<User>) => User.build(DeleteTransaction).options(options).params(),
    (condition: Condition<User>) => User.build(ConditionCheck).condition(condition).params(),
    (options: QueryOptions<typeof table, [User]>) =>
      table.build(QueryCommand).entities(User).query({ partition: '1' }).options(options).send(),
    (options: ScanOptions<typeof table, [User]>) =>
      table.build(ScanCommand).entities(User).options(options).send(),
    (condition: Condition<User>) =>
      table
        .build(ScanCommand)
        .entities(User)
        .options({ filters: { User: condition } })
        .send(),
    (condition: Condition<User>) => User.build(EntityRepository).delete(key, { condition }),
    (options: PutItemOptions<User>) => User.build(EntityRepository).put(user, options),
  ]
  expectTypeOf(uses).toBeArray()
})

test('conditions are put together from others', () => {
  const command = User.build(DeleteItemCommand).key(key)
  const uses = [
    (other: Condition<User>) =>
      command.options({ condition: { and: [other, { attr: 'plan', eq: 'x' }] } }).send(),
    (other: Condition<User>) =>
      command.options({ condition: { not: { or: [{ attr: 'plan', eq: 'x' }, { and: [other] }] } } }).send(),
    (all: Condition<User>[]) => command.options({ condition: { or: all } }).send(),
    (other?: Condition<User>) => command.options({ ...(other && { condition: other }) }).send(),
  ]
  expectTypeOf(uses).toBeArray()
})

test('generic helpers and repositories take any entity and any schema', () => {
  const put = <ENTITY extends Entity>(
    entity: ENTITY,
    given: PutItemInput<ENTITY>,
    options: PutItemOptions<ENTITY>,
  ) => entity.build(PutItemCommand).item(given).options(options).send()
  const update = <ENTITY extends Entity>(
    entity: ENTITY,
    given: UpdateItemInput<ENTITY>,
    options: UpdateItemOptions<ENTITY>,
  ) => entity.build(UpdateItemCommand).item(given).options(options).send()
  class Repository<ENTITY extends Entity> {
    constructor(
      private readonly entity: ENTITY,
      client: SealedDocumentClient,
    ) {
      client.register(entity)
    }
    save(given: PutItemInput<ENTITY>, options: PutItemOptions<ENTITY>) {
      return this.entity.build(PutItemCommand).item(given).options(options).send()
    }
  }
  const seal = <SCHEMA extends Schema>(given: SCHEMA) => encrypted(given)
  const inMap = <SCHEMA extends Schema>(given: SCHEMA) => map({ inside: encrypted(given) })

  const uses = [
    () => put(User, user, { condition: { attr: 'plan', eq: 'x' } }),
    () => update(User, key, {}),
    (client: SealedDocumentClient) => new Repository(User, client).save(user, {}),
    () => item({ id: string().key(), ssn: seal(string()).optional(), deep: inMap(number()) }),
  ]
  expectTypeOf(uses).toBeArray()
})

test('what computes a key, or concerns the value, does not follow', () => {
  const annotated = encrypted(string())
  const chained = encrypted(number()).optional().savedAs('n').hidden().default(1)
  expectTypeOf(annotated).not.toHaveProperty('keyDefault')
  expectTypeOf(annotated).not.toHaveProperty('transform')
  expectTypeOf(annotated).not.toHaveProperty('validate')
  expectTypeOf(annotated).not.toHaveProperty('enum')
  expectTypeOf(chained).not.toHaveProperty('keyLink')
  expectTypeOf(chained).not.toHaveProperty('big')
  expectTypeOf(encrypted(map({ a: string() }))).not.toHaveProperty('pick')
})

test('what DynamoDB would compute with ciphertext is a type error', () => {
  const update = () => {
    User.build(UpdateItemCommand).item({ ...key, amount: 1, tags: new Set(['x']) })
    // @ts-expect-error it cannot be added to
    User.build(UpdateItemCommand).item({ ...key, amount: $add(1) })
    // @ts-expect-error nor can a set
    User.build(UpdateItemCommand).item({ ...key, tags: $add(new Set(['x'])) })
    // @ts-expect-error
    User.build(UpdateItemCommand).item({ ...key, tags: $delete(new Set(['x'])) })
    // @ts-expect-error
    User.build(UpdateAttributesCommand).item({ ...key, amount: $add(1) }).send
    // @ts-expect-error it takes what is of the type
    User.build(UpdateAttributesCommand).item({ ...key, amount: 'x' }).send
    User.build(UpdateAttributesCommand).item({ ...key, amount: 1, tags: $remove(), plan: 'x' }).send
    User.build(UpdateAttributesCommand).item({} as UpdateAttributesInput<User>).send
    // @ts-expect-error
    User.build(UpdateTransaction).item({ ...key, amount: $add(1) })
  }
  expectTypeOf(update).toBeFunction()
})
