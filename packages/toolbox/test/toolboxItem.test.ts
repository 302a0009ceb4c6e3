import {
  $set,
  BatchPutRequest,
  Entity,
  item,
  list,
  map,
  PutItemCommand,
  type Schema,
  string,
  Table,
  UpdateItemCommand,
} from 'dynamodb-toolbox'
import { describe, expect, test } from 'vitest'
import { PendingSeal } from '../../document-client/src/sealing/pendingSeal.js'
import { encrypted } from '../src/index.js'
import { newRegistry } from './support/registry.js'

let made = 0

/** The same entity, with and without encryption. */
function entity(seal: <S extends Schema>(schema: S) => S) {
  const table = new Table({ name: 'users', partitionKey: { name: 'id', type: 'string' } })
  const address = map({
    city: string(),
    country: string().default('NO'),
    number: string().default(() => `made ${++made}`),
    lines: list(map({ text: string().default('none') })).optional(),
  })
  const attributes: object = {
    address: seal(address).optional(),
    names: seal(list(string())).optional(),
  }
  const schema = item({ id: string().key(), ...attributes })
  const user = new Entity({ name: 'User', table, timestamps: false, schema }) as unknown as Entity
  newRegistry().register(user)
  return user
}
const sealed = entity(encrypted as <S extends Schema>(schema: S) => S)
const plain = entity(schema => schema)
type Filled = { address?: { number: string } }
const address = { city: 'Oslo', number: '1', lines: [{}, { text: 'a' }], unknown: 'to the schema' }

describe('ToolboxItem', () => {
  test('shows an encrypted container as without encryption: filled, and without what the schema does not know', () => {
    const params = (user: typeof plain) => user.build(PutItemCommand).item({ id: 'a', address }).params()
    expect(params(sealed).ToolboxItem).toStrictEqual(params(plain).ToolboxItem)
    expect((params(sealed).ToolboxItem as Filled).address).toStrictEqual({
      city: 'Oslo',
      country: 'NO',
      number: '1',
      lines: [{ text: 'none' }, { text: 'a' }],
    })
  })

  test('has the default that is stored, not another one', () => {
    const put = sealed.build(PutItemCommand).item({ id: 'a', address: { city: 'Oslo' } })
    const { Item, ToolboxItem } = put.params()
    const stored = PendingSeal.plaintextOf(Item?.address as never)
    const { number } = (ToolboxItem as Filled).address ?? {}
    expect(number).toMatch(/^made /)
    expect(stored).toMatchObject({ number })
    const batched = sealed.build(BatchPutRequest).item({ id: 'a', address: { city: 'Oslo' } })
    expect(batched.params().PutRequest?.Item?.address).toBeInstanceOf(PendingSeal)
  })

  test('shows what an update sets as a whole', () => {
    const params = (user: typeof plain) =>
      user
        .build(UpdateItemCommand)
        .item({ id: 'a', address: $set({ country: 'SE', ...address, lines: [] }), names: $set(['a']) })
        .params()
    expect(params(sealed).ToolboxItem).toStrictEqual(params(plain).ToolboxItem)
  })

  test('has defaults inside an encrypted container in an update too, where without encryption there are none', () => {
    const given = { ...address, country: 'SE' }
    const params = (user: typeof plain) =>
      user
        .build(UpdateItemCommand)
        .item({ id: 'a', address: $set(given) })
        .params()
    const set = params(sealed).ToolboxItem.address as unknown as Record<symbol, unknown>
    expect(Object.getOwnPropertySymbols(set).map(symbol => set[symbol])).toMatchObject([
      { country: 'SE', lines: [{ text: 'none' }, { text: 'a' }] },
    ])
    expect(() => params(plain)).toThrow("'address.$SET.lines[0].text' is required")
  })

  test('is not the input: that stays as it was given', () => {
    const given = Object.freeze({ city: 'Oslo', lines: Object.freeze([Object.freeze({})]) })
    sealed
      .build(PutItemCommand)
      .item({ id: 'a', address: given as never })
      .params()
    expect(given).toEqual({ city: 'Oslo', lines: [{}] })
  })
})
