// Whatever somebody stores who can write the table and nothing else, a read gives what was sealed, or fails.
import { GetCommand, NumberValue } from '@aws-sdk/lib-dynamodb'
import { EngineUnavailableError } from '@dynaseal/local-cloud'
import { encrypted, openPartially, type SealedDocumentClient } from '@dynaseal/toolbox'
import {
  any,
  anyOf,
  BatchGetCommand,
  BatchGetRequest,
  boolean,
  Entity,
  executeBatchGet,
  GetItemCommand,
  item,
  list,
  map,
  nul,
  number,
  PutItemCommand,
  QueryCommand,
  record,
  ScanCommand,
  string,
  tuple,
} from 'dynamodb-toolbox'
import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { Refused, type StoredItem, store, storedItem } from '../support/attacker.js'
import { toolboxTable } from '../support/toolboxTable.js'
import { createWorld, EAST, type World } from '../support/world.js'
import { takesFunctions } from '../support/wrapNumbers.js'

const TABLE = 'planted'
const key = { pk: 'a', sk: '1' }
const consistent = true
const SEED = Number(process.env.PROPERTIES_SEED ?? 3)
const RUNS = Number(process.env.PROPERTIES_RUNS ?? 100)

/** Each way to have numbers; the last one makes plain objects of them. */
const MODES: readonly { wrapNumbers?: true | ((text: string) => never) }[] = [
  {},
  { wrapNumbers: true },
  ...(takesFunctions
    ? [
        { wrapNumbers: (text: string) => BigInt(text) as never },
        { wrapNumbers: (value: string) => ({ value, iban: value, inner: { value } }) as never },
      ]
    : []),
]
type Mode = (typeof MODES)[number]

/** A value as it is read in a mode. */
function readIn({ wrapNumbers }: Mode, value: unknown): unknown {
  if (typeof value === 'number' && wrapNumbers !== undefined)
    return wrapNumbers === true ? NumberValue.from(value) : wrapNumbers(String(value))
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(
    Object.entries(value).map(([name, child]) => [name, readIn({ wrapNumbers }, child)]),
  )
}

/** dynamodb-toolbox's numbers are numbers. */
const numbers = ({ wrapNumbers }: Mode) =>
  (wrapNumbers === undefined ? number() : any()) as ReturnType<typeof any>

const sealedIn = (mode: Mode) => ({
  text: encrypted(string()).optional(),
  flag: encrypted(boolean()).optional(),
  amount: encrypted(numbers(mode)).optional(),
  none: encrypted(nul()).optional(),
  whole: encrypted(map({ iban: string().optional(), value: numbers(mode).optional() })).optional(),
  constructor: encrypted(string()).optional(),
})
const partsIn = (mode: Mode) => ({
  iban: encrypted(string()).optional(),
  value: encrypted(boolean()).optional(),
  valueOf: encrypted(string()).optional(),
  inner: map({ iban: encrypted(string()).optional(), value: encrypted(numbers(mode)).optional() }).optional(),
})
const schemaIn = (mode: Mode) =>
  item({
    pk: string().key(),
    sk: string().key(),
    ...sealedIn(mode),
    nested: map({ open: string().optional(), ...partsIn(mode) }).optional(),
    entries: list(map(partsIn(mode))).optional(),
    codes: list(encrypted(string())).optional(),
    byName: record(string(), map(partsIn(mode))).optional(),
    flags: record(string(), encrypted(boolean())).optional(),
    pair: tuple(string(), encrypted(string())).optional(),
    either: anyOf(nul(), string(), map(partsIn(mode))).optional(),
  })
const some = (name: string) => ({
  open: 'in clear',
  iban: `iban of ${name}`,
  value: true,
  valueOf: undefined,
  inner: { iban: `inner of ${name}`, value: 4711 },
})
const honest = {
  ...key,
  text: 'a text',
  flag: true,
  amount: 42,
  none: null,
  whole: { iban: 'whole', value: 7 },
  constructor: undefined,
  nested: some('nested'),
  entries: [some('first'), some('second')],
  codes: ['one', 'two'],
  byName: { a: some('a'), b: some('b') },
  flags: { a: true, b: false },
  pair: ['in clear', 'second'],
  either: some('either'),
}
/** The paths of the encrypted parts; `*` is any name or position. */
const insides = ['iban', 'value', 'valueOf', 'inner.iban', 'inner.value']
const PATHS = [
  ...Object.keys(sealedIn({})),
  ...['nested', 'entries.*', 'byName.*', 'either'].flatMap(above => insides.map(each => `${above}.${each}`)),
  'codes.*',
  'flags.*',
  'pair.1',
].map(path => path.split('.'))

type Tree = Record<string, unknown>
type At = readonly [path: string[], value: unknown]

/** What stands at a path that one of the encrypted parts has, with own members only. */
function* found(value: unknown, path: string[], at: string[] = []): Generator<At> {
  const [step, ...rest] = path
  if (step === undefined) {
    if (value !== undefined) yield [at, value]
    return
  }
  if (typeof value !== 'object' || value === null) return
  const names = step === '*' ? Object.keys(value) : Object.hasOwn(value, step) ? [step] : []
  for (const name of names) yield* found((value as Tree)[name], rest, [...at, name])
}
const all = (value: unknown) => PATHS.flatMap(path => [...found(value, path)])

/** The same of an item as it is stored. */
function member(stored: unknown, path: readonly string[]): unknown {
  let value: unknown = { M: stored }
  for (const name of path) {
    const { M, L } = value as { M?: Tree; L?: Tree }
    const holder = M ?? L
    if (holder === undefined || !Object.hasOwn(holder, name)) return undefined
    value = holder[name]
  }
  return value
}

const HOSTILE = ['__proto__', 'constructor', 'valueOf', 'toString', 'value', 'iban', 'inner', 'prototype']
const NAMES = [...HOSTILE, ...Object.keys(honest), 'a', 'b', '0', '1', '_et', 'new']

function attributeValues(known: unknown[]): fc.Arbitrary<unknown> {
  return fc.letrec<{ value: unknown }>(tie => ({
    value: fc.oneof(
      { depthSize: 'small', withCrossShrink: true },
      fc.constantFrom(...known),
      fc.constantFrom('planted', 'iban', '').map(S => ({ S })),
      fc.constantFrom('17', '42', '4711').map(N => ({ N })),
      fc.boolean().map(BOOL => ({ BOOL })),
      fc.constant({ NULL: true }),
      fc.constantFrom('aWJhbg==', 'AA==').map(B => ({ B })),
      fc.constantFrom(['iban'], ['value', '0']).map(SS => ({ SS })),
      fc.constant({ NS: ['1'] }),
      fc.array(tie('value'), { maxLength: 3 }).map(L => ({ L })),
      entries(tie('value')).map(M => ({ M })),
    ),
  })).value
}

/** An object with own entries, also of the name `__proto__`. */
const entries = (value: fc.Arbitrary<unknown>) =>
  fc
    .array(fc.tuple(fc.constantFrom(...NAMES), value), { maxLength: 4 })
    .map(pairs => Object.fromEntries(pairs))

interface Plant {
  readonly path: readonly string[]
  readonly how: 'replace' | 'remove' | 'add' | 'spread'
  readonly name: string
  readonly value: unknown
}

function plants(stored: StoredItem): fc.Arbitrary<Plant[]> {
  const targets = all(honest).map(([path]) => path)
  const places = [...new Set(targets.flatMap(path => path.map((_, i) => path.slice(0, i + 1).join('.'))))]
  const messages = targets.map(path => member(stored, path)).filter(value => value !== undefined)
  const text = { S: (messages[0] as { B: string }).B }
  return fc.array(
    fc.record({
      path: fc.constantFrom('', '_et', ...places).map(path => (path === '' ? [] : path.split('.'))),
      how: fc.constantFrom('replace', 'replace', 'remove', 'add', 'add', 'spread'),
      name: fc.constantFrom('__proto__', ...NAMES),
      value: attributeValues([...messages, text]),
    }),
    { minLength: 1, maxLength: 3 },
  )
}

/** The stored item, changed. What does not fit any more is left as it is. */
function planted(stored: StoredItem, changes: readonly Plant[]): StoredItem {
  const root = { M: structuredClone(stored) }
  for (const { path, how, name, value } of changes) {
    const holder = (path.length === 0 ? root : member(root.M, path)) as Tree | undefined
    const above = (path.length < 2 ? root : member(root.M, path.slice(0, -1))) as Tree | undefined
    const container = (above?.M ?? above?.L) as Tree | undefined
    const last = path.at(-1)
    if (how === 'add' && holder?.M !== undefined) define(holder.M as Tree, name, value)
    else if (last === undefined || container === undefined) continue
    else if (how === 'replace') define(container, last, value)
    else if (how === 'remove' && !Array.isArray(container)) delete container[last]
    // Into the prototype, what was beside it.
    else if (how === 'spread' && !Array.isArray(container)) {
      define(container, '__proto__', { M: { [last]: value, ...(value as { M?: Tree }).M } })
      delete container[last]
    }
  }
  return { ...root.M, pk: { S: key.pk }, sk: { S: key.sk } }
}

function define(holder: Tree, name: string, value: unknown): void {
  Object.defineProperty(holder, name, { value, enumerable: true, configurable: true, writable: true })
}

describe.each(['dynalite', 'dynoxide'] as const)('whatever is stored, on %s', engine => {
  let world: World
  let isMissing = false

  beforeAll(async () => {
    try {
      world = await createWorld({ engine })
    } catch (error) {
      if (!(error instanceof EngineUnavailableError)) throw error
      isMissing = true
      return
    }
    await world.createTable(TABLE)
  })
  afterAll(() => world?.stop())

  function entityOf(client: SealedDocumentClient, mode: Mode, entityAttribute: boolean) {
    const table = toolboxTable(client, TABLE)
    const E = new Entity({ name: 'E', table, timestamps: false, entityAttribute, schema: schemaIn(mode) })
    client.register(E)
    const Other = new Entity({
      name: 'Other',
      table,
      schema: item({ pk: string().key(), sk: string().key(), more: string().optional() }),
    })
    client.register(Other)
    return E
  }

  /** What each way to read gives, or undefined where it fails. */
  async function reads(E: ReturnType<typeof entityOf>, client: SealedDocumentClient): Promise<unknown[]> {
    const { table } = E
    const batch = table.build(BatchGetCommand).requests(E.build(BatchGetRequest).key(key))
    const options = { consistent, entityAttrFilter: false } as const
    const ways: (() => Promise<unknown>)[] = [
      async () => (await E.build(GetItemCommand).key(key).options({ consistent }).send()).Item,
      async () =>
        (await table.build(QueryCommand).entities(E).query({ partition: 'a' }).options(options).send())
          .Items?.[0],
      async () => (await table.build(ScanCommand).entities(E).options(options).send()).Items?.[0],
      async () => (await executeBatchGet(batch.options({ consistent }))).Responses?.[0]?.[0],
      async () =>
        (await openPartially(() => table.build(ScanCommand).entities(E).options(options).send())).result
          .Items?.[0],
      async () =>
        (await client.send(new GetCommand({ TableName: TABLE, Key: key, ConsistentRead: true }))).Item,
    ]
    return Promise.all(ways.map(read => read().catch(() => undefined)))
  }

  test('a read gives what was sealed, or fails', async ({ skip }) => {
    skip(isMissing, `${engine} is not installed on this machine`)
    const writer = entityOf(world.sealedClient(EAST), {}, true)
    await writer
      .build(PutItemCommand)
      .item(honest as never)
      .send()
    const stored = await storedItem(world, TABLE, key)
    const readers = MODES.flatMap(mode =>
      [true, false].map(isNamed => {
        const client = world.sealedClient(EAST, {}, { unmarshallOptions: mode })
        return { mode, client, entity: entityOf(client, mode, isNamed) }
      }),
    )
    /** What a message holds that stands where it was sealed, or elsewhere in its list. */
    const sealedAs = (message: unknown, path: readonly string[]) =>
      all(honest).flatMap(([source, value]) =>
        bound(source) === bound(path) && same(member(stored, source), message) ? [value] : [],
      )
    let opened = 0
    await fc.assert(
      fc.asyncProperty(plants(stored), fc.constantFrom(...readers), async (changes, reader) => {
        const attacked = planted(stored, changes)
        try {
          await store(world, TABLE, attacked)
        } catch (error) {
          if (error instanceof Refused) return
          throw error
        }
        for (const read of await reads(reader.entity, reader.client)) {
          for (const [path, value] of all(read)) {
            const values = sealedAs(member(attacked, path), path)
            expect(
              values.map(each => readIn(reader.mode, each)),
              path.join('.'),
            ).toContainEqual(value)
            opened++
          }
        }
      }),
      { seed: SEED, numRuns: RUNS },
    )
    expect(opened).toBeGreaterThan(RUNS)
  }, 600_000)
})

/** A path as far as a ciphertext is bound to it: positions are not. */
const bound = (path: readonly string[]) => path.map(step => (/^\d$/.test(step) ? '[n]' : step)).join('.')
const same = (one: unknown, other: unknown) => JSON.stringify(one) === JSON.stringify(other)
