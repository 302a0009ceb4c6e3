// Images whose encrypted attributes are all attributes as wholes, beside what else they have: in exports, of entities, with
// tokens, beside others. That is how nearly all are, and they are read and opened in a way of their own.
import { DynamoDBClient } from '@aws-sdk/client-dynamodb'
import { DynamoDBDocumentClient, type TranslateConfig } from '@aws-sdk/lib-dynamodb'
import { marshall } from '@aws-sdk/util-dynamodb'
import { createSearchKey, createSearchTokens } from '@dynaseal/core'
import { type SealOptions, sealDocumentClient } from '@dynaseal/document-client'
import { encrypted, openPartially, sealDocumentClient as sealForToolbox } from '@dynaseal/toolbox'
import { Entity, EntityParser, item, map, number, string } from 'dynamodb-toolbox'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { inBase64 } from '../../support/streamRecords.js'
import { toolboxTable } from '../../support/toolboxTable.js'
import { createWorld, EAST, type World } from '../../support/world.js'

const TABLE = 'patients'

let world: World
let searchKey: Uint8Array
beforeAll(async () => {
  world = await createWorld()
  searchKey = await createSearchKey(world.keyring(EAST), { version: 1 })
}, 60_000)
afterAll(() => world.stop())

function declaredClient(
  encrypted = ['name', 'note'],
  options: Partial<SealOptions> = {},
  translate: TranslateConfig = {},
) {
  const keyring = world.keyring(EAST)
  const base = DynamoDBDocumentClient.from(new DynamoDBClient(world.config(EAST)), translate)
  return sealDocumentClient(base, {
    keyring,
    ...options,
    search: createSearchTokens({ keyring, writeWith: searchKey }),
  }).declare({ table: TABLE, key: ['pk', 'sk'], encrypted, tokens: { nameToken: { of: 'name', bits: 64 } } })
}

const patient = (n: number) => ({
  pk: 'p',
  sk: n,
  name: `secret ${n}`,
  note: new Uint8Array(40).fill(n),
  photo: new Uint8Array(40).fill(n),
  visits: [{ at: n, with: new Set(['a', 'b']) }],
  open: null,
})
const patients = Array.from({ length: 5 }, (_, n) => patient(n))

const json = (value: unknown) => JSON.parse(JSON.stringify(value, inBase64))
const keysOf = ({ pk, sk }: Record<string, unknown>) => ({ pk, sk })

async function images(of: readonly Record<string, unknown>[] = patients, client = declaredClient()) {
  return (await client.sealItems(TABLE, of)).map(sealed => json(marshall(sealed)))
}

function recordOf(image: Record<string, unknown>) {
  return {
    eventName: 'MODIFY' as const,
    eventSourceARN: `arn:aws:dynamodb:${EAST}:000000000000:table/${TABLE}/stream/1`,
    dynamodb: { SequenceNumber: '1', Keys: keysOf(image), NewImage: image, OldImage: image },
  }
}

const fileOf = (...lines: unknown[]) => [Buffer.from(lines.map(line => `${JSON.stringify(line)}\n`).join(''))]

async function all<T>(iterable: AsyncIterable<T>): Promise<T[]> {
  const found: T[] = []
  for await (const each of iterable) found.push(each)
  return found
}

/** In both images. */
const each = (failure: object) => [failure, failure]

/** With the name of one patient in the place of the note. */
const moved = (image: Record<string, unknown>) => ({ ...image, note: image.name })

test('open with what they have in clear, and without their tokens', async () => {
  const some = await images()
  expect(some[0].nameToken.S).toMatch(/^1\./)
  const { keys, newImage, oldImage } = await declaredClient().openStreamRecord(recordOf(some[3]))
  expect(keys).toEqual(keysOf(patient(3)))
  expect(newImage).toStrictEqual(patient(3))
  expect(oldImage).toStrictEqual(patient(3))
})

test('of an export open, and those that do not are told by their key', async () => {
  const some = await images()
  const given = some.map((image, n) => (n === 2 ? moved(image) : image))
  const reading: ((client: ReturnType<typeof declaredClient>) => AsyncIterable<unknown>)[] = [
    client => client.openExport(TABLE, fileOf(...given.map(Item => ({ Item })))),
    client =>
      client.openIncrementalExport(
        TABLE,
        fileOf(...given.map(image => ({ Keys: keysOf(image), NewImage: image }))),
      ),
  ]
  for (const read of reading) {
    const client = declaredClient()
    const { result, unopened } = await openPartially(() => all(read(client)))
    expect(result).toMatchObject(
      patients
        .filter((_, n) => n !== 2)
        .map(each => ('newImage' in (result[0] as object) ? { newImage: each } : each)),
    )
    expect(unopened).toMatchObject([
      { table: TABLE, key: keysOf(patient(2)), failures: [{ path: ['note'], code: 'not-authentic' }] },
    ])
    await expect(all(read(client))).rejects.toMatchObject({ name: 'FieldsNotOpenedError' })
  }
})

test('beside others, under a data key that has to be asked for: with one call', async () => {
  const some = await images()
  // An SDK would have given the bytes themselves.
  const asBytes = { ...some[1], name: { B: Buffer.from(some[1].name.B, 'base64') } }
  const records = [some[0], asBytes, moved(some[2]), some[3]].map(recordOf)
  const before = world.kmsCalls(EAST).length
  const results = await declaredClient().openStreamRecords(records)
  expect(world.kmsCalls(EAST).slice(before)).toEqual([`Decrypt ${EAST}`])
  expect(results.map(({ record, error }) => error?.code ?? record?.newImage)).toEqual([
    patient(0),
    patient(1),
    'fields-not-opened',
    patient(3),
  ])
})

test('beside others, where one data key at a time is kept: with one call for each', async () => {
  const [one, other] = [await images(), await images()]
  const asBytes = (image: (typeof one)[0]) => ({ ...image, name: { B: Buffer.from(image.name.B, 'base64') } })
  const records = [one[0], asBytes(one[1]), other[2], asBytes(other[3])].map(recordOf)
  const before = world.kmsCalls(EAST).length
  const results = await declaredClient(['name', 'note'], { cache: { maxKeys: 1 } }).openStreamRecords(records)
  expect(results.map(({ record }) => record?.newImage)).toEqual(patients.slice(0, 4))
  expect(world.kmsCalls(EAST).slice(before)).toEqual([`Decrypt ${EAST}`, `Decrypt ${EAST}`])
})

test('with nothing sealed are not asked for a key that can be written', async () => {
  // The SDK takes no instances of classes.
  class Digits {
    constructor(readonly digits: string) {}
  }
  const wrapNumbers = (digits: string) => new Digits(digits) as never
  const client = declaredClient(['name', 'note'], {}, { unmarshallOptions: { wrapNumbers } })
  const image = { pk: { S: 'p' }, sk: { N: '1' }, open: { S: 'open' } }
  const opened = { pk: 'p', sk: new Digits('1'), open: 'open' }
  expect((await client.openStreamRecord(recordOf(image))).newImage).toEqual(opened)
  expect(await all(client.openExport(TABLE, fileOf({ Item: image })))).toEqual([opened])
  const [sealed] = await images()
  const record = recordOf({ ...sealed, sk: { N: '1' } })
  await expect(client.openStreamRecord(record)).rejects.toMatchObject({ code: 'invalid-value' })
  record.dynamodb.Keys = { pk: { S: 'p' }, sk: { N: '2' } }
  await expect(client.openStreamRecord(record)).rejects.toMatchObject({ code: 'invalid-record' })
  const lines = fileOf({ Item: { pk: sealed.pk, name: sealed.name, dynaseal: sealed.dynaseal } })
  await expect(all(client.openExport(TABLE, lines))).rejects.toMatchObject({
    failures: [{ path: ['name'], code: 'invalid-location' }],
  })
})

test('with ciphertext inside of what is in clear are refused there', async () => {
  const [image] = await images()
  image.visits = { L: [{ M: { at: image.name } }] }
  await expect(declaredClient().openStreamRecord(recordOf(image))).rejects.toMatchObject({
    failures: each({ path: ['visits', 0, 'at'], code: 'wrong-location' }),
  })
})

test('of entities give what the formatter gives, and nothing that somebody put past it', async () => {
  const client = sealForToolbox(DynamoDBDocumentClient.from(new DynamoDBClient(world.config(EAST))), {
    keyring: world.keyring(EAST),
  })
  const Person = new Entity({
    name: 'Person',
    table: toolboxTable(client, TABLE),
    timestamps: false,
    schema: item({
      pk: string().key(),
      sk: string().key(),
      name: encrypted(string()),
      age: encrypted(number()).optional(),
      address: map({ city: string() }),
    }),
  })
  client.register(Person)
  const ada = { pk: 'a', sk: 'b', name: 'secret Ada', age: 36, address: { city: 'London' } }
  const [sealed] = await client.sealItems(TABLE, [Person.build(EntityParser).parse(ada).item])
  const image = json(marshall(sealed!))
  expect(image.name?.B).toBeDefined()
  const opened = await client.openStreamRecord(Person, recordOf(image))
  expect(opened?.newImage).toEqual(ada)
  await expect(
    client.openStreamRecord(Person, recordOf({ ...image, age: { N: '7' } })),
  ).rejects.toMatchObject({ failures: each({ path: ['age'], code: 'not-a-message' }) })
})
