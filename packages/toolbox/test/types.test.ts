import type { FormattedItem, InputItem } from 'dynamodb-toolbox'
import { boolean, Entity, item, list, map, number, set, string, Table } from 'dynamodb-toolbox'
import { expectTypeOf, test } from 'vitest'
import { encrypted } from '../src/encrypted.js'

const table = new Table({ name: 'users', partitionKey: { name: 'id', type: 'string' } })
const attributes = {
  text: string(),
  choice: string().enum('a', 'b').optional(),
  amount: number().default(1),
  address: map({ city: string(), zip: string().default('0') }),
  tags: set(string()),
  flags: list(boolean()),
}
const Plain = new Entity({ name: 'Plain', table, schema: item({ id: string().key(), ...attributes }) })
const Sealed = new Entity({
  name: 'Plain',
  table,
  schema: item({
    id: string().key(),
    text: encrypted(attributes.text),
    choice: encrypted(attributes.choice),
    amount: encrypted(attributes.amount),
    address: encrypted(attributes.address),
    tags: encrypted(attributes.tags),
    flags: encrypted(attributes.flags),
  }),
})

test('input and output types are those without encryption', () => {
  expectTypeOf<InputItem<typeof Sealed>>().toEqualTypeOf<InputItem<typeof Plain>>()
  expectTypeOf<FormattedItem<typeof Sealed>>().toEqualTypeOf<FormattedItem<typeof Plain>>()
})

test('schemas written in place infer as well', () => {
  const Inline = new Entity({
    name: 'Plain',
    table,
    schema: item({
      id: string().key(),
      text: encrypted(string()),
      choice: encrypted(string().enum('a', 'b').optional()),
      amount: encrypted(number().default(1)),
      address: encrypted(map({ city: string(), zip: string().default('0') })),
      tags: encrypted(set(string())),
      flags: encrypted(list(boolean())),
    }),
  })
  expectTypeOf<InputItem<typeof Inline>>().toEqualTypeOf<InputItem<typeof Plain>>()
  expectTypeOf<FormattedItem<typeof Inline>>().toEqualTypeOf<FormattedItem<typeof Plain>>()
})

test('props can follow', () => {
  const Chained = new Entity({
    name: 'Chained',
    table,
    schema: item({ id: string().key(), text: encrypted(string()).optional().savedAs('t') }),
  })
  expectTypeOf<FormattedItem<typeof Chained>['text']>().toEqualTypeOf<string | undefined>()
})

test('a key is a type error that says why', () => {
  const annotate = () => {
    // @ts-expect-error A key attribute cannot be encrypted
    encrypted(string().key())
  }
  expectTypeOf(annotate).toBeFunction()
})
