// Who can write the table and nothing else swaps, deletes and plants envelopes and fields. What opens was sealed for just
// that place; everything else is an error of its item, which openPartially leaves out.
import { createHash } from 'node:crypto'
import { encrypted, openPartially } from '@dynaseal/toolbox'
import { GetItemCommand, PutItemCommand, QueryCommand, UpdateItemCommand } from 'dynamodb-toolbox'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { Refused, type StoredItem, store, storedItem } from '../../support/attacker.js'
import { createWorld, EAST, WEST, type World } from '../../support/world.js'
import { type Attributes, type Buildable, on } from '../matrix/loose.js'
import type { Seal } from '../matrix/placement.js'
import { createTable, ENVELOPE, people, person } from './people.js'

const TABLE = 'people'
const OTHER_TABLE = 'other-people'
const seal = encrypted as Seal
const binary = (bytes: Uint8Array) => ({ B: Buffer.from(bytes).toString('base64') })
const bytesOf = (value: unknown) => Buffer.from((value as { B: string }).B, 'base64')

let world: World
let runs = 0
let pk: string
let writer: ReturnType<typeof open>

beforeAll(async () => {
  world = await createWorld()
  for (const name of [TABLE, OTHER_TABLE]) await createTable(world, name)
  writer = open()
})
afterAll(() => world.stop())
beforeEach(() => {
  pk = `p${++runs}`
})

function open(region = EAST, table = TABLE, options: object = {}) {
  const { table: Table, Person } = people(
    world.sealedClient(region, { format: 'envelope', ...options }),
    table,
    seal,
  )
  return { table: Table as unknown as Buildable, Person: Person as Buildable }
}

async function put(sk: string, { Person } = writer, table = TABLE): Promise<StoredItem> {
  await on(Person, PutItemCommand)
    .item({ pk, sk, ...person(sk) })
    .send()
  return storedItem(world, table, { pk, sk })
}

const get = async (sk: string, { Person } = open()) =>
  (await on(Person, GetItemCommand).key({ pk, sk }).options({ consistent: true }).send()).Item

/** What becomes of the fields of an item: opened, or the code of its error; by process with keys and one without. */
async function outcomes(sk: string): Promise<unknown> {
  const read = async (reader: ReturnType<typeof open>) => {
    const got = await get(sk, reader).catch((error: { failures?: { path: string[]; code: string }[] }) => {
      if (error.failures === undefined) throw error
      return Object.fromEntries(error.failures.map(({ path, code }) => [path.join('.'), code]))
    })
    return got
  }
  const [cold, warm] = [await read(open()), await read(writer)]
  expect(warm).toEqual(cold)
  return cold
}

const ALL = ['text', 'amount', 'address', 'notes', 'nested.shut', 'codes.0', 'codes.1', 'byName.a']
const all = (code: string, paths = ALL) => Object.fromEntries(paths.map(path => [path, code]))

describe('an envelope', () => {
  test('of another item under the same data key is the same bytes, so that swapping them changes nothing', async () => {
    const [one, other] = [await put('1'), await put('2')]
    expect(one[ENVELOPE]).toEqual(other[ENVELOPE])
    await store(world, TABLE, { ...one, [ENVELOPE]: other[ENVELOPE] })
    expect(await outcomes('1')).toMatchObject(person('1'))
  })

  test('of another data key is not that of the short fields', async () => {
    const [one, other] = [await put('1'), await put('2', open())]
    expect(one[ENVELOPE]).not.toEqual(other[ENVELOPE])
    await store(world, TABLE, { ...one, [ENVELOPE]: other[ENVELOPE] })
    expect(await outcomes('1')).toEqual(all('wrong-envelope'))
  })

  test('of another data key, with fields whose tags were made to fit, opens nothing', async () => {
    const [one, other] = [await put('1'), await put('2', open())]
    const tag = bytesOf(other.text).subarray(3, 6)
    const text = Buffer.from(bytesOf(one.text))
    tag.copy(text, 3)
    await store(world, TABLE, { ...one, [ENVELOPE]: other[ENVELOPE], text: binary(text) })
    const { text: _, ...others } = all('wrong-envelope')
    expect(await outcomes('1')).toEqual({ ...others, text: 'not-authentic' })
  })

  test('whose commitment was changed, with fields whose tags fit, opens nothing', async () => {
    const { pk: _, ...one } = await put('1')
    const envelope = Buffer.from(bytesOf(one[ENVELOPE]))
    const last = envelope.length - 1
    envelope[last] = envelope[last]! ^ 1
    await store(world, TABLE, { pk: { S: pk }, ...one, [ENVELOPE]: binary(envelope) })
    expect(await outcomes('1')).toEqual(all('not-authentic'))
  })

  test('that is gone is missed by short fields, and by them alone', async () => {
    await put('1')
    await on(writer.Person, UpdateItemCommand)
      .item({ pk, sk: '1', text: 'secret full', byName: { b: 'secret full' } })
      .send()
    const { [ENVELOPE]: _, ...without } = await storedItem(world, TABLE, { pk, sk: '1' })
    await store(world, TABLE, without)
    expect(await outcomes('1')).toEqual(all('missing-envelope', ALL.slice(1)))
  })

  test('of another table is refused before KMS is asked', async () => {
    const one = await put('1')
    const other = open(EAST, OTHER_TABLE)
    const { [ENVELOPE]: envelope } = await put('1', other, OTHER_TABLE)
    await store(world, TABLE, { ...one, [ENVELOPE]: envelope })
    world.cloud.clearCalls()
    expect(await outcomes('1')).toEqual(all('wrong-context'))
    expect(world.kmsCalls()).toEqual([])
  })

  test.each<[string, unknown]>([
    ['a string', { S: 'envelope' }],
    ['its own text in base64', undefined],
    ['a number', { N: '1' }],
    ['a list', { L: [{ B: '2l4g' }] }],
    ['a map', { M: { 'dynaseal:table': { S: TABLE } } }],
    ['NULL', { NULL: true }],
    ['a set of bytes', { BS: ['2l4g'] }],
    ['nothing', binary(Buffer.alloc(0))],
    ['two bytes', binary(Buffer.from('da5e', 'hex'))],
    ['its beginning', binary(Buffer.from('da5e20', 'hex'))],
    ['300 KB of zeros', binary(Buffer.alloc(300_000))],
    [
      '300 KB that begin like one',
      binary(Buffer.concat([Buffer.from('da5e20', 'hex'), Buffer.alloc(300_000, 1)])),
    ],
  ])('that is %s costs its item, asks nothing of KMS, and is never handed out', async (_, planted) => {
    const one = await put('1')
    const envelope = planted ?? { S: (one[ENVELOPE] as { B: string }).B }
    try {
      await store(world, TABLE, { ...one, [ENVELOPE]: envelope })
    } catch (error) {
      if (error instanceof Refused) return
      throw error
    }
    world.cloud.clearCalls()
    expect(await outcomes('1')).toEqual(all('malformed-message'))
    expect(world.kmsCalls()).toEqual([])
    await put('2')
    const { result, unopened } = await openPartially(() =>
      on(writer.table, QueryCommand).entities(writer.Person).query({ partition: pk }).send(),
    )
    expect((result.Items as Attributes[]).map(({ sk }) => sk)).toEqual(['2'])
    expect(unopened).toMatchObject([{ key: { pk, sk: '1' } }])
  })

  test('planted in an item that has nothing to open is not handed out', async () => {
    const { [ENVELOPE]: envelope } = await put('1')
    await store(world, TABLE, {
      pk: { S: pk },
      sk: { S: '2' },
      _et: { S: 'Person' },
      _ct: { S: 'c' },
      _md: { S: 'm' },
      plain: { S: 'p' },
      [ENVELOPE]: envelope,
    })
    expect(await outcomes('2')).toEqual({
      pk,
      sk: '2',
      plain: 'p',
      entity: undefined,
      created: 'c',
      modified: 'm',
    })
  })

  test('with every byte changed opens nothing, and nothing else happens', async () => {
    const one = await put('1')
    const envelope = bytesOf(one[ENVELOPE])
    const text = { pk: one.pk, sk: one.sk, _et: one._et, _ct: one._ct, _md: one._md, text: one.text }
    // A page of them: an item for each byte.
    for (const [index] of envelope.entries()) {
      const changed = Buffer.from(envelope)
      changed[index] = changed[index]! ^ 1
      await store(world, TABLE, {
        ...(text as StoredItem),
        pk: { S: `${pk} bytes` },
        sk: one.sk,
        [ENVELOPE]: binary(changed),
      })
      const { unopened } = await openPartially(() =>
        on(writer.Person, GetItemCommand)
          .key({ pk: `${pk} bytes`, sk: '1' })
          .options({ consistent: true })
          .send(),
      )
      expect([index, unopened.flatMap(({ failures }) => failures.length)]).toEqual([index, [1]])
    }
  })
})

describe('a field', () => {
  test.each<[string, (one: StoredItem, other: StoredItem) => StoredItem, Record<string, string>]>([
    ['of another item', (one, other) => ({ ...one, text: other.text }), { text: 'not-authentic' }],
    ['of another attribute', one => ({ ...one, notes: one.text }), { notes: 'not-authentic' }],
    ['that is an envelope', one => ({ ...one, text: one[ENVELOPE] }), { text: 'malformed-message' }],
    [
      'whose form was changed to full',
      one => {
        const [envelope, text] = [bytesOf(one[ENVELOPE]), bytesOf(one.text)]
        const made = [Buffer.from('da5e22', 'hex'), envelope.subarray(3), text.subarray(6)]
        return { ...one, text: binary(Buffer.concat(made)) }
      },
      { text: 'not-authentic' },
    ],
    [
      'of a version to come',
      one => {
        const text = Buffer.from(bytesOf(one.text))
        text[2] = 0x23
        return { ...one, text: binary(text) }
      },
      { text: 'unsupported-version' },
    ],
    [
      'that ends early',
      one => ({ ...one, text: binary(bytesOf(one.text).subarray(0, 20)) }),
      { text: 'malformed-message' },
    ],
    [
      'that lacks a byte',
      one => ({ ...one, text: binary(bytesOf(one.text).subarray(0, -1)) }),
      { text: 'not-authentic' },
    ],
    [
      'that is text',
      one => ({ ...one, text: { S: (one.text as { B: string }).B } }),
      { text: 'not-a-message' },
    ],
    [
      'in a record under another name',
      one => ({ ...one, byName: { M: { b: (one.byName as { M: { a: unknown } }).M.a } } }),
      { 'byName.b': 'not-authentic' },
    ],
  ])('does not open: one %s', async (_, attack, failures) => {
    const [one, other] = [await put('1'), await put('2')]
    await store(world, TABLE, attack(one, other))
    expect(await outcomes('1')).toEqual(failures)
    expect(await outcomes('2')).toMatchObject(person('2'))
  })

  test('that is short is stray where nothing is encrypted, and does not reach the application', async () => {
    const one = await put('1')
    await store(world, TABLE, { ...one, plain: one.text })
    expect(await outcomes('1')).toEqual({ plain: 'wrong-location' })
  })

  test('of an older put under the same envelope can be put back, and one under another cannot', async () => {
    const before = await put('1')
    await on(writer.Person, PutItemCommand)
      .item({ pk, sk: '1', ...person('later') })
      .send()
    const later = await storedItem(world, TABLE, { pk, sk: '1' })
    await store(world, TABLE, { ...later, text: before.text })
    // As the threat model says.
    expect(await outcomes('1')).toMatchObject({ ...person('later'), text: 'secret text 1' })

    await on(open().Person, PutItemCommand)
      .item({ pk, sk: '1', ...person('last') })
      .send()
    const last = await storedItem(world, TABLE, { pk, sk: '1' })
    await store(world, TABLE, { ...last, text: before.text })
    expect(await outcomes('1')).toEqual({ text: 'wrong-envelope' })
    await store(world, TABLE, { ...last, text: before.text, [ENVELOPE]: before[ENVELOPE] })
    expect(await outcomes('1')).toEqual(all('wrong-envelope', ALL.slice(1)))
  })
})

test('replicas hold the same bytes, and open what is refused here there neither', async () => {
  const one = await put('1')
  await store(world, TABLE, { ...one, notes: one.text })
  await world.cloud.waitForReplication()
  await expect(get('1', open(WEST))).rejects.toMatchObject({
    failures: [{ code: 'not-authentic', path: ['notes'] }],
  })
  const digest = (item: StoredItem) =>
    createHash('sha256')
      .update(String((item[ENVELOPE] as { B: string }).B))
      .digest('hex')
  expect(digest(await storedItem(world, TABLE, { pk, sk: '1' }))).toBe(digest(one))
})
