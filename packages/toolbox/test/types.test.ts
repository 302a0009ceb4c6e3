import type { Condition, FormattedItem, InputItem } from 'dynamodb-toolbox'
import { boolean, Entity, item, list, map, number, set, string, Table } from 'dynamodb-toolbox'
import { describe, expect, expectTypeOf, test } from 'vitest'
import { encrypted, type SealedDocumentClient, search, token } from '../src/index.js'

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

describe('what DynamoDB or dynamodb-toolbox reads cannot be encrypted: registration is a type error that says so', () => {
  const shop = new Table({
    name: 'shop',
    partitionKey: { name: 'id', type: 'string' },
    sortKey: { name: 'sort', type: 'string' },
    indexes: {
      byStatus: { type: 'global', partitionKey: { name: 'status', type: 'string' } },
      bySize: { type: 'local', sortKey: { name: 'size', type: 'number' } },
    },
  })
  const keys = { id: string().key(), sort: string().key() }
  // Never run: it is the types that are looked at.
  type Order<ATTRIBUTES> = {
    entityName: 'Order'
    table: typeof shop
    schema: { attributes: typeof keys & ATTRIBUTES }
  }
  function entity<ATTRIBUTES>(_attributes: ATTRIBUTES): Order<ATTRIBUTES> {
    return {} as Order<ATTRIBUTES>
  }
  const register = (client: SealedDocumentClient<'expires'>) => {
    client.register(
      entity({ note: encrypted(string()), status: string(), size: number() }),
      entity({ inside: map({ status: encrypted(string()) }) }),
      entity({ status: encrypted(string()).savedAs('s') }),
      new Entity({ name: 'Order', table: shop, schema: item({ ...keys, note: encrypted(string()) }) }),
    )
    // @ts-expect-error a key of an index
    client.register(entity({ status: encrypted(string()) }))
    // @ts-expect-error the sort key of a local index
    client.register(entity({ size: encrypted(number()).optional() }))
    // @ts-expect-error a key of an index, by the name under which it is stored
    client.register(entity({ state: encrypted(string()).savedAs('status') }))
    // @ts-expect-error a key of the table that is computed
    client.register(entity({ sort: encrypted(string()) }))
    // @ts-expect-error the attribute in which dynamodb-toolbox stores the entity's name
    client.register(entity({ kind: encrypted(string()).savedAs('_et') }))
    // @ts-expect-error a time to live
    client.register(entity({ expires: encrypted(number()) }))
    // @ts-expect-error in whichever place it stands
    client.register(entity({ note: encrypted(string()) }), entity({ status: encrypted(string()) }))
    const inPlace = new Entity({
      name: 'Order',
      table: shop,
      schema: item({ ...keys, status: encrypted(string()) }),
    })
    // @ts-expect-error a key of an index, of a real entity
    client.register(inPlace)
  }

  test('and it returns the client', () => {
    expectTypeOf(register).toBeFunction()
    type Registered = ReturnType<SealedDocumentClient<'expires'>['register']>
    expectTypeOf<Registered>().toEqualTypeOf<SealedDocumentClient<'expires'>>()
    // To what takes any sealed client, this is one.
    expectTypeOf<SealedDocumentClient<'expires'>>().toExtend<SealedDocumentClient>()
  })
})

test('a token attribute takes what search() returns and nothing else, and is in no result', () => {
  const Searched = new Entity({
    name: 'Searched',
    table,
    schema: item({
      id: string().key(),
      text: encrypted(string()),
      textToken: token('text', { savedAs: 't', normalize: ['trim', (text: string) => text], bits: 64 }),
    }),
  })
  expectTypeOf<keyof FormattedItem<typeof Searched>>().toEqualTypeOf<'id' | 'text' | 'created' | 'modified'>()
  expectTypeOf({ id: '1', text: 'a' }).toExtend<InputItem<typeof Searched>>()
  expectTypeOf({ id: '1', text: 'a', textToken: 'a' }).not.toExtend<InputItem<typeof Searched>>()
  expectTypeOf({ attr: 'textToken' as const, eq: search('a') }).toExtend<Condition<typeof Searched>>()
  expectTypeOf({ attr: 'textToken' as const, eq: 'a' }).not.toExtend<Condition<typeof Searched>>()
  expectTypeOf(search(['a', 1])).toExtend<string>()
  // @ts-expect-error there is no such normalization
  const misspelt = () => token('text', { normalize: 'upperCase' })
  // @ts-expect-error there is no such option
  const unknown = () => token('text', { members: true })
  expect(unknown).toThrow(/no option members/)
  expect(misspelt).not.toThrow()
})
