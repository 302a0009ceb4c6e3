import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb'
import { sealDocumentClient as declaring, sealDynamoDBClient } from '@dynaseal/document-client'
import { MrkKeyring } from '@dynaseal/mrk-keyring'
import { PutItemCommand, UpdateItemCommand } from 'dynamodb-toolbox'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import {
  Backfill,
  type Project,
  projectOf,
  Revert,
  runJob,
  type ScanReport,
  scan,
  scanPage,
  type WireItem,
} from '../src/api.js'
import { scanCost } from '../src/commands/scan.js'
import { dynamoDbJson } from '../src/inspect/dynamoDbJson.js'
import { renderScan } from '../src/scan/render.js'
import { encryptedFields } from '../src/stored/tableItem.js'
import { configText, createWorld, EAST, entities, users, WEST, type World } from './support/cloud.js'
import { dynaseal, folder, unfit } from './support/command.js'

let world: World
let cwd: string
let made: ReturnType<typeof folder>
let project: Project

function entitiesOn(documentClient: ReturnType<World['client']>) {
  const [User, Order] = entities()
  User.table.documentClient = documentClient
  documentClient.register(User, Order)
  return [User, Order] as const
}

beforeAll(async () => {
  world = await createWorld()
  made = folder({ 'dynaseal.config.ts': configText(world) })
  cwd = made.path
  project = await world.project()
  const [User, Order] = entitiesOn(world.client())
  const [OldUser] = entitiesOn(world.client(EAST, { format: 'message' }))
  for (let i = 0; i < 20; i++)
    await User.build(PutItemCommand)
      .item({ id: `short-${i}`, ssn: '1', phones: ['2', '3'] })
      .send()
  for (let i = 0; i < 5; i++)
    await OldUser.build(PutItemCommand)
      .item({ id: `message-${i}`, ssn: '1' })
      .send()
  await User.build(UpdateItemCommand).item({ id: 'full', ssn: '1' }).send()
  await Order.build(PutItemCommand).item({ id: 'order', note: 'n' }).send()
  const put = (Item: Record<string, { S: string } | { B: Uint8Array } | { M: object }>) =>
    world.dynamodb.putItem({ TableName: users.name, Item: Item as never })
  await put({ id: { S: 'clear' }, _et: { S: 'User' }, ssn: { S: '078-05-1120' } })
  await put({ id: { S: 'nameless' }, ssn: { S: '078-05-1120' }, address: { M: { street: { S: 'x' } } } })
  await put({ id: { S: 'bytes' }, _et: { S: 'User' }, ssn: { B: Buffer.from('078') } })
  const { Item } = await world.dynamodb.getItem({ TableName: users.name, Key: { id: { S: 'short-0' } } })
  await put({ ...(Item as object), id: { S: 'moved' } } as never)
  const { dynaseal: _, ...lacking } = Item!
  await put({ ...(lacking as object), id: { S: 'lacking' } } as never)
})
afterEach(() => world.cloud.heal())
afterAll(async () => {
  made.remove()
  await world.stop()
})

const counts = ({ entities }: ScanReport) =>
  Object.fromEntries(
    entities.flatMap(({ entity = '', attributes }) =>
      attributes.map(({ attribute, clear, format1, format2, notOpened }) => [
        `${entity} ${attribute}`,
        [clear, format1, format2, notOpened],
      ]),
    ),
  )
const EVERYTHING = {
  'Order note': [0, 0, 1, {}],
  'User ssn': [1, 5, 23, { 'missing-envelope': 1, 'not-a-message': 1, 'not-authentic': 1 }],
  'User phones[n]': [0, 0, 44, { 'missing-envelope': 2, 'not-authentic': 2 }],
  ' ssn': [1, 0, 0, {}],
  ' address.street': [1, 0, 0, {}],
}

describe('a scan counts', () => {
  it('each entity and attribute, and the fields of each KMS key', async () => {
    world.cloud.clearCalls()
    const report = await scan(project.target('users'))
    expect(counts(report)).toEqual(EVERYTHING)
    expect(report).toMatchObject({ items: 32, complete: true, table: 'users', region: EAST })
    // Not those that lack their envelope.
    const arn = world.keyArns.find(one => one.includes(EAST))
    expect(report.keys).toEqual([{ provider: 'aws-kms', name: arn, region: EAST, fields: 5 + 22 + 42 + 1 }])
    expect(report.readUnits).toBeGreaterThan(0)
    // Of the unknown item nobody can say what it has to have.
    expect(report.absent).toEqual([
      { entity: 'User', attribute: 'income' },
      { entity: 'User', attribute: 'address.street' },
    ])
    // One data key of each of the clients that wrote.
    expect(world.cloud.calls({ service: 'kms' }).length).toBeLessThanOrEqual(3)
  })

  it('the same in any number of segments, each read alone', async () => {
    for (const segments of [1, 3]) {
      const parts = await Promise.all(
        [...Array(segments).keys()].map(segment => scan(project.target('users'), { segments, segment })),
      )
      const sums = new Map<string, number>()
      for (const part of parts)
        for (const [name, [, , format2]] of Object.entries(counts(part)) as [string, number[]][])
          sums.set(name, (sums.get(name) ?? 0) + format2!)
      expect(sums.get('User ssn')).toBe(23)
      expect(parts.reduce((sum, { items }) => sum + items, 0)).toBe(32)
    }
  })

  it('without KMS, what can be found without data keys', async () => {
    world.cloud.clearCalls()
    const found = counts(await scan(project.target('users'), { open: false }))
    expect(found['User ssn']).toEqual([1, 5, 23, { 'missing-envelope': 1, 'not-a-message': 1 }])
    expect(world.cloud.calls({ service: 'kms' })).toEqual([])
  })

  it('all, though DynamoDB throttles and fails, and one region has no KMS', async () => {
    world.cloud.fault({ region: EAST, service: 'dynamodb', kind: 'throttle', share: 0.5 })
    world.cloud.fault({ region: EAST, service: 'dynamodb', kind: 'error', times: 2 })
    world.cloud.fault({ region: EAST, service: 'kms', kind: 'refuse' })
    expect(counts(await scan((await world.project()).target('users'), { segments: 2 }))).toEqual(EVERYTHING)
  })

  it.each(['ExpiredTokenException', 'UnrecognizedClientException'])(
    'nothing, at once, where KMS answers %s: that says nothing of the fields',
    async error => {
      for (const region of [EAST, WEST])
        world.cloud.fault({ region, service: 'kms', kind: 'error', error, status: 400 })
      const target = (await world.project()).target('users')
      const refused = { code: 'credentials', message: expect.stringContaining('Sign in again') }
      await expect(scan(target)).rejects.toMatchObject(refused)
      await expect(runJob(target, new Revert(target))).rejects.toMatchObject(refused)
      await expect(runJob(target, new Backfill(target))).rejects.toMatchObject(refused)
    },
  )

  it('what was read when it is ended', async () => {
    const ended = new AbortController()
    const reading = scan(project.target('users'), {
      segments: 1,
      maxReadUnits: 1,
      signal: ended.signal,
      onProgress: () => ended.abort(),
    })
    expect(await reading).toMatchObject({ complete: false })
  })
})

it('a table that is declared, without entities', async () => {
  const client = declaring(DynamoDBDocumentClient.from(world.dynamodb), {
    keyring: new MrkKeyring({ keyArns: [...world.keyArns] }),
  })
  client.declare({ table: 'users', key: ['id'], encrypted: ['ssn', 'phones[*]'] })
  const report = await scan((await projectOf({ clients: client })).target('users'), { open: false })
  expect(counts(report)).toEqual({
    ' ssn': [2, 5, 23, { 'missing-envelope': 1, 'not-a-message': 1 }],
    ' phones[n]': [0, 0, 44, { 'missing-envelope': 2 }],
  })
  expect(renderScan(report, 80)).toMatch(/^ssn +2 +5 +23 +2$/m)
  expect(renderScan(report, 80)).not.toContain('in none of these items')
})

it('what is declared, and in no item, since its path is misspelled', async () => {
  const client = declaring(DynamoDBDocumentClient.from(world.dynamodb), {
    keyring: new MrkKeyring({ keyArns: [...world.keyArns] }),
  })
  const when = { attribute: '_et', equals: 'Order' }
  client.declare({ table: 'users', key: ['id'], encrypted: ['ssn', 'phone[*]'] })
  client.declare({ table: 'users', key: ['id'], encrypted: ['note', 'notes'], when })
  client.declare({ table: 'users', key: ['id'], encrypted: ['price'], when: { ...when, equals: 'Invoice' } })
  const report = await scan((await projectOf({ clients: client })).target('users'), { open: false })
  // Of invoices there are none.
  expect(report.absent).toEqual([
    { entity: undefined, attribute: 'phone[n]' },
    { entity: 'Order', attribute: 'notes' },
  ])
  const sentence = 'To be encrypted, and in none of these items: phone[n], notes of Order.'
  expect(renderScan(report, 80).replaceAll('\n', ' ')).toContain(sentence)
  expect(scanPage(report, [])).toContain(sentence)
})

it('a value once, also where the patterns of two kinds meet, and what stands in the way of several', async () => {
  const client = declaring(DynamoDBDocumentClient.from(world.dynamodb), {
    keyring: new MrkKeyring({ keyArns: [...world.keyArns] }),
  })
  const kind = (value: string) => ({ attribute: 'kind', equals: value })
  client.declare({ table: 'users', key: ['id'], encrypted: ['tags.a', 'tags.b'], when: kind('one') })
  client.declare({ table: 'users', key: ['id'], encrypted: ['tags.*'], when: kind('other') })
  const { known } = (await projectOf({ clients: client })).target('users')
  const [x, y, z] = [{ S: 'x' }, { S: 'y' }, { S: 'z' }]
  const found = (tags: WireItem[string], kindName?: string) =>
    encryptedFields(known, {
      id: { S: '1' },
      tags,
      ...(kindName === undefined ? {} : { kind: { S: kindName } }),
    }).map(({ path, attribute, value, isObstacle }) => [path.join('.'), attribute, value, isObstacle])
  expect(found({ M: { a: x, c: z, b: y } }, 'nobody')).toEqual([
    ['tags.a', 'tags.*', x, false],
    ['tags.b', 'tags.*', y, false],
    ['tags.c', 'tags.*', z, false],
  ])
  expect(found({ M: { a: x, c: z, b: y } }, 'one')).toEqual([
    ['tags.a', 'tags.a', x, false],
    ['tags.b', 'tags.b', y, false],
  ])
  for (const [name, attribute] of [
    ['one', 'tags.b'],
    ['other', 'tags.*'],
    [undefined, 'tags.*'],
  ] as const)
    expect(found(x, name)).toEqual([['tags', attribute, x, true]])
})

describe('an export to S3', () => {
  const lines = async () =>
    (await world.items()).map(
      item => `${JSON.stringify({ Item: (dynamoDbJson({ M: item }) as { M: object }).M })}\n`,
    )

  it.each([false, true])('is counted as the table is, without a read of it; in gzip: %s', async isZipped => {
    const all = await lines()
    const zip = (text: string) => (isZipped ? gzipSync(text) : text)
    writeFileSync(join(cwd, 'one.json'), zip(all.slice(0, 13).join('')))
    writeFileSync(join(cwd, 'two.json'), zip(all.slice(13).join('')))
    world.cloud.clearCalls()
    const { code, out } = await dynaseal(['scan', 'users', '--json', '--export', 'one.json', 'two.json'], {
      cwd,
    })
    expect(code).toBe(3)
    expect(counts(JSON.parse(out))).toEqual(JSON.parse(JSON.stringify(EVERYTHING)))
    expect(JSON.parse(out)).toMatchObject({ items: 32, readUnits: 0, complete: true })
    expect(world.cloud.calls({ service: 'dynamodb' })).toEqual([])
  })

  it.each([
    ['nothing.json', undefined, 'nothing.json cannot be read'],
    ['empty.json', '', 'empty.json cannot be read: The file of the export is empty'],
    ['.', undefined, '. is a folder: name the files in it'],
    ['text.json', 'some text of 078', 'line 1 is none of an export'],
    [
      'other.json',
      '{"Keys":{"id":{"S":"078"}},"NewImage":{"pk":{"S":"078"}}}',
      'line 1 is no item of table users',
    ],
    ['native.json', '{"Item":{"id":"078"}}', 'line 1 is JSON, and no DynamoDB JSON'],
    ['other.json', '{"Item":{"pk":{"S":"078"}}}', 'line 1 is no item of table users, whose key is id'],
  ])('that is none is refused: %s', async (name, text, message) => {
    if (text !== undefined) writeFileSync(join(cwd, name), text)
    const { code, note } = await dynaseal(['scan', 'users', '--export', name], { cwd })
    expect(code).toBe(1)
    expect(note.replaceAll('\n', ' ')).toContain(message)
    expect(note).not.toContain('078')
  })

  it('in gzip may have no items', async () => {
    writeFileSync(join(cwd, 'none.json.gz'), gzipSync(''))
    const { code, out } = await dynaseal(['scan', 'users', '--json', '--export', 'none.json.gz'], { cwd })
    expect([code, JSON.parse(out)]).toEqual([0, expect.objectContaining({ items: 0, complete: true })])
  })

  it.each(['--segment=1', '--segments=2', '--max-rcu=5', '--consistent'])('takes no %s', async option => {
    const { code, note } = await dynaseal(['scan', 'users', '--export', 'one.json', option], { cwd })
    expect([code, note]).toEqual([2, expect.stringContaining('cannot be used with option')])
  })
})

describe('an incremental export to S3', () => {
  /** Each item as it is, and, but for the first, as it was; and one that was deleted. */
  const changes = async () => {
    const image = (item: object) => (dynamoDbJson({ M: item } as never) as { M: object }).M
    const lines = (await world.items()).map((item, i) => {
      const old = { ...item, ssn: { S: '078-05-1120' } }
      const OldImage = i === 0 ? {} : { OldImage: image(old) }
      return { Keys: image({ id: item.id! }), NewImage: image(item), ...OldImage }
    })
    const gone = { id: { S: 'gone' }, _et: { S: 'User' }, ssn: { S: '078-05-1120' } }
    const all = [...lines, { Keys: image({ id: gone.id }), OldImage: image(gone) }]
    return all.map(line => `${JSON.stringify({ Metadata: {}, ...line })}\n`).join('')
  }

  it('is counted by what each change has left behind', async () => {
    writeFileSync(join(cwd, 'changes.json.gz'), gzipSync(await changes()))
    const { out } = await dynaseal(['scan', 'users', '--json', '--export', 'changes.json.gz'], { cwd })
    expect(counts(JSON.parse(out))).toEqual(JSON.parse(JSON.stringify(EVERYTHING)))
    expect(JSON.parse(out)).toMatchObject({ items: 32, complete: true })
  })

  it('and by what was there before', async () => {
    writeFileSync(join(cwd, 'changes.json'), await changes())
    const args = ['scan', 'users', '--json', '--export', 'changes.json', '--old-images']
    const { out } = await dynaseal(args, { cwd })
    const { items, entities } = JSON.parse(out) as ScanReport
    expect(items).toBe(32)
    const clear = entities.flatMap(({ attributes }) =>
      attributes.filter(({ attribute }) => attribute === 'ssn'),
    )
    expect(clear.reduce((sum, one) => sum + one.clear, 0)).toBe(32)
  })

  it('which a full one has not, and a table neither', async () => {
    writeFileSync(join(cwd, 'full.json'), '{"Item":{"id":{"S":"1"}}}')
    const full = await dynaseal(['scan', 'users', '--export', 'full.json', '--old-images'], { cwd })
    expect([full.code, full.note]).toEqual([1, expect.stringContaining('no old images')])
    const table = await dynaseal(['scan', 'users', '--old-images'], { cwd })
    expect([table.code, table.note]).toEqual([2, expect.stringContaining('--export')])
  })
})

it('a table that is declared on a client of attribute values', async () => {
  const client = sealDynamoDBClient(world.dynamodb, {
    keyring: new MrkKeyring({ keyArns: [...world.keyArns] }),
  })
  client.declare({ table: 'users', key: ['id'], encrypted: ['ssn'] })
  const report = await scan((await projectOf({ clients: client })).target('users'), { open: false })
  expect(counts(report)).toEqual({ ' ssn': [2, 5, 23, { 'missing-envelope': 1, 'not-a-message': 1 }] })
})

describe('what a scan costs', () => {
  const size = { items: 1_000_000, bytes: 4_096_000_000, regions: 1, isOnDemand: true }
  it.each([
    [{ segments: 4 }, 'Reading all of them takes about 500,000 read units: $0.06'],
    [{ segments: 4, consistent: true }, '1,000,000 read units: $0.13'],
    [{ segments: 4, segment: 1 }, 'Reading segment 1 of 4 takes about 125,000 read units: $0.02'],
  ])('with %o', (options, expected) => {
    expect(scanCost(size, options)).toContain(expected)
  })

  it('is never nothing', () => {
    const small = { ...size, items: 40, bytes: 0 }
    expect(scanCost(small, { segments: 4 })).toContain('about 1 read unit: less than $0.01')
  })
})

describe('dynaseal scan', () => {
  /** A configuration whose clients have no data key yet. */
  function another(name: string): string {
    writeFileSync(join(cwd, `${name}.config.ts`), configText(world))
    return `${name}.config.ts`
  }

  it('says what it costs, then the counts, in 80 columns; something left is 3', async () => {
    const { code, out, note } = await dynaseal(['scan', 'users'], { cwd })
    expect(code).toBe(3)
    expect(note).toContain('What it will cost is not known')
    expect(unfit(out + note)).toEqual([])
    expect(out).toMatch(/^User +ssn +1 +5 +23 +3$/m)
    expect(out).toMatch(/^User +ssn +missing-envelope +1$/m)
    expect(out).not.toMatch(/078/)
  })

  it('--json prints the report and nothing else', async () => {
    const { out, note } = await dynaseal(['scan', 'users', '--json', '--no-open'], { cwd })
    expect(note).toBe('')
    expect(JSON.parse(out)).toMatchObject({ items: 32, complete: true })
  })

  it.each([
    [['scan', 'users', '--segments', '2', '--segment', '2'], 2, 'counts from 0'],
    [['scan', 'users', '--max-rcu', 'x'], 2, 'a whole number'],
    [['scan', 'users', '--region', WEST], 1, 'does not exist in us-west-2'],
    [['scan'], 2, 'missing required argument'],
  ])('refuses %o', async (args, expected, message) => {
    const { code, note } = await dynaseal(args, { cwd })
    expect(code).toBe(expected)
    expect(note.replaceAll('\n', ' ')).toContain(message)
  })

  it('says which permission is missing', async () => {
    world.cloud.fault({ region: EAST, service: 'dynamodb', kind: 'deny' })
    const { code, note } = await dynaseal(['scan', 'users'], { cwd })
    expect(code).toBe(1)
    expect(note).toContain('dynamodb:DescribeTable is not allowed')
    expect(note.replaceAll('\n', ' ')).toMatch(/AWS refused dynamodb:Scan .*\. Allow dynamodb:Scan/)
  })

  it('of a table that was restored under another name says what its client takes', async () => {
    const name = 'restored.config.ts'
    writeFileSync(join(cwd, name), configText(world, "logicalTableName: () => 'users-before',"))
    const { code, out } = await dynaseal(['scan', 'users', '--config', name], { cwd })
    expect([code, out]).toEqual([3, expect.stringMatching(/^User +ssn +wrong-context +\d+$/m)])
    expect(out.replaceAll('\n', ' ')).toContain('takes the old one: logicalTableName.')
    expect(unfit(out)).toEqual([])
    const job = await dynaseal(['revert', 'users', '--config', name], { cwd })
    expect(job.out.replaceAll(/\s+/g, ' ')).toContain(
      'of a restored table, the client takes logicalTableName',
    )
  })

  it('of what has no data key says who knows why', async () => {
    for (const region of [EAST, WEST]) world.cloud.fault({ region, service: 'kms', kind: 'deny' })
    const { code, out } = await dynaseal(['scan', 'users', '--config', another('denied')], { cwd })
    expect([code, out]).toEqual([3, expect.stringMatching(/^User +ssn +key-unavailable +\d+$/m)])
    expect(out.replaceAll('\n', ' ')).toContain('dynaseal inspect --check says why for one item')
    expect(unfit(out)).toEqual([])
    const inspected = await dynaseal(
      ['inspect', 'users', 'short-1', '--check', '--config', another('inspected')],
      { cwd },
    )
    expect(inspected.out.replaceAll(/\n */g, ' ')).toContain('refuses. us-east-1: AccessDeniedException')
  })
})
