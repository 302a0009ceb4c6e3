import { PendingSeal } from '@dynaseal/document-client/mapper'
import {
  any,
  Entity,
  item,
  list,
  map,
  PutItemCommand,
  record,
  string,
  Table,
  UpdateItemCommand,
} from 'dynamodb-toolbox'
import { expect, test } from 'vitest'
import { marshallAt } from '../../document-client/src/values/nativeValues.js'
import { encrypted } from '../src/index.js'
import { newRegistry } from './support/registry.js'

const table = new Table({ name: 'users', partitionKey: { name: 'id', type: 'string' } })
const User = new Entity({
  name: 'User',
  table,
  schema: item({
    id: string().key(),
    deep: encrypted(
      map({ lines: list(map({ extra: any().savedAs('e') })), byName: record(string(), any()).optional() }),
    ).optional(),
    when: encrypted(
      any().transform({ encode: (date: unknown) => (date as Date).toISOString(), decode: String }),
    ).optional(),
  }),
})
newRegistry().register(User)
const sent = (given: object) => {
  const { Item } = User.build(PutItemCommand)
    .item({ id: '1', ...given } as never)
    .params() as unknown as { Item: { deep: PendingSeal } }
  return () =>
    marshallAt(
      ['deep'],
      PendingSeal.plaintextOf(Item.deep) as never,
      undefined,
      PendingSeal.describeIn(Item.deep),
    )
}

test('the place is told by the schema, and keys of records are not', () => {
  expect(sent({ deep: { lines: [{ extra: [Number.NaN] }] } })).toThrow(
    "'deep', which is to be sealed, cannot be stored: at lines[n].extra stands a number that is not finite.",
  )
  expect(sent({ deep: { lines: [], byName: { secret: [Number.NaN] } } })).toThrow('at byName.* stands')
})

test('a date behind a transformer is a value like others in an update', () => {
  const { ExpressionAttributeValues } = User.build(UpdateItemCommand)
    .item({ id: '1', when: new Date(0) } as never)
    .params()
  const pending = Object.values(ExpressionAttributeValues ?? {}).find(value => value instanceof PendingSeal)
  expect(PendingSeal.plaintextOf(pending as PendingSeal)).toBe('1970-01-01T00:00:00.000Z')
})

test('what was parsed cannot be parsed again, and the error says so', () => {
  const { Item } = User.build(PutItemCommand)
    .item({ id: '1', when: new Date(0) } as never)
    .params()
  const again = () =>
    User.build(PutItemCommand)
      .item(Item as never)
      .params()
  expect(again).toThrow(/parsed cannot be parsed again: give the command the item as it was before/)
})
