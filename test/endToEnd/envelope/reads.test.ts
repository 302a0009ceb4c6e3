// Projections: the envelope is asked for where it is needed, and taken out again; and indexes that do not have it.
import { DynamoDBClient } from '@aws-sdk/client-dynamodb'
import { DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb'
import { encrypted, openPartially, type SealOptions, sealDocumentClient } from '@dynaseal/toolbox'
import {
  BatchGetCommand,
  BatchGetRequest,
  executeBatchGet,
  executeTransactGet,
  GetItemCommand,
  GetTransaction,
  PutItemCommand,
  QueryCommand,
  ScanCommand,
  UpdateItemCommand,
} from 'dynamodb-toolbox'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { describeDynoxide, describeEngines } from '../../../packages/local-cloud/test/eachEngine.js'
import { intercept } from '../../support/intercept.js'
import { createWorld, EAST, type World } from '../../support/world.js'
import { comparable, differences } from '../matrix/compare.js'
import { type Attributes, type Buildable, on } from '../matrix/loose.js'
import { inClear, type Seal } from '../matrix/placement.js'
import { createTable, ENVELOPE, people, person, twinClient } from './people.js'

const SEALED = 'people'
const PLAIN = 'people-in-clear'
type Side = Record<'table' | 'Person', Buildable>
const consistent = true
const keys = ['1', '2', '3'].map(sk => ({ pk: 'a', sk }))

let world: World
let sealed: Side
let plain: Side

async function fill({ Person }: Side): Promise<void> {
  for (const [n, key] of keys.entries())
    await on(Person, PutItemCommand)
      .item({ ...key, ...person(n) })
      .send()
  // The second has short fields and full ones, the third full ones alone.
  await on(Person, UpdateItemCommand)
    .item({ ...keys[1], text: 'secret new', byName: { b: 'secret new' } })
    .send()
  await on(Person, UpdateItemCommand).item({ pk: 'a', sk: '4', gsi: 'g', text: 'secret' }).send()
}

async function setUp(engine: 'dynalite' | 'dynoxide'): Promise<void> {
  world = await createWorld({ engine })
  for (const name of [SEALED, PLAIN]) await createTable(world, name)
  const side = () => people(world.sealedClient(EAST, { format: 'envelope' }), SEALED, encrypted as Seal)
  await fill(side() as unknown as Side)
  sealed = side() as unknown as Side
  plain = people(twinClient(world), PLAIN, inClear) as unknown as Side
  await fill(plain)
}

const READS: Record<string, (side: Side, options: Attributes) => Promise<unknown>> = {
  Get: ({ Person }, options) =>
    Promise.all(
      keys.map(key =>
        on(Person, GetItemCommand)
          .key(key)
          .options({ consistent, ...options })
          .send(),
      ),
    ),
  Query: ({ table, Person }, options) =>
    on(table, QueryCommand)
      .entities(Person)
      .query({ partition: 'a' })
      .options({ consistent, ...options })
      .send(),
  'Query of an index': ({ table, Person }, options) =>
    on(table, QueryCommand)
      .entities(Person)
      .query({ index: 'byGsi', partition: 'g' })
      .options(options)
      .send(),
  Scan: ({ table, Person }, options) =>
    on(table, ScanCommand)
      .entities(Person)
      .options({ consistent, ...options })
      .send(),
  'Scan of an index': ({ table, Person }, options) =>
    on(table, ScanCommand)
      .entities(Person)
      .options({ index: 'byGsi', ...options })
      .send(),
  BatchGet: ({ table, Person }, options) =>
    executeBatchGet(
      on(table, BatchGetCommand)
        .requests(...keys.map(key => on(Person, BatchGetRequest).key(key)))
        .options({ consistent, ...options }) as never,
    ),
}

const PROJECTIONS: readonly (readonly string[] | undefined)[] = [
  undefined,
  ['text'],
  ['address', 'plain'],
  ['nested'],
  ['nested.shut', 'codes[1]'],
  ['byName.a'],
  ['plain'],
  ['plain', 'nested.open'],
]
const READS_SEALED = (attributes: readonly string[]) => !attributes.every(path => /^plain$|open$/.test(path))

/** What the last reading request asked for by a projection. */
function projected(): string[] {
  const bodies = world.proxy.sent.map(String).filter(body => body.includes('ProjectionExpression'))
  return Object.values(
    (/"ExpressionAttributeNames":(\{[^}]*\})/.exec(bodies.at(-1) ?? '') ?? []).slice(1),
  ).flatMap(names => Object.values(JSON.parse(names) as Record<string, string>))
}

async function agree(read: (side: Side) => Promise<unknown>): Promise<void> {
  const outcome = (side: Side) => read(side).catch((error: unknown) => error)
  const [one, other] = [await outcome(sealed), await outcome(plain)]
  expect(other).not.toBeInstanceOf(Error)
  expect(differences(comparable(one, SEALED), comparable(other, PLAIN))).toEqual([])
}

describeEngines('what is read', engine => {
  beforeAll(() => setUp(engine))
  afterAll(() => world.stop())

  test.each(Object.keys(READS).flatMap(read => PROJECTIONS.map(attributes => [read, attributes] as const)))(
    'is what is read in clear: %s of %j',
    async (name, attributes) => {
      const options = attributes === undefined ? {} : { attributes }
      world.proxy.sent.length = 0
      await agree(side => READS[name]!(side, options))
      if (attributes !== undefined) expect(projected().includes(ENVELOPE)).toBe(READS_SEALED(attributes))
    },
  )
})

describeDynoxide('what is read by a transaction', () => {
  beforeAll(() => setUp('dynoxide'))
  afterAll(() => world.stop())

  test.each(PROJECTIONS.map(attributes => [attributes] as const))(
    'is what is read in clear: %j',
    async attributes => {
      const options = attributes === undefined ? {} : { attributes }
      await agree(({ Person }) =>
        executeTransactGet(
          ...(keys.map(key => on(Person, GetTransaction).key(key).options(options)) as never[]),
        ),
      )
    },
  )
})

describe('an index without the envelope', () => {
  beforeAll(async () => {
    world = await createWorld()
    await createTable(world, SEALED)
  })
  afterAll(() => world.stop())
  beforeEach(() => {
    world.proxy.sent.length = 0
  })

  /**
   * As a client of DynamoDB: that refuses a projection which has what a global index lacks, where the engines here give
   * what there is.
   */
  function opened(options: Partial<SealOptions>): Side {
    const base = new DynamoDBClient(world.config(EAST))
    intercept(base, (input, forward) => {
      const names = Object.values((input.ExpressionAttributeNames ?? {}) as Record<string, string>)
      const [lacking] = names.filter(name => !['_et', '_ct', '_md', 'text', 'pk', 'sk', 'gsi'].includes(name))
      if (input.IndexName === 'some' && input.ProjectionExpression !== undefined && lacking !== undefined)
        throw Object.assign(
          new Error(
            `One or more parameter values were invalid: Global secondary index some does not project [${lacking}]`,
          ),
          { name: 'ValidationException' },
        )
      return forward(input)
    })
    const client = sealDocumentClient(DynamoDBDocumentClient.from(base), {
      keyring: world.keyring(EAST),
      ...options,
    } as SealOptions)
    return people(client, SEALED, encrypted as Seal) as unknown as Side
  }
  const query = ({ table, Person }: Side, partition: string, options: Attributes = {}) =>
    on(table, QueryCommand).entities(Person).query({ index: 'some', partition }).options(options).send()
  const put = ({ Person }: Side, gsi: string) =>
    on(Person, PutItemCommand)
      .item({ pk: gsi, sk: '1', ...person(1), gsi })
      .send()
  const full = { fields: { [SEALED]: 'full' } } as const

  test('gives no short field, and the error says both ways out', async () => {
    const side = opened({})
    await put(side, 'short')
    const error = await query(side, 'short').catch((thrown: unknown) => thrown)
    expect(error).toMatchObject({
      name: 'FieldsNotOpenedError',
      failures: [{ code: 'missing-envelope', path: ['text'], table: SEALED, keyNames: ['pk', 'sk'] }],
    })
    expect((error as Error).message).toContain(`add '${ENVELOPE}' to what it projects`)
    expect((error as Error).message).toContain("fields: 'full'")
    const { result, unopened } = await openPartially(() => query(side, 'short'))
    expect(result.Items).toEqual([])
    expect(unopened).toMatchObject([
      { key: { pk: 'short', sk: '1' }, failures: [{ code: 'missing-envelope' }] },
    ])
  })

  test('gives what an update wrote last, for that is full', async () => {
    const side = opened({})
    await put(side, 'updated')
    await on(side.Person, UpdateItemCommand).item({ pk: 'updated', sk: '1', text: 'secret new' }).send()
    expect((await query(side, 'updated')).Items).toMatchObject([{ text: 'secret new' }])
  })

  test.each<[string, Partial<SealOptions>]>([
    ['the same client', full],
    ['another process', full],
    [
      "a reader that writes format 1, with fields: 'full' for all tables",
      { format: 'message', fields: 'full' },
    ],
  ])("gives the fields of a table that is written with fields: 'full', to %s", async (name, options) => {
    const writer = opened(full)
    await put(writer, name)
    const reader = name === 'the same client' ? writer : opened(options)
    expect((await query(reader, name)).Items).toMatchObject([{ text: 'secret text 1' }])
    const attributes = ['text']
    expect((await query(reader, name, { attributes })).Items).toEqual([{ text: 'secret text 1' }])
    expect(projected()).not.toContain(ENVELOPE)
    // The table itself has the envelope of items that were written before.
    const short = opened({})
    await put(short, `${name} short`)
    const get = on(reader.Person, GetItemCommand).key({ pk: `${name} short`, sk: '1' })
    expect((await get.options({ attributes, consistent }).send()).Item).toEqual({ text: 'secret text 1' })
    expect(projected()).toContain(ENVELOPE)
  })
})
