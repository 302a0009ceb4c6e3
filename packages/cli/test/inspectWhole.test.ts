import { PutCommand } from '@aws-sdk/lib-dynamodb'
import type { DbEsdkFormatOptions } from '@dynaseal/db-esdk'
import { PutItemCommand } from 'dynamodb-toolbox'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { inspectBytes, inspectItem, projectOf, type Target, type WireItem } from '../src/api.js'
import { dynamoDbJson } from '../src/inspect/dynamoDbJson.js'
import { createWorld, EAST, entities, users, type World } from './support/cloud.js'
import { dynaseal, folder, unfit } from './support/command.js'
import { branchKeyring, createKeyStore, mrkKeyring, wholeClient, wholeConfig } from './support/wholes.js'

const TABLES: DbEsdkFormatOptions['tables'] = {
  users: {
    attributeActionsOnEncrypt: { tenant: 'SIGN_AND_INCLUDE_IN_ENCRYPTION_CONTEXT', note: 'DO_NOTHING' },
    allowedUnsignedAttributes: ['note'],
  },
}
const ITEM = {
  id: 'key-of-ada',
  tenant: 'acme',
  plan: 'plan of ada',
  note: 'unsigned',
  ssn: '078-05-1120',
  address: { city: 'Bergen' },
}

let world: World
let cwd: string
let made: ReturnType<typeof folder>
let target: Target
let stored: WireItem

beforeAll(async () => {
  // For the transactions of a key store.
  world = await createWorld({ engine: 'dynoxide' })
  made = folder({ 'dynaseal.config.mjs': wholeConfig(world, JSON.stringify(TABLES)) })
  cwd = made.path
  const client = wholeClient(world, { tables: TABLES! })
  await client.send(new PutCommand({ TableName: users.name, Item: ITEM }))
  target = (await projectOf({ clients: client })).target(users.name)
  stored = (await world.items())[0]!
})
afterAll(async () => {
  made.remove()
  await world.stop()
})

const kms = () => world.cloud.calls({ service: 'kms' }).length
const json = (item: WireItem) => JSON.stringify((dynamoDbJson({ M: item }) as { M: object }).M)
/** What nobody asked to be printed. */
const VALUES = /078-05|Bergen|acme|plan of|unsigned"/

describe('an item that is sealed as a whole', () => {
  it('fetched by its key: its header, which attributes are what, and no value, without asking KMS', async () => {
    world.cloud.clearCalls()
    const { code, out, note } = await dynaseal(['inspect', 'users', ITEM.id], { cwd })
    expect([code, note, kms()]).toEqual([0, '', 0])
    expect(unfit(out)).toEqual([])
    expect(out).toContain('aws_dbe_head: header of an item of the AWS Database Encryption SDK')
    for (const fact of [
      'version     2',
      'suite       0x6701, with an ECDSA signature',
      `size        ${stored.aws_dbe_head!.B!.length} bytes, and a footer of 151`,
      'encrypted   address, ssn',
      'signed      plan',
      'in context  id, tenant',
      'not signed  note',
      `made in     ${EAST}, where its data key was made`,
      'aws-crypto-public-key',
    ])
      expect(out).toContain(fact)
    expect(out).toContain(world.keyArns.find(arn => arn.includes(EAST)))
    expect(out).toMatch(
      /ssn: encrypted attribute\n {2}size +29 bytes, of which the value takes 11\n {2}type +S,/,
    )
    expect(out).not.toMatch(VALUES)
    expect(out).not.toContain(ITEM.id)
  })

  it('--check proves its place and prints nothing of it; --open prints what is encrypted', async () => {
    const checked = await dynaseal(['inspect', 'users', ITEM.id, '--check'], { cwd })
    expect([checked.code, checked.note]).toEqual([0, ''])
    expect(checked.out).toContain('proven: it opens for this table and key')
    expect(checked.out).not.toMatch(VALUES)
    const opened = await dynaseal(['inspect', 'users', ITEM.id, '--open'], { cwd })
    expect(opened.out).toContain('{"S":"078-05-1120"}')
    expect(opened.out).toContain('{"M":{"city":{"S":"Bergen"}}}')
    expect(opened.out).not.toMatch(/acme|plan of|unsigned"/)
    expect(unfit(opened.out)).toEqual([])
  })

  it('--json has the same, and no bytes of keys', async () => {
    const { out } = await dynaseal(['inspect', 'users', ITEM.id, '--json'], { cwd })
    const { fields } = JSON.parse(out)
    expect(fields).toHaveLength(3)
    expect(fields[0]).toMatchObject({
      path: ['aws_dbe_head'],
      state: 'envelope',
      version: 2,
      algorithmSuite: '0x6701',
      attributes: {
        address: 'ENCRYPT_AND_SIGN',
        id: 'SIGN_AND_INCLUDE_IN_ENCRYPTION_CONTEXT',
        note: 'DO_NOTHING',
        plan: 'SIGN_ONLY',
        ssn: 'ENCRYPT_AND_SIGN',
        tenant: 'SIGN_AND_INCLUDE_IN_ENCRYPTION_CONTEXT',
      },
      own: [],
      wrappingKeys: [{ provider: 'aws-kms', region: EAST }],
    })
    expect(fields[0]).not.toHaveProperty('encryptedDataKeys')
    expect(fields[2]).toMatchObject({ path: ['ssn'], type: 'S', bytes: 29, valueBytes: 11 })
    expect(out).not.toMatch(VALUES)
  })

  it('piped in, without a configuration: names where all is signed, numbers where that is not known', async () => {
    const { note: _, ...signed } = stored
    const all = await dynaseal(['inspect'], { input: json(signed) })
    expect([all.code, all.out]).toEqual([0, expect.stringContaining('encrypted   address, ssn')])
    const some = await dynaseal(['inspect'], { input: json(stored) })
    expect([some.code, some.out.replaceAll(/\s+/g, ' ')]).toEqual([
      0,
      expect.stringContaining('2 encrypted, 1 signed, 2 signed and in the encryption context. The item has'),
    ])
    expect(unfit(some.out)).toEqual([])
  })

  it('under branch keys says which one, and its version; of several recipients, each', async () => {
    await createKeyStore(world, ['acme'])
    const keyring = [branchKeyring(world, 'acme'), mrkKeyring(world)]
    const client = wholeClient(world, { keyring, tables: TABLES!, algorithmSuite: '0x6700' })
    const Item = { ...ITEM, id: 'other' }
    await client.send(new PutCommand({ TableName: users.name, Item }))
    const item = (await world.items()).find(({ id }) => id!.S === Item.id)!
    const { fields } = await inspectItem(item)
    const uuid = expect.stringMatching(
      /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/,
    )
    expect(fields[0]!.wrappingKeys).toMatchObject([
      { provider: 'aws-kms-hierarchy', name: 'acme', version: uuid },
      { provider: 'aws-kms', region: EAST },
    ])
    const { out } = await dynaseal(['inspect'], { input: json(item) })
    expect(out).toContain('branch key  acme')
    expect(out).toContain('suite       0x6700, without a signature')
  })
})

describe('bytes alone', () => {
  it.each(['base64', 'hex'] as const)('a header in %s', async encoding => {
    const text = Buffer.from(stored.aws_dbe_head!.B!).toString(encoding)
    const { code, out } = await dynaseal(['inspect', text], { cwd: '/' })
    expect(code).toBe(0)
    expect(out).toContain('Header of an item of the AWS Database Encryption SDK')
    expect(out.replaceAll(/\s+/g, ' ')).toContain(
      '2 encrypted, 1 signed, 2 signed and in the encryption context KMS key',
    )
    expect(unfit(out)).toEqual([])
  })

  it('what may be an encrypted attribute', async () => {
    const { code, out } = await dynaseal(['inspect', Buffer.from(stored.ssn!.B!).toString('base64')])
    expect([code, out]).toEqual([0, expect.stringContaining('Perhaps an encrypted attribute')])
    expect(out).toContain('aws_dbe_head')
  })

  it('a damaged header says what is wrong with it', () => {
    const header = stored.aws_dbe_head!.B!
    expect(inspectBytes(header.subarray(0, 100))).toMatchObject({
      state: 'unreadable',
      problem: { code: 'malformed-message' },
    })
  })

  it('a value at its place needs the rest of its item, and that is said', async () => {
    const text = Buffer.from(stored.ssn!.B!).toString('base64')
    const args = ['inspect', text, '--table', 'users', '--key', ITEM.id, '--path', 'ssn', '--check']
    const { code, out } = await dynaseal(args, { cwd })
    expect([code, out]).toEqual([3, expect.stringContaining('neither header nor footer')])
  })
})

describe('what is wrong with an item', () => {
  const inspected = async (item: WireItem, open?: 'check') => {
    const { fields } = await inspectItem(item, { target, open })
    return Object.fromEntries(
      fields.flatMap(({ path, problem }) => (problem === undefined ? [] : [[path!.join('.'), problem.code]])),
    )
  }

  it('nothing', async () => {
    expect(await inspected(stored)).toEqual({})
    expect(await inspected(stored, 'check')).toEqual({})
  })
  it('an attribute that was added, which its number shows', async () => {
    expect(await inspected({ ...stored, added: { S: 'x' } })).toEqual({ aws_dbe_head: 'not-authentic' })
  })
  it('an attribute that was changed, or another key, which only opening shows', async () => {
    for (const change of [{ plan: { S: 'free' } }, { id: { S: 'other' } }] as WireItem[]) {
      expect(await inspected({ ...stored, ...change })).toEqual({})
      const found = await inspected({ ...stored, ...change }, 'check')
      expect(found).toEqual({ aws_dbe_head: 'id' in change ? 'key-unavailable' : 'not-authentic' })
    }
  })
  it('another table, which only opening shows', async () => {
    const other = wholeClient(world, {
      tables: TABLES!,
      declaration: { table: 'others', key: ['id'], encrypted: ['ssn'] },
    })
    const { fields } = await inspectItem(stored, {
      target: (await projectOf({ clients: other })).target('others'),
      open: 'check',
    })
    expect(fields[0]).toMatchObject({ opens: false, problem: { code: expect.stringMatching(/./) } })
    expect(fields.map(({ opens }) => opens)).not.toContain(true)
  })
  it('a missing footer, header or key', async () => {
    const { aws_dbe_foot: _, ...noFooter } = stored
    const { aws_dbe_head: __, ...noHeader } = stored
    const { id: ___, ...noKey } = stored
    expect(await inspected(noFooter)).toEqual({ aws_dbe_head: 'missing-envelope' })
    expect(await inspected(noHeader)).toMatchObject({ aws_dbe_head: 'missing-envelope' })
    expect(await inspected(noKey)).toEqual({ aws_dbe_head: 'invalid-location' })
  })
  it('what is declared as encrypted and was only signed', async () => {
    const declaration = { table: users.name, key: ['id'], encrypted: ['ssn', 'address', 'plan'] }
    const other = wholeClient(world, { tables: TABLES!, declaration })
    const target = (await projectOf({ clients: other })).target(users.name)
    for (const open of [undefined, 'check', 'value'] as const) {
      const { fields } = await inspectItem(stored, { target, open })
      const plan = fields.find(({ path }) => path![0] === 'plan')!
      expect(plan).toMatchObject({ state: 'clear', problem: { code: 'clear' } })
      // It is in no ciphertext that would prove it.
      expect(plan).not.toHaveProperty('opens')
      expect(plan).not.toHaveProperty('value')
      expect(fields[0]!.opens).toBe(open === undefined ? undefined : true)
    }
  })
  it('an item in clear, and one of the other kind of format, both ways', async () => {
    expect(await inspected({ id: { S: 'a' }, ssn: { S: '078' } })).toEqual({
      aws_dbe_head: 'clear',
      ssn: 'clear',
    })
    const fieldClient = world.client()
    const [User] = entities()
    User.table.documentClient = fieldClient
    fieldClient.register(User)
    await User.build(PutItemCommand).item({ id: 'fields', ssn: '078' }).send()
    const item = (await world.items()).find(({ id }) => id!.S === 'fields')!
    expect(await inspected(item)).toEqual({ aws_dbe_head: 'clear', ssn: 'other-format' })
    const fields = (await world.project()).target(users.name)
    const found = await inspectItem(stored, { target: fields, open: 'check' })
    expect(found.fields[0]).toMatchObject({ problem: { code: 'other-format' } })
    expect(found.fields.map(({ opens }) => opens)).not.toContain(true)
  })
  it('is an exit code of its own', async () => {
    const input = json({ ...stored, added: { S: 'x' } })
    const { code, out } = await dynaseal(['inspect', '--table', 'users'], { cwd, input })
    expect([code, out]).toEqual([3, expect.stringContaining('Problem (not-authentic)')])
  })
})

it('what somebody wrote into the table is no command for the terminal', async () => {
  const name = 'a\u001b[2J\r\u009b31m\u202e\n0 errors'
  const { note: _, plan, ...others } = stored
  const { out } = await dynaseal(['inspect'], { input: json({ ...others, [name]: plan! }) })
  expect(out).not.toMatch(/[^\P{C}\n]/u)
  expect(out).not.toMatch(/^0 errors/m)
  expect(out).toContain(String.raw`a\u001b[2J\u000d\u009b31m\u202e\u000a0 errors`)
})
