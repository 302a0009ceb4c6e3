import { DynamoDBClient } from '@aws-sdk/client-dynamodb'
import { DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb'
import { encrypted, type SealedDocumentClient, sealDocumentClient } from '@dynaseal/toolbox'
import {
  DeleteItemCommand,
  Entity,
  GetItemCommand,
  item,
  PutItemCommand,
  QueryCommand,
  string,
  UpdateAttributesCommand,
  UpdateItemCommand,
} from 'dynamodb-toolbox'
import fc from 'fast-check'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { leaks } from '../../support/scanner/plaintexts.js'
import { toolboxTable } from '../../support/toolboxTable.js'
import { createWorld, EAST, type World } from '../../support/world.js'
import { comparable, differences } from './compare.js'
import { type Attributes, type Buildable, on } from './loose.js'
import { inClear, type Seal } from './placement.js'
import { attributesOf, type Shapes, shapes, withoutHidden } from './randomSchemas.js'
import { changesOf, notSealed, pathIn, valuesFor } from './randomValues.js'
import { plainClient, stored } from './tables.js'

const SEALED = 'random-sealed'
const PLAIN = 'random-plain'
let world: World
/** Reads what is stored, as it is stored. */
let reader: DynamoDBDocumentClient
let runs = 0

/** The same programs in every run; others, and more of them, where these are set. */
const SEED = Number(process.env.PROPERTIES_SEED ?? 3)
const RUNS = Number(process.env.PROPERTIES_RUNS ?? 100)

beforeAll(async () => {
  world = await createWorld()
  reader = plainClient(world, EAST)
  await world.createTable(SEALED)
  await world.createTable(PLAIN)
})
afterAll(() => world.stop())

/** One command, as data, so that a counterexample can be read. */
interface Operation {
  readonly command: 'put' | 'update' | 'updateAttributes' | 'delete' | 'get' | 'query'
  readonly sk: string
  readonly given: Attributes
  readonly options: Attributes
}

function operationOn(all: Shapes): fc.Arbitrary<Operation> {
  const operation = (
    command: Operation['command'],
    given: fc.Arbitrary<Attributes>,
    options: fc.Arbitrary<Attributes>,
  ): fc.Arbitrary<Operation> =>
    fc.record({ command: fc.constant(command), sk: fc.constantFrom('1', '2'), given, options })
  const condition = pathIn(all).chain(attr => fc.boolean().map(exists => ({ attr, exists })))
  const writing = (...returnValues: string[]) =>
    fc.oneof(
      { weight: 3, arbitrary: fc.constantFrom(...returnValues).map(value => ({ returnValues: value })) },
      {
        weight: 1,
        arbitrary: condition.map(each => ({ condition: each, returnValuesOnConditionFalse: 'ALL_OLD' })),
      },
    )
  const updating = writing('NONE', 'ALL_NEW', 'ALL_OLD', 'UPDATED_NEW', 'UPDATED_OLD')
  const nothing = fc.constant({})
  const paths = fc.uniqueArray(pathIn(all), { minLength: 1, maxLength: 2 })
  return fc.oneof(
    { weight: 2, arbitrary: operation('put', valuesFor(all), writing('NONE', 'ALL_OLD')) },
    { weight: 5, arbitrary: operation('update', changesOf(all), updating) },
    { weight: 2, arbitrary: operation('updateAttributes', valuesFor(all), updating) },
    { weight: 1, arbitrary: operation('delete', nothing, writing('NONE', 'ALL_OLD')) },
    {
      weight: 2,
      arbitrary: operation(
        'get',
        nothing,
        paths.map(attributes => ({ attributes, consistent: true })),
      ),
    },
    {
      weight: 1,
      arbitrary: operation(
        'query',
        nothing,
        fc
          .record({ attributes: paths, filters: condition.map(Random => ({ Random })) })
          .map(options => ({ ...options, consistent: true })),
      ),
    },
  )
}

/** Two items are there before anything is done to them. */
const programs = shapes.chain(attributes => {
  const first = (sk: string) =>
    valuesFor(attributes).map((given): Operation => ({ command: 'put', sk, given, options: {} }))
  return fc.record({
    attributes: fc.constant(attributes),
    before: fc.tuple(first('1'), first('2')),
    operations: fc.array(operationOn(attributes), { minLength: 1, maxLength: 8 }),
  })
})

interface Side {
  readonly table: Buildable
  readonly entity: Buildable
}

/** An entity and its table. Its client is new: what it is registered with shall not outlive the schema. */
function entityOf(all: Shapes, tableName: string, seal: Seal): Side {
  const sealed = seal !== inClear
  const documentClient = sealed ? sealedClient() : plainClient(world, EAST)
  const table = toolboxTable(documentClient, tableName)
  const keys = { pk: string().key(), sk: string().key() }
  const schema = item({ ...keys, ...attributesOf(all, seal) })
  const entity = new Entity({ name: 'Random', table, timestamps: false, schema })
  if (sealed) (documentClient as SealedDocumentClient).register(entity)
  return { table, entity } as unknown as Side
}

const sealedClient = () =>
  sealDocumentClient(DynamoDBDocumentClient.from(new DynamoDBClient(world.config(EAST))), {
    keyring: world.keyring(EAST),
  })

async function run(
  { table, entity }: Side,
  pk: string,
  { command, sk, given, options }: Operation,
): Promise<unknown> {
  const key = { pk, sk }
  const commands = {
    put: () => on(entity, PutItemCommand).item({ ...key, ...given }),
    update: () => on(entity, UpdateItemCommand).item({ ...key, ...given }),
    updateAttributes: () => on(entity, UpdateAttributesCommand).item({ ...key, ...given }),
    delete: () => on(entity, DeleteItemCommand).key(key),
    get: () => on(entity, GetItemCommand).key(key),
    query: () => on(table, QueryCommand).entities(entity).query({ partition: pk }),
  }
  try {
    return await commands[command]().options(options).send()
  } catch (error) {
    return error
  }
}

/**
 * Of a list, DynamoDB returns only the elements that were asked for or updated, moved together. dynamodb-toolbox takes
 * one of a tuple for another then, and refuses what does not fit; if it does not fit an encrypted one, we refuse it.
 */
function misfit({ options }: Operation, outcome: unknown, expected: unknown): boolean {
  return (
    (options.attributes !== undefined || String(options.returnValues).startsWith('UPDATED_')) &&
    (outcome as { code?: unknown }).code === 'invalid-value' &&
    (expected as { code?: unknown }).code === 'formatter.invalidAttribute' &&
    /\[\d+\]/.test(String((expected as { path?: unknown }).path))
  )
}

test('a sealed and a plain table agree after any commands on any schema, and nothing is sent in clear', async () => {
  await fc.assert(
    fc.asyncProperty(programs, async ({ attributes, before, operations }) => {
      const pk = `run ${++runs}`
      const agree = (outcome: unknown, expected: unknown) =>
        expect(differences(comparable(outcome, SEALED), comparable(expected, PLAIN))).toEqual([])
      const sealed = entityOf(attributes, SEALED, encrypted as Seal)
      const plain = entityOf(attributes, PLAIN, inClear)
      world.proxy.sent.length = 0
      for (const operation of [...before, ...operations]) {
        const outcome = await run(sealed, pk, operation)
        const expected = await run(plain, pk, operation)
        if (!misfit(operation, outcome, expected)) agree(outcome, expected)
      }
      const shown = withoutHidden(attributes)
      const whole = (side: Side) =>
        run(side, pk, { command: 'query', sk: '', given: {}, options: { consistent: true } })
      const items = await whole(entityOf(shown, PLAIN, inClear))
      agree(await whole(entityOf(shown, SEALED, encrypted as Seal)), items)
      expect(items).not.toBeInstanceOf(Error)
      expect((await stored(reader, SEALED, pk)).flatMap(item => notSealed(attributes, item))).toEqual([])
      expect(leaks(Buffer.concat(world.proxy.sent))).toEqual([])
    }),
    { seed: SEED, numRuns: RUNS },
  )
}, 600_000)
