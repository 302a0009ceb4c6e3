import { PutItemCommand, UpdateItemCommand } from 'dynamodb-toolbox'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { inspectBytes, inspectItem, type Project, type WireItem } from '../src/api.js'
import { dynamoDbJson } from '../src/inspect/dynamoDbJson.js'
import { parseKey } from '../src/inspect/parseInput.js'
import { configText, createWorld, EAST, entities, users, WEST, type World } from './support/cloud.js'
import { dynaseal, folder, unfit } from './support/command.js'

let world: World
let cwd: string
let made: ReturnType<typeof folder>
let project: Project

beforeAll(async () => {
  world = await createWorld()
  made = folder({ 'dynaseal.config.ts': configText(world) })
  cwd = made.path
})
afterAll(async () => {
  made.remove()
  await world.stop()
})

const id = '42'

/** An item with short fields, and one in full form. */
beforeEach(async () => {
  project = await world.project()
  const documentClient = world.client()
  const [User] = entities()
  User.table.documentClient = documentClient
  documentClient.register(User)
  const address = { city: 'Bergen', street: 'Torget 1' }
  await User.build(PutItemCommand).item({ id, ssn: '078-05-1120', address }).send()
  await User.build(UpdateItemCommand).item({ id, income: 70_000 }).send()
})

async function stored(): Promise<WireItem> {
  const [item] = await world.items()
  return item!
}

const kms = () => world.cloud.calls({ service: 'kms' }).length

describe('an item of a table', () => {
  it('fetched by its key: what each field is, under which key, without asking KMS', async () => {
    world.cloud.clearCalls()
    const { code, out, note } = await dynaseal(['inspect', 'users', id], { cwd })
    expect([code, note, kms()]).toEqual([0, '', 0])
    expect(unfit(out)).toEqual([])
    expect(out).toContain('Table users, entity User')
    expect(out).toContain('ssn: format 2, short field')
    expect(out).toContain('address.street: format 2, short field')
    expect(out).toContain('income: format 2, full field')
    expect(out).toContain('dynaseal: format 2, envelope')
    expect(out).toContain(world.keyArns.find(arn => arn.includes(EAST)))
    expect(out).not.toMatch(/078|Torget|70000/)
  })

  it('--check opens it and prints nothing of it; --open prints the values', async () => {
    const checked = await dynaseal(['inspect', 'users', id, '--check'], { cwd })
    expect([checked.code, checked.out.match(/it opens/g)?.length]).toEqual([0, 3])
    expect(checked.out).not.toMatch(/078|Torget|70000/)
    const opened = await dynaseal(['inspect', 'users', id, '--open'], { cwd })
    expect(opened.out).toContain('{"S":"078-05-1120"}')
    expect(unfit(opened.out)).toEqual([])
  })

  it('--region goes through the client of another region', async () => {
    const { code, note } = await dynaseal(['inspect', 'users', id, '--region', WEST], { cwd })
    expect(code).toBe(1)
    expect(note.replaceAll('\n', ' ')).toContain(
      'Table users does not exist in us-west-2, or is about to be made or deleted.',
    )
  })

  it('--json has the same, and no values', async () => {
    const { out } = await dynaseal(['inspect', 'users', id, '--json'], { cwd })
    const { table, entity, fields } = JSON.parse(out)
    expect({ table, entity }).toEqual({ table: 'users', entity: 'User' })
    expect(fields).toContainEqual(
      expect.objectContaining({
        path: ['ssn'],
        state: 'sealed',
        form: 'short',
        wrappingKeys: [{ provider: 'aws-kms', name: expect.stringContaining(EAST), region: EAST }],
      }),
    )
    expect(out).not.toMatch(/078|Torget|70000/)
  })

  it('that is missing is said', async () => {
    const { code, note } = await dynaseal(['inspect', 'users', 'nobody'], { cwd })
    expect(code).toBe(1)
    expect(note).toContain('no such item')
  })

  it('is found by a key of which one part has a type, and the other is as JSON has it', () => {
    const key = { dev: { B: Buffer.from('a') }, at: { N: '1.5' } }
    expect(parseKey('{"dev": {"B": "YQ=="}, "at": 1.5}', ['dev', 'at'])).toEqual(key)
    expect(parseKey('{"dev": {"B": "YQ=="}, "at": {"N": "1.5"}}', ['dev', 'at'])).toEqual(key)
  })

  it.each(['12345678901234567890', '0.1234567890123456789'])(
    'of the number %s is to be given as a text',
    async at => {
      const { code, note } = await dynaseal(['inspect', 'users', `{"id": ${at}}`], { cwd })
      expect([code, note]).toEqual([2, expect.stringContaining('{"id":{"N":"…"}}')])
    },
  )

  it('of a key of another type is said how to give one', async () => {
    const { code, note } = await dynaseal(['inspect', 'users', '{"id": 42}'], { cwd })
    expect([code, note.replaceAll('\n', ' ')]).toEqual([
      2,
      'dynaseal: The key of table users is of another type. Say of which: {"id":{"N":"…"}} with numbers, {"id":{"B":"…"}} with base64. ',
    ])
  })

  it('a table without a key is taken for a field, and the way out said', async () => {
    const { code, out } = await dynaseal(['inspect', 'users'], { cwd })
    expect(code).toBe(3)
    expect(out).toContain('If it is the name of a table, give the key of an item, too.')
    const piped = await dynaseal(['inspect', '-'], { cwd, input: 'users' })
    expect(piped.out).not.toContain('table')
  })
  it('what AWS refuses is said with what to allow', async () => {
    const heal = world.cloud.fault({ region: EAST, service: 'dynamodb', kind: 'deny' })
    const { code, note } = await dynaseal(['inspect', 'users', id], { cwd })
    heal()
    expect(code).toBe(1)
    expect(note.replaceAll('\n', ' ')).toMatch(/AWS refused.* on table users in us-east-1/)
    expect(unfit(note)).toEqual([])
  })
})

describe('what is wrong with an item', () => {
  const inspected = async (change: (item: WireItem) => WireItem, open?: 'check') => {
    const target = project.target('users')
    const { fields } = await inspectItem(change(await stored()), { target, open })
    return Object.fromEntries(fields.map(({ path, problem }) => [path!.join('.'), problem?.code]))
  }
  const fine = { ssn: undefined, income: undefined, 'address.street': undefined, dynaseal: undefined }

  it('nothing', async () => {
    expect(await inspected(item => item)).toEqual(fine)
    expect(await inspected(item => item, 'check')).toEqual(fine)
  })
  it('a value in clear', async () => {
    expect(await inspected(item => ({ ...item, ssn: { S: '1' } }))).toEqual({ ...fine, ssn: 'clear' })
  })
  it('a missing envelope', async () => {
    const { dynaseal: _, ...found } = await inspected(({ dynaseal: _, ...item }) => item)
    expect(found).toEqual({
      ssn: 'missing-envelope',
      income: undefined,
      'address.street': 'missing-envelope',
    })
  })
  it('ciphertext where none is declared', async () => {
    expect(await inspected(item => ({ ...item, plan: item.ssn! }))).toEqual({ ...fine, plan: 'not-declared' })
  })
  it('ciphertext of another item, which only opening shows', async () => {
    const moved = (item: WireItem) => ({ ...item, id: { S: '43' } })
    expect(await inspected(moved)).toEqual(fine)
    const found = await inspected(moved, 'check')
    expect(found).toEqual({
      ...fine,
      ssn: 'not-authentic',
      income: 'not-authentic',
      'address.street': 'not-authentic',
    })
  })
  it('bytes that are no ciphertext', async () => {
    expect(await inspected(item => ({ ...item, ssn: { B: Buffer.from('x') } }))).toEqual({
      ...fine,
      ssn: 'not-a-message',
    })
  })
  it('is an exit code of its own', async () => {
    const item = { ...(await stored()), ssn: { S: '1' } }
    const input = JSON.stringify((dynamoDbJson({ M: item }) as { M: object }).M)
    const { code, out } = await dynaseal(['inspect', '--table', 'users'], { cwd, input })
    expect(code).toBe(3)
    expect(out).toContain('ssn: in clear')
  })
})

describe('a field alone', () => {
  it.each(['base64', 'hex'] as const)('in %s, without a configuration', async encoding => {
    const { income } = await stored()
    const text = Buffer.from(income!.B!).toString(encoding)
    const { code, out } = await dynaseal(['inspect', text], { cwd: '/' })
    expect(code).toBe(0)
    expect(out).toContain('Format 2, full field')
    expect(out).toContain(world.keyArns.find(arn => arn.includes(EAST)))
    expect(unfit(out)).toEqual([])
  })

  it('piped in, as DynamoDB JSON', async () => {
    const { income } = await stored()
    const { code, out } = await dynaseal(['inspect'], { input: JSON.stringify(dynamoDbJson(income!)) })
    expect(code).toBe(0)
    expect(out).toContain('Format 2, full field')
  })

  it('is checked for its place when that is said', async () => {
    const { income } = await stored()
    const text = Buffer.from(income!.B!).toString('base64')
    const at = (path: string) =>
      dynaseal(['inspect', text, '--table', 'users', '--key', id, '--path', path, '--check'], { cwd })
    const [right, wrong] = [await at('income'), await at('ssn')]
    expect([right.code, wrong.code]).toEqual([0, 3])
    expect(wrong.out).toContain('Does not open (not-authentic)')
  })

  it.each([
    [`['income']`, 'income'],
    [`["a.b"].c`, `['a.b'].c`],
    [`m['it\\'s']`, `m['it\\'s']`],
    [`m[2]['x y']`, `m[2]['x y']`],
  ])('stands at a path with odd names: %s', async (path, said) => {
    const args = ['inspect', '2l4h', '--table', 'users', '--key', id, '--path', path]
    const { code, out } = await dynaseal(args, { cwd })
    expect([code, out]).toEqual([3, expect.stringContaining(`${said}: `)])
  })

  it('of format 1 says context and suite', async () => {
    const client = world.client(EAST, { format: 'message', encryptionContext: { tenant: 'a' } })
    const [User] = entities()
    User.table.documentClient = client
    client.register(User)
    await User.build(PutItemCommand).item({ id, ssn: '078-05-1120' }).send()
    const { ssn } = await stored()
    const field = inspectBytes(ssn!.B!)
    expect(field).toMatchObject({ state: 'sealed', description: { format: 1, suite: 0x0478 } })
    expect(field.description?.context).toEqual({ tenant: 'a', 'dynaseal:table': users.name })
    const { out } = await dynaseal(['inspect', Buffer.from(ssn!.B!).toString('hex')])
    expect(out).toContain('Format 1, an AWS Encryption SDK message')
    expect(out).toContain('"tenant":"a"')
    expect(unfit(out)).toEqual([])
  })

  it.each([
    ['%%%', 'neither base64'],
    ['{"S":', 'is no JSON'],
    ['{"id":"42"}', 'no DynamoDB JSON'],
    ['{"id":{"S":5}}', 'no DynamoDB JSON'],
    ['{"id":{"N":5}}', 'no DynamoDB JSON'],
    ['{"id":{"BOOL":"true"}}', 'no DynamoDB JSON'],
    ['{"id":{"SS":"a"}}', 'no DynamoDB JSON'],
    ['{"id":{"NS":[5]}}', 'no DynamoDB JSON'],
    [`{"id":${'{"L":['.repeat(33)}{"S":"a"}${']}'.repeat(33)}}`, 'no DynamoDB JSON'],
    ['', 'nothing to inspect'],
  ])('that is none is refused: %s', async (text, message) => {
    const { code, note } = await dynaseal(['inspect', text])
    expect(code).toBe(2)
    expect(note.replaceAll('\n', ' ')).toContain(message)
  })
})

it('an item may have as many levels as DynamoDB takes', async () => {
  const { code, out } = await dynaseal([
    'inspect',
    `{"id":${'{"L":['.repeat(32)}{"S":"a"}${']}'.repeat(32)}}`,
  ])
  expect([code, out]).toEqual([0, expect.stringContaining('Nothing is sealed there')])
})

describe('keys and paths', () => {
  it.each([
    [['users', '{"sk":"1"}'], 'The key must have id'],
    [['users', '{'], 'The key begins with a brace'],
    [['2l4h', '--table', 'users'], 'takes --table, --key and --path'],
    [['2l4h', '--table', 'users', '--key', '1', '--path', '[0]'], 'is no path'],
    [['2l4h', '--check'], 'Without --table'],
    [['users', '42', '--table', 'users'], 'given twice'],
  ])('that cannot be are refused: %o', async (args, message) => {
    const { code, note } = await dynaseal(['inspect', ...args], { cwd })
    expect(code).toBe(2)
    expect(note.replaceAll('\n', ' ')).toContain(message)
  })
})
