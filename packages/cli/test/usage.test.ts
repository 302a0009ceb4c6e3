import { readFileSync } from 'node:fs'
import { afterEach, describe, expect, it } from 'vitest'
import { counted } from '../src/output/numbers.js'
import { table } from '../src/output/table.js'
import { dynaseal, folder, unfit } from './support/command.js'

const folders: ReturnType<typeof folder>[] = []
function given(files: Readonly<Record<string, string>> = {}): string {
  const made = folder(files)
  folders.push(made)
  return made.path
}
afterEach(() => {
  for (const made of folders.splice(0)) made.remove()
})

const COMMANDS = [
  'init',
  'inspect',
  'doctor',
  'scan',
  'backfill',
  'rewrap',
  'revert',
  'drill',
  'policy',
  'search-key',
  'explain',
]

describe('--help', () => {
  it('names every command, in 80 columns', async () => {
    const { code, out, note } = await dynaseal(['--help'])
    expect([code, note]).toEqual([0, ''])
    const named = [...out.matchAll(/^ {2}(\w[\w-]*) {2,}/gm)].map(([, name]) => name)
    expect(named).toEqual(COMMANDS)
    expect(unfit(out)).toEqual([])
  })

  it.each(COMMANDS)('of %s: what it does and its options, in 80 columns', async name => {
    const { code, out, note } = await dynaseal([name, '--help'])
    expect([code, note]).toEqual([0, ''])
    expect(out).toContain(`Usage: dynaseal ${name}`)
    expect(unfit(out)).toEqual([])
  })

  it('is what one is pointed to', async () => {
    for (const [args, help] of [
      [['unknown'], 'dynaseal --help'],
      [['inspect', '--unknown'], 'dynaseal inspect --help'],
      [['inspect', 'a', 'b', 'c'], 'dynaseal inspect --help'],
    ] as const) {
      const { code, out, note } = await dynaseal(args)
      expect([code, out]).toEqual([2, ''])
      expect(note).toContain(`Try ${help}`)
    }
  })

  it('is printed without a command, as an error', async () => {
    const { code, out, note } = await dynaseal([])
    expect([code, out]).toEqual([2, ''])
    expect(note).toContain('Usage: dynaseal')
  })
})

describe('numbers', () => {
  it.each([
    [['scan', 'users', '--max-rcu', '0'], 'It takes a whole number of at least 1.'],
    [['scan', 'users', '--max-rcu', '100/s'], 'It takes a whole number of at least 1.'],
    [['scan', 'users', '--segments', '1000001'], 'It takes a whole number from 1 to 1,000,000.'],
    [
      ['scan', 'users', '--segments', '1001'],
      'at most 1,000 segments in parallel: say which one of the 1,001',
    ],
    [['backfill', 'users', '--segments', '1001'], 'at most 1,000 segments in parallel'],
    [['search-key', 'create', '--key-version', '256'], 'It takes a whole number from 1 to 255.'],
  ])('%s are refused', async (args, message) => {
    const { code, note } = await dynaseal(args, { cwd: given() })
    expect(code).toBe(2)
    expect(note.replaceAll('\n', ' ')).toContain(message)
  })

  it('of segments that others work on may be larger', async () => {
    const { note } = await dynaseal(['scan', 'users', '--segments', '100000', '--segment', '7'], {
      cwd: given(),
    })
    expect(note).toContain('There is no configuration')
  })

  it.each([
    [0.5, '1 unit'],
    [1, '1 unit'],
    [1.5, '2 units'],
    [0, '0 units'],
  ])('are in plural by what is printed: %s', (value, text) => expect(counted(value, 'unit')).toBe(text))
})

it('--region is said to do what it does', async () => {
  const of = async (name: string) => (await dynaseal([name, '--help'])).out.replaceAll(/\s+/g, ' ')
  expect(await of('scan')).toContain("the configuration's client to use")
  expect(await of('policy')).toContain('tables of this region alone (default: of all)')
  expect(await of('drill')).not.toContain('--region')
})

describe('a table', () => {
  const columns = ['first title', 'second title', 'third title', 'fourth title'].map(title => ({ title }))
  it('that is narrow has all of its titles', () => {
    const lines = table(columns, [['a', 'b', 'c', 'd']], 40).split('\n')
    expect(lines).toEqual([
      'first     second    third      fourth',
      'title     title     title      title',
      'a         b         c          d',
      '',
    ])
  })
})

describe('a configuration', () => {
  const inspect = ['inspect', 'users', '42']

  it('that is missing is said how to write', async () => {
    const { code, note } = await dynaseal(inspect, { cwd: given() })
    expect(code).toBe(2)
    expect(note.replaceAll('\n', ' ')).toContain('Write one with: dynaseal init.')
    expect(unfit(note)).toEqual([])
  })

  it('that is a folder is no file', async () => {
    const { code, note } = await dynaseal([...inspect, '--config', '.'], { cwd: given() })
    expect([code, note]).toEqual([2, 'dynaseal: . is a folder. A configuration is a file: --config FILE.\n'])
  })

  it('is told with the line of the file that throws', async () => {
    const files = {
      'dynaseal.config.ts': "import { key } from './keys.js'\nexport default { clients: key }",
      'keys.ts': 'const keys: Record<string, { arn: string }> = {}\n\nexport const key = keys.users.arn',
    }
    const cwd = given(files)
    const { code, note } = await dynaseal(inspect, { cwd })
    expect(code).toBe(2)
    expect(note.replaceAll('\n', '')).toContain(`${cwd}/keys.ts:3)`)
  })

  it('whose client has no region is said how to give it one', async () => {
    const text = `
      import { DynamoDBClient } from '@aws-sdk/client-dynamodb'
      import { DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb'
      import { sealDocumentClient } from '@dynaseal/document-client'
      const region = async () => { throw new Error('Region is missing') }
      const client = DynamoDBDocumentClient.from(new DynamoDBClient({ region }))
      export default { clients: sealDocumentClient(client, { keyring: { onEncrypt() {}, onDecrypt() {} } }) }
    `
    const { code, note } = await dynaseal(inspect, { cwd: given({ 'dynaseal.config.mjs': text }) })
    expect(code).toBe(2)
    expect(note.replaceAll('\n', ' ')).toContain(
      'client 1 has no region: Region is missing. Give its DynamoDBClient one, or set AWS_REGION.',
    )
  })

  it('that is named and missing is named', async () => {
    const { code, note } = await dynaseal([...inspect, '--config', 'other.ts'], { cwd: given() })
    expect([code, note]).toEqual([2, 'dynaseal: There is no configuration other.ts.\n'])
  })

  it.each([
    ['throws', "throw new Error('no key')", 'cannot be loaded: no key'],
    [
      'throws something in lines',
      "throw new Error('no key\\n  in us-east-1')",
      'loaded: no key in us-east-1',
    ],
    ['throws no error', "throw 'no key'", 'cannot be loaded: no key'],
    ['has no clients', 'export default {}', 'has no clients'],
    ['has an empty list', 'export default { clients: [] }', 'clients is empty'],
    ['has another client', 'export default { clients: [{}] }', 'client 1 is no sealed client'],
  ])('that %s is refused', async (_, text, message) => {
    const { code, note } = await dynaseal(inspect, { cwd: given({ 'dynaseal.config.mjs': text }) })
    expect(code).toBe(2)
    expect(note.replaceAll('\n', ' ')).toContain(message)
    expect(unfit(note)).toEqual([])
  })
})

it('an error of others is told with what it came from', async () => {
  const text = `
    import { DynamoDBClient } from '@aws-sdk/client-dynamodb'
    import { DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb'
    import { sealDocumentClient } from '@dynaseal/document-client'
    const keyring = { onEncrypt() {}, onDecrypt() {} }
    const fail = async () => { throw new Error('No answer', { cause: new Error('no profile') }) }
    const client = DynamoDBDocumentClient.from(new DynamoDBClient({ region: 'us-east-1' }))
    client.middlewareStack.add(() => fail, { step: 'initialize', priority: 'high' })
    export default { clients: sealDocumentClient(client, { keyring }).declare({ table: 'users', key: ['id'], encrypted: ['ssn'] }) }
  `
  const { code, note } = await dynaseal(['scan', 'users', '--no-open'], {
    cwd: given({ 'dynaseal.config.mjs': text }),
  })
  expect([code, note]).toEqual([1, 'dynaseal: Error: No answer Error: no profile\n'])
})

it('--version prints that of the package', async () => {
  const { version } = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8'))
  expect(await dynaseal(['--version'])).toEqual({ code: 0, out: `${version}\n`, note: '' })
})

describe('dynaseal init', () => {
  it('writes a configuration, once', async () => {
    const cwd = given()
    expect((await dynaseal(['init'], { cwd })).code).toBe(0)
    const { code, note } = await dynaseal(['init'], { cwd })
    expect([code, note]).toEqual([2, 'dynaseal: dynaseal.config.ts is there already, and stays as it is.\n'])
  })

  it('writes one that loads, once it has entities', async () => {
    const entities = `
      import { encrypted } from '@dynaseal/toolbox'
      import { Entity, item, string, Table } from 'dynamodb-toolbox'
      const table = new Table({ name: 'users', partitionKey: { name: 'id', type: 'string' } })
      const schema = item({ id: string().key(), ssn: encrypted(string()) })
      export const User: Entity = new Entity({ name: 'User', table, schema })
      export const Order = new Entity({ name: 'Order', table, schema: item({ id: string().key() }) })
    `
    const cwd = given({ 'entities.ts': entities })
    await dynaseal(['init'], { cwd })
    const { writeFileSync } = await import('node:fs')
    const file = `${cwd}/dynaseal.config.ts`
    writeFileSync(file, readFileSync(file, 'utf8').replace('./src/entities.js', './entities.js'))
    const region = await dynaseal(['inspect', 'users', '42', '--region', 'eu-west-1'], { cwd })
    expect(region.note.replaceAll('\n', ' ')).toContain(
      'no client for region eu-west-1. It has us-east-1, us-west-2.',
    )
    const table = await dynaseal(['inspect', 'orders', '42'], { cwd })
    expect(table.note.replaceAll('\n', ' ')).toContain('knows no table orders. It knows users.')
    expect([region.code, table.code]).toEqual([2, 2])
  })
})
