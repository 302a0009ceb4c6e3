import vm from 'node:vm'
import { encrypted } from '@dynaseal/toolbox'
import {
  $append,
  $set,
  any,
  anyOf,
  BatchPutRequest,
  BatchWriteCommand,
  Entity,
  EntityParser,
  EntityRepository,
  executeBatchWrite,
  GetItemCommand,
  item,
  list,
  map,
  number,
  PutItemCommand,
  record,
  type Schema,
  set,
  string,
  tuple,
  UpdateAttributesCommand,
  UpdateItemCommand,
} from 'dynamodb-toolbox'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { toolboxTable } from '../support/toolboxTable.js'
import { createWorld, EAST, type World } from '../support/world.js'
import { type Attributes, on } from './matrix/loose.js'
import { inClear, type Seal } from './matrix/placement.js'

let world: World
let client: ReturnType<World['sealedClient']>
let entities = 0

beforeAll(async () => {
  world = await createWorld()
  await world.createTable('users')
  client = world.sealedClient(EAST)
})
afterAll(() => world.stop())

class Address {
  city = 'Bergen'
}
class Derived {
  readonly #city = 'Bergen'
  get city(): string {
    return this.#city
  }
}
class Holder {
  readonly inner = Object.assign(Object.create(null), { city: 'Bergen' })
}

/** What applications have that is no object literal: each is, or has, a city. */
const values: Record<string, () => unknown> = {
  'no prototype': () => Object.assign(Object.create(null), { city: 'Bergen' }),
  'another realm': () => vm.runInNewContext('({ city: "Bergen" })'),
  'a class instance of another realm': () => vm.runInNewContext('new (class Address { city = "Bergen" })'),
  'a class instance': () => new Address(),
  'a getter of a class': () => new Derived(),
  'an inherited member': () => Object.create({ city: 'Bergen' }),
  'a member that is not enumerable': () => Object.defineProperty({}, 'city', { value: 'Bergen' }),
  'an unknown member without a prototype': () => ({ city: 'Bergen', more: Object.create(null) }),
}

const text = string()
const city = map({ city: text })
const shapes: Record<string, [schema: (seal: Seal) => Schema, wrap: (value: unknown) => unknown]> = {
  map: [seal => seal(city), value => value],
  record: [seal => seal(record(string(), string())), value => value],
  any: [seal => seal(any()), value => value],
  'an alternative': [seal => seal(anyOf(number(), city)), value => value],
  'an alternative that is discriminated': [
    seal =>
      seal(
        anyOf(map({ city: string().enum('Bergen') }), map({ city: string().enum('Oslo') })).discriminate(
          'city',
        ),
      ),
    value => value,
  ],
  'a list of maps': [seal => seal(list(city)), value => [value]],
  'a list of another realm': [
    seal => seal(list(city)),
    value => Object.assign(vm.runInNewContext('[]'), [value]),
  ],
  'a tuple': [seal => seal(tuple(city, string())), value => [value, 'x']],
  'a map in a map': [seal => seal(map({ inner: city })), inner => ({ inner })],
  'a map in a map without a prototype': [
    seal => seal(map({ inner: city })),
    inner => Object.assign(Object.create(null), { inner }),
  ],
  'an encrypted part of a map': [seal => map({ city: seal(text) }), value => value],
  'an encrypted map in a clear list': [seal => list(seal(city)), value => [value]],
  'an encrypted map beside a clear map': [
    seal => map({ shut: seal(city), open: city }),
    value => ({ shut: value, open: value }),
  ],
}

const puts: Record<string, (entity: Entity, given: Attributes) => Promise<unknown>> = {
  put: (entity, given) => on(entity, PutItemCommand).item(given).send(),
  'update with $set': (entity, { pk, sk, v }) =>
    on(entity, UpdateItemCommand)
      .item({ pk, sk, v: $set(v as never) })
      .send(),
  updateAttributes: (entity, given) => on(entity, UpdateAttributesCommand).item(given).send(),
  'a batch': (entity, given) =>
    executeBatchWrite(
      on(entity.table, BatchWriteCommand).requests(on(entity, BatchPutRequest).item(given)) as never,
    ),
  'a repository': (entity, given) => entity.build(EntityRepository).put(given as never),
}

function entityOf(schema: Schema): Entity {
  const table = toolboxTable(client, 'users')
  const entity = new Entity({
    name: `Entity${++entities}`,
    table,
    schema: item({ pk: string().key(), sk: string().key(), v: schema as ReturnType<typeof string> }),
  })
  client.register(entity as never)
  return entity as unknown as Entity
}

type Outcome = { value: unknown } | { error: { name: string; code?: string } }

async function outcome(schema: Schema, write: string, value: unknown): Promise<Outcome> {
  const entity = entityOf(schema)
  const key = { pk: entity.entityName, sk: '1' }
  try {
    await puts[write]!(entity, { ...key, v: value })
    const { Item } = await on(entity, GetItemCommand).key(key).send()
    return { value: (Item as Attributes).v }
  } catch (error) {
    return { error: error as { name: string; code?: string } }
  }
}

describe.each(Object.keys(values))('%s', what => {
  test.each(Object.keys(shapes))(
    'as %s is taken as without encryption, or refused with a typed error',
    async shape => {
      const [schema, wrap] = shapes[shape]!
      for (const write of shape === 'map'
        ? Object.keys(puts)
        : ['put', 'update with $set', 'updateAttributes']) {
        const clear = await outcome(schema(inClear), write, wrap(values[what]!()))
        const sealed = await outcome(schema(encrypted as unknown as Seal), write, wrap(values[what]!()))
        if ('value' in clear) expect(sealed, write).toEqual(clear)
        else if (shape !== 'an encrypted map beside a clear map' && shape !== 'an encrypted part of a map') {
          expect(sealed, write).toMatchObject({ error: { name: 'ToolboxError' } })
          expect((sealed as { error: { code: string } }).error.code, write).toMatch(
            /^(invalid-value|update-refused)$/,
          )
        }
      }
    },
  )
})

describe('is refused with a typed error, where dynamodb-toolbox could not copy it', () => {
  const cycle: { self?: unknown } = {}
  cycle.self = cycle
  test.each<[string, Schema, unknown]>([
    ['an object without a prototype as any', any(), Object.create(null)],
    ['one inside', any(), { deep: [new Holder()] }],
    ['one as a string', text, Object.create(null)],
    ['an array of another realm as any', any(), vm.runInNewContext('[1]')],
    ['a Set of another realm', set(string()), vm.runInNewContext('new Set(["x"])')],
    ['a Date of another realm', any(), vm.runInNewContext('new Date(0)')],
    ['what contains itself', any(), cycle],
  ])('%s', (_, schema, value) => {
    const entity = entityOf(encrypted(schema))
    const parse = () => entity.build(EntityParser).parse({ pk: 'a', sk: '1', v: value } as never)
    expect(parse).toThrow(expect.objectContaining({ name: 'ToolboxError', code: 'invalid-value' }))
    expect(parse).toThrow(/'v'/)
  })
})

test('what an update appends to a clear list is taken as well', async () => {
  const entity = entityOf(list(map({ shut: encrypted(city) })))
  const key = { pk: entity.entityName, sk: '1' }
  await puts.put!(entity, { ...key, v: [] })
  const shut = values['no prototype']!()
  await on(entity, UpdateItemCommand)
    .item({ ...key, v: $append([{ shut }] as never) })
    .send()
  expect((await on(entity, GetItemCommand).key(key).send()).Item).toMatchObject({
    v: [{ shut: { city: 'Bergen' } }],
  })
})

test('what was given stays as it was', () => {
  const value = Object.assign(Object.create(null), { city: 'Bergen' })
  const entity = entityOf(encrypted(city))
  const given = { pk: 'a', sk: '1', v: value }
  entity.build(EntityParser).parse(given as never)
  expect(given.v).toBe(value)
  expect(Object.getPrototypeOf(value)).toBeNull()
})
