import { isDeepStrictEqual } from 'node:util'
import type { AttributeValue } from '@aws-sdk/client-dynamodb'
import { KMS } from '@aws-sdk/client-kms'
import { DynamoDBDocumentClient, GetCommand, PutCommand } from '@aws-sdk/lib-dynamodb'
import { combineKeyrings } from '@dynaseal/core'
import { dbEsdkFormat } from '@dynaseal/db-esdk'
import { sealDocumentClient } from '@dynaseal/document-client'
import { MrkKeyring } from '@dynaseal/mrk-keyring'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import {
  Backfill,
  backfill,
  projectOf,
  revert,
  rewrap,
  runJob,
  type ScanReport,
  scan,
  scanExport,
  type Target,
  type WireItem,
} from '../src/api.js'
import { dynamoDbJson } from '../src/inspect/dynamoDbJson.js'
import { leftIn, renderScan } from '../src/scan/render.js'
import { createWorld, type World } from './support/cloud.js'
import { crashing, kept } from './support/crashing.js'
import { raced } from './support/raced.js'

const TABLE = 'users'
let world: World

beforeAll(async () => {
  // The other engine holds no two maps for equal.
  world = await createWorld({ engine: 'dynoxide' })
})
afterEach(async () => {
  for (const { id } of await world.items())
    await world.dynamodb.deleteItem({ TableName: TABLE, Key: { id: id! } })
})
afterAll(() => world.stop())

const keyring = () =>
  new MrkKeyring({ keyArns: [...world.keyArns], client: region => new KMS(world.config(region)) })

function clientOf(format: 'whole' | 'fields') {
  const documents = DynamoDBDocumentClient.from(world.dynamodb)
  const client =
    format === 'whole'
      ? sealDocumentClient(documents, { format: dbEsdkFormat({ keyring: keyring() }) })
      : sealDocumentClient(documents, { keyring: keyring() })
  return client.declare({ table: TABLE, key: ['id'], encrypted: ['ssn', 'address'] })
}
const targetOf = async (format: 'whole' | 'fields'): Promise<Target> =>
  (await projectOf({ clients: clientOf(format) })).target(TABLE)
const store = (format: 'whole' | 'fields', id: string, more: object = {}) =>
  clientOf(format).send(
    new PutCommand({ TableName: TABLE, Item: { id, plan: 'pro', ssn: `ssn of ${id}`, ...more } }),
  )
const put = (Item: Record<string, AttributeValue>) => world.dynamodb.putItem({ TableName: TABLE, Item })
const item = async (id: string) => (await world.items()).find(one => one.id!.S === id)!

const rowsOf = ({ entities }: ScanReport) =>
  Object.fromEntries(
    entities.flatMap(({ attributes }) =>
      attributes.map(({ attribute, clear, format1, format2, dbEsdk, notOpened }) => [
        attribute,
        [clear, format1, format2, dbEsdk, notOpened],
      ]),
    ),
  )

describe('scan of items that are sealed as wholes', () => {
  const fill = async () => {
    for (const id of ['a', 'b', 'c']) await store('whole', id)
    await store('whole', 'bare', { ssn: undefined })
    await put({ id: { S: 'clear' }, ssn: { S: '078-05-1120' }, address: { M: {} } })
    await store('fields', 'fields')
    await put({ ...(await item('a')), id: { S: 'moved' } })
    await put({ ...(await item('b')), id: { S: 'b' }, plan: { S: 'free' } })
    const { aws_dbe_foot: _, ...lacking } = await item('c')
    await put({ ...lacking, id: { S: 'lacking' } })
    await put({ ...(await item('c')), id: { S: 'headless' }, aws_dbe_head: { B: Buffer.of(1, 1) } })
  }

  it('counts them by attribute, key and reason', async () => {
    await fill()
    const report = await scan(await targetOf('whole'))
    expect(report.items).toBe(9)
    expect(rowsOf(report)).toEqual({
      address: [1, 0, 0, 0, {}],
      aws_dbe_head: [0, 0, 0, 1, {}],
      ssn: [
        1,
        0,
        1,
        6,
        {
          'key-unavailable': 1,
          'malformed-message': 1,
          'missing-envelope': 1,
          'not-authentic': 1,
          'other-format': 1,
        },
      ],
    })
    const [key] = report.keys
    expect(report.keys).toHaveLength(1)
    expect(world.keyArns).toContain(key!.name)
    // All but the one in clear, the one without a header, and the short field, whose key is in its envelope.
    expect(key!.fields).toBe(6)
    expect(renderScan(report, 80)).toMatch(/^attribute +clear +format 1 +format 2 +DB-ESDK +not opened$/m)
  })

  it('counts what is only signed as in clear', async () => {
    const documents = DynamoDBDocumentClient.from(world.dynamodb)
    const client = sealDocumentClient(documents, { format: dbEsdkFormat({ keyring: keyring() }) })
    client.declare({ table: TABLE, key: ['id'], encrypted: ['address'] })
    await client.send(new PutCommand({ TableName: TABLE, Item: { id: 'a', ssn: '078', address: 'x' } }))
    const report = await scan(await targetOf('whole'))
    expect(rowsOf(report)).toEqual({ address: [0, 0, 0, 1, {}], ssn: [1, 0, 0, 0, {}] })
  })

  it('without KMS finds what can be found so', async () => {
    await fill()
    world.cloud.clearCalls()
    const report = await scan(await targetOf('whole'), { open: false })
    expect(rowsOf(report).ssn![4]).toEqual({
      'malformed-message': 1,
      'missing-envelope': 1,
      'other-format': 1,
    })
    expect(world.cloud.calls({ service: 'kms' })).toEqual([])
  })

  it('by a client that seals fields says that they are of another format', async () => {
    await store('whole', 'a')
    await store('fields', 'b')
    const report = await scan(await targetOf('fields'))
    expect(rowsOf(report)).toEqual({ ssn: [0, 0, 1, 1, { 'other-format': 1 }] })
    expect(report.keys).toMatchObject([{ fields: 2 }])
  })

  it('in an export to S3', async () => {
    await fill()
    const lines = (await world.items()).map(
      (one: WireItem) => `${JSON.stringify({ Item: (dynamoDbJson({ M: one }) as { M: object }).M })}\n`,
    )
    async function* bytes() {
      yield Buffer.from(lines.join(''))
    }
    const target = await targetOf('whole')
    const { seconds: _, readUnits, ...counted } = await scanExport(target, [{ name: 'x', bytes: bytes() }])
    const { seconds, readUnits: used, ...read } = await scan(target)
    expect(counted).toEqual(read)
    expect(readUnits).toBe(0)
  })
})

describe('work on items that are sealed as wholes', () => {
  const apply = { apply: true }
  const sorted = async () => (await world.items()).sort((a, b) => (a.id!.S! < b.id!.S! ? -1 : 1))
  const user = (id: string, more: Record<string, AttributeValue> = {}) => ({
    id: { S: id },
    plan: { S: 'pro' },
    ssn: { S: `ssn of ${id}` },
    address: { M: { city: { S: 'Oslo' }, no: { N: '7' } } },
    ...more,
  })
  /** What the application reads. */
  const read = async (format: 'whole' | 'fields', id: string) =>
    (await clientOf(format).send(new GetCommand({ TableName: TABLE, Key: { id }, ConsistentRead: true })))
      .Item
  const native = (id: string) => ({ id, plan: 'pro', ssn: `ssn of ${id}`, address: { city: 'Oslo', no: 7 } })

  it('backfill seals what is in clear, revert is the way back, and neither does anything twice', async () => {
    for (const id of ['a', 'b', 'c']) await put(user(id))
    const before = await sorted()
    const target = await targetOf('whole')
    expect(await runJob(target, backfill(target), {})).toMatchObject({ changed: 3, fields: 6 })
    expect(await sorted()).toEqual(before)
    world.cloud.clearCalls()
    const report = await runJob(target, backfill(target), apply)
    expect(report).toMatchObject({ changed: 3, fields: 6, left: {} })
    expect([report.kmsCalls, world.cloud.calls({ service: 'kms' }).length]).toEqual([3, 3])
    for (const id of ['a', 'b', 'c']) expect(await read('whole', id)).toEqual(native(id))
    expect(leftIn(await scan(target))).toBe(0)
    expect(await runJob(target, backfill(target), apply)).toMatchObject({ changed: 0 })
    expect(await runJob(target, revert(target), apply)).toMatchObject({ changed: 3, left: {} })
    expect(await sorted()).toEqual(before)
    expect(await runJob(target, revert(target), apply)).toMatchObject({ changed: 0 })
  })

  it('backfill leaves what is sealed otherwise, damaged, or may be', async () => {
    await store('fields', 'fields')
    await put(user('bytes', { ssn: { B: Buffer.from('078') } }))
    await put(user('half', { aws_dbe_head: { B: Buffer.of(1) } }))
    await put(
      user('many', Object.fromEntries(Array.from({ length: 150 }, (_, i) => [`n${i}`, { N: `${i}` }]))),
    )
    const before = await sorted()
    const target = await targetOf('whole')
    const report = await runJob(target, backfill(target), apply)
    expect(report).toMatchObject({
      changed: 0,
      left: { binary: 1, 'missing-envelope': 1, 'other-format': 1, 'too-many-attributes': 1 },
    })
    expect(await sorted()).toEqual(before)
    expect(await runJob(target, backfill(target, { binary: true }), apply)).toMatchObject({ changed: 1 })
  })

  it.each([
    ['fields', 'whole'],
    ['whole', 'fields'],
  ] as const)('rewrap goes from %s to %s, once, and what is in clear stays', async (old, now) => {
    for (const id of ['a', 'b']) await store(old, id, { address: { city: 'Oslo', no: 7 } })
    await put(user('clear'))
    const [target, from] = [await targetOf(now), await targetOf(old)]
    const work = () => runJob(target, rewrap(target, {}, from), apply)
    expect(await work()).toMatchObject({ changed: 2, left: {}, items: 3 })
    for (const id of ['a', 'b']) expect(await read(now, id)).toEqual(native(id))
    expect(await item('clear')).toEqual(user('clear'))
    const own = ['address', 'id', 'plan', 'ssn']
    const added = now === 'whole' ? ['aws_dbe_foot', 'aws_dbe_head'] : ['dynaseal']
    expect(Object.keys(await item('a')).sort()).toEqual([...own, ...added].sort())
    expect(await work()).toMatchObject({ changed: 0, left: {} })
  })

  it('rewrap to another key, and where nothing is to be done it writes nothing', async () => {
    for (const id of ['a', 'b']) await store('whole', id)
    const { KeyMetadata } = await new KMS(world.config('us-east-1')).createKey({ MultiRegion: true })
    const other = new MrkKeyring({
      keyArns: [KeyMetadata!.Arn!],
      client: region => new KMS(world.config(region)),
    })
    const moving = async () => {
      const both = combineKeyrings({ sealWith: other, openWith: [keyring()] })
      const client = sealDocumentClient(DynamoDBDocumentClient.from(world.dynamodb), {
        format: dbEsdkFormat({ keyring: both as never }),
      })
      client.declare({ table: TABLE, key: ['id'], encrypted: ['ssn', 'address'] })
      return (await projectOf({ clients: client })).target(TABLE)
    }
    // As another release of that SDK writes it, whose beacons this client knows nothing of.
    const beacon = { aws_dbe_b_ssn: { S: '0a1' }, aws_dbe_v_1: { S: ' ' } }
    await put({ ...(await item('a')), ...beacon })
    const same = await targetOf('whole')
    expect(await runJob(same, rewrap(same), apply)).toMatchObject({ changed: 0, left: {} })
    const target = await moving()
    expect(await runJob(target, rewrap(target), apply)).toMatchObject({ changed: 2, fields: 2, left: {} })
    expect((await scan(target)).keys).toMatchObject([{ name: KeyMetadata!.Arn, fields: 2 }])
    expect(await item('a')).toMatchObject(beacon)
    const again = await moving()
    expect(await runJob(again, rewrap(again), apply)).toMatchObject({ changed: 0, left: {} })
  })

  it('rewrap of everything: each item is under another data key, once, also where a process ends in a page', async () => {
    for (const id of ['a', 'b', 'c', 'd']) await store('whole', id)
    const before = new Map((await world.items()).map(one => [one.id!.S, one]))
    const checkpoint = kept()
    const crash = crashing(await targetOf('whole'), checkpoint, { after: 5, arrives: true })
    const once = { apply: true, segments: 1, concurrency: 1 }
    const running = runJob(crash.target, rewrap(crash.target, { all: true }), {
      ...once,
      checkpoint: crash.checkpoint,
    })
    await Promise.race([running, crash.crashed])
    const between = await sorted()
    const done = between.filter(
      one => !isDeepStrictEqual(one.aws_dbe_head, before.get(one.id!.S)!.aws_dbe_head),
    )
    expect(done.length).toBeGreaterThan(0)
    expect(done.length).toBeLessThan(4)
    const target = await targetOf('whole')
    const report = await runJob(target, rewrap(target, { all: true }), { ...once, checkpoint })
    expect(report).toMatchObject({ changed: 4 - done.length, left: {} })
    for (const one of await sorted()) {
      expect(one.aws_dbe_head).not.toEqual(before.get(one.id!.S)!.aws_dbe_head)
      if (done.some(({ id }) => id!.S === one.id!.S)) expect(between).toContainEqual(one)
      expect(await read('whole', one.id!.S!)).toMatchObject({ ssn: `ssn of ${one.id!.S}` })
    }
    // What is done is forgotten with its page.
    expect(checkpoint.texts.at(-1)).not.toContain('itemKeys')
    expect(checkpoint.texts.some(text => text.includes('itemKeys'))).toBe(true)
  })

  it('what would come to stand in clear is left', async () => {
    await store('whole', 'a', { address: 'x' })
    const client = sealDocumentClient(DynamoDBDocumentClient.from(world.dynamodb), { keyring: keyring() })
    client.declare({ table: TABLE, key: ['id'], encrypted: ['ssn'] })
    const target = (await projectOf({ clients: client })).target(TABLE)
    const report = await runJob(target, rewrap(target, {}, await targetOf('whole')), apply)
    expect(report).toMatchObject({ changed: 0, left: { 'not-declared': 1 } })
  })

  it('what does not open is left, by all of them', async () => {
    await store('whole', 'a')
    await put({ ...(await item('a')), plan: { S: 'free' } })
    const target = await targetOf('whole')
    const fields = await targetOf('fields')
    expect(await runJob(target, revert(target), apply)).toMatchObject({
      changed: 0,
      left: { 'not-authentic': 1 },
    })
    expect(await runJob(fields, rewrap(fields, {}, target), apply)).toMatchObject({
      changed: 0,
      left: { 'not-authentic': 1 },
    })
  })

  it('backfill reads an item again of which a part changed that is only signed', async () => {
    await put(user('a'))
    const target = await targetOf('whole')
    const other = raced(target, () => put(user('a', { plan: { S: 'free' } })))
    expect(await runJob(other, backfill(target), apply)).toMatchObject({ changed: 1, overtaken: 1, left: {} })
    expect(await read('whole', 'a')).toEqual({ ...native('a'), plan: 'free' })
  })

  it.each(['backfill', 'rewrap', 'revert'] as const)('%s lets a concurrent writer win', async name => {
    const isClear = name === 'backfill'
    if (isClear) await put(user('a'))
    else await store(name === 'rewrap' ? 'fields' : 'whole', 'a')
    const target = await targetOf('whole')
    const tasks = {
      backfill: () => backfill(target),
      rewrap: async () => rewrap(target, {}, await targetOf('fields')),
      revert: () => revert(target),
    }
    const other = raced(target, () => store('whole', 'a', { ssn: 'new' }))
    const report = await runJob(other, await tasks[name](), apply)
    expect(report).toMatchObject({ overtaken: 1, left: {}, changed: name === 'revert' ? 1 : 0 })
    if (name === 'revert') expect((await item('a')).ssn).toEqual({ S: 'new' })
    else expect(await read('whole', 'a')).toMatchObject({ ssn: 'new' })
  })

  it('is refused where it cannot be done, with the reason', async () => {
    const [whole, fields] = [await targetOf('whole'), await targetOf('fields')]
    expect(() => rewrap(whole, { all: true }, fields)).toThrow('--all goes without --from')
    expect(() => rewrap(whole, {}, whole)).toThrow('Both configurations seal items as wholes')
    expect(() => rewrap(fields, {}, fields)).toThrow('Both configurations seal fields')
    expect(() => new Backfill(whole)).toThrow('seals items as wholes')
  })
})
