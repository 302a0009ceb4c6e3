// Libraries as they are on npm, over sealed clients. What they can do here is in a table of the documentation.
import { PutCommand, ScanCommand } from '@aws-sdk/lib-dynamodb'
import { DocumentClientError } from '@dynaseal/document-client'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { read as readText } from '../docs/markdown.js'
import { leaks } from '../support/recordingProxy.js'
import { createWorld, EAST, WEST, type World } from '../support/world.js'
import { dynamooseLibrary } from './dynamoose.js'
import { electrodb } from './electrodb.js'
import { libDynamodb } from './libDynamodb.js'
import type { Key, Library, Mapper, Person } from './mapper.js'
import { oneTable } from './oneTable.js'

const LIBRARIES: Library[] = [libDynamodb, electrodb, dynamooseLibrary, oneTable]

let world: World
let east: Mapper
let west: Mapper
let people = 0
const secrets: string[] = []
const secret = (what: string) => {
  const text = `${what}-secret-${secrets.length}`
  secrets.push(text)
  return text
}

beforeAll(async () => {
  world = await createWorld({ engine: 'dynoxide' })
}, 60_000)
afterAll(() => world.stop())

function person(team = `team-${++people}`): Person {
  return {
    team,
    id: `id-${++people}`,
    badge: `badge-${people}`,
    visits: 1,
    email: secret('email'),
    address: { street: secret('street'), city: 'Bergen' },
    cards: [{ number: secret('card'), brand: 'Example' }],
    tags: { first: secret('tag') },
  }
}
const keyOf = ({ team, id }: Person): Key => ({ team, id })
const byId = (found: readonly Person[]) => [...found].sort((a, b) => a.id.localeCompare(b.id))

/** What arrives in the other region: it has what was written when this passes. */
const inWest = (read: () => Promise<unknown>, expected: unknown) =>
  expect.poll(read, { interval: 5, timeout: 20_000 }).toEqual(expected)

const put = async (one: Person) => {
  await east.put(one)
  return one
}
const refusedBy = async (attempt: Promise<unknown>) => {
  let error: unknown = await attempt.then(
    () => undefined,
    (thrown: unknown) => thrown,
  )
  // Libraries wrap what a client throws.
  while (error instanceof Error && !(error instanceof DocumentClientError))
    error = error.cause ?? (error as { context?: { err?: unknown } }).context?.err
  return (error as DocumentClientError | undefined)?.code
}

interface Check {
  /** What a library has to have; `put` and `get` all have. */
  readonly needs: keyof Mapper
  check(): Promise<'works' | 'refused'>
}

/** By what the documentation calls it. */
const CHECKS: Readonly<Record<string, Check>> = {
  'put, get': {
    needs: 'put',
    async check() {
      const one = await put(person())
      await inWest(() => west.get(keyOf(one)), one)
      return 'works'
    },
  },
  'put, if there is none': {
    needs: 'create',
    async check() {
      const one = person()
      await east.create(one)
      await expect(east.create({ ...one, email: secret('email') })).rejects.toThrow()
      await inWest(() => west.get(keyOf(one)), one)
      return 'works'
    },
  },
  'update of an encrypted attribute': {
    needs: 'setEmail',
    async check() {
      const one = await put(person())
      const email = secret('email')
      await east.setEmail(keyOf(one), email)
      await inWest(() => west.get(keyOf(one)), { ...one, email })
      return 'works'
    },
  },
  'of an encrypted entry of a map': {
    needs: 'setStreet',
    async check() {
      const one = await put(person())
      const street = secret('street')
      const code = await refusedBy(east.setStreet?.(keyOf(one), street) as Promise<unknown>)
      if (code === 'plaintext-refused') return 'refused'
      await inWest(() => west.get(keyOf(one)), { ...one, address: { ...one.address, street } })
      return 'works'
    },
  },
  'append to a list with encrypted parts': {
    needs: 'appendCard',
    async check() {
      const one = await put(person())
      const card = { number: secret('card'), brand: 'Another' }
      await east.appendCard?.(keyOf(one), card)
      await inWest(() => west.get(keyOf(one)), { ...one, cards: [...one.cards, card] })
      return 'works'
    },
  },
  'add to a number in clear': {
    needs: 'addVisit',
    async check() {
      const one = await put(person())
      await east.addVisit?.(keyOf(one))
      await inWest(() => west.get(keyOf(one)), { ...one, visits: 2 })
      return 'works'
    },
  },
  'delete that returns the item': {
    needs: 'remove',
    async check() {
      const one = await put(person())
      expect(await east.remove?.(keyOf(one))).toEqual(one)
      expect(await east.get(keyOf(one))).toBeUndefined()
      return 'works'
    },
  },
  query: {
    needs: 'query',
    async check() {
      const { team } = await put(person())
      const all = byId(await Promise.all([put(person(team)), put(person(team))]))
      await inWest(async () => byId(await west.query(team)).slice(-2), all)
      return 'works'
    },
  },
  'query of an index': {
    needs: 'queryByBadge',
    async check() {
      const one = await put(person())
      await inWest(() => west.queryByBadge(one.badge), [one])
      return 'works'
    },
  },
  scan: {
    needs: 'scan',
    async check() {
      const one = await put(person())
      await inWest(async () => (await west.scan()).filter(({ id }) => id === one.id), [one])
      return 'works'
    },
  },
  pages: {
    needs: 'pages',
    async check() {
      const { team, ...first } = await put(person())
      const all = byId([{ team, ...first }, await put(person(team)), await put(person(team))])
      await inWest(() => west.pages(team), all)
      return 'works'
    },
  },
  'batch put': {
    needs: 'batchPut',
    async check() {
      const all = [person(), person()]
      await east.batchPut?.(all)
      for (const one of all) await inWest(() => west.get(keyOf(one)), one)
      return 'works'
    },
  },
  'batch get': {
    needs: 'batchGet',
    async check() {
      const all = byId([await put(person()), await put(person())])
      await inWest(async () => byId((await west.batchGet?.(all.map(keyOf))) ?? []), all)
      return 'works'
    },
  },
  'transaction that writes': {
    needs: 'transactPut',
    async check() {
      const all = [person(), person()]
      await east.transactPut?.(all)
      for (const one of all) await inWest(() => west.get(keyOf(one)), one)
      return 'works'
    },
  },
  'transaction that reads': {
    needs: 'transactGet',
    async check() {
      const all = [await put(person()), await put(person())]
      for (const one of all) await inWest(() => west.get(keyOf(one)), one)
      expect(await west.transactGet?.(all.map(keyOf))).toEqual(all)
      return 'works'
    },
  },
  'filter by an encrypted attribute': {
    needs: 'findByEmail',
    async check() {
      const one = await put(person())
      expect(await refusedBy(east.findByEmail(one.team, one.email))).toBe('condition-refused')
      return 'refused'
    },
  },
}

const results = new Map<string, string>()

describe.each(LIBRARIES)('$name', library => {
  const table = library.name.replaceAll(/[^a-z]/g, '')
  beforeAll(async () => {
    await world.createTable(table)
    east = library.connect(world, EAST, table)
    west = library.connect(world, WEST, table)
  })
  beforeEach(() => {
    world.proxy.sent.length = 0
  })
  test.each(Object.entries(CHECKS))('%s', async (name, { needs, check }) => {
    const result = east[needs] === undefined ? '' : await check()
    if (result !== '') expect(world.proxy.sent.length).toBeGreaterThan(0)
    expect(leaks(world.proxy.sent, secrets)).toEqual([])
    results.set(`${library.name} ${name}`, result)
  })

  test('what it wrote is ciphertext at each declared path', async () => {
    const { Items = [] } = await world.rawClient(EAST).send(new ScanCommand({ TableName: table }))
    expect(Items.length).toBeGreaterThan(10)
    const sealed = expect.any(Uint8Array)
    for (const item of Items) {
      expect(item).toMatchObject({
        email: sealed,
        address: { street: sealed, city: 'Bergen' },
        tags: { first: sealed },
      })
      for (const card of item.cards) expect(card).toMatchObject({ number: sealed, brand: expect.any(String) })
    }
  })
})

describe.each(LIBRARIES)('two kinds of items in one table: $name', library => {
  const { attribute, changed, connect } = library.kinds
  const table = `kinds${library.name.replaceAll(/[^a-z]/g, '')}`
  let kinds: ReturnType<typeof connect>
  beforeAll(async () => {
    await world.createTable(table)
    kinds = connect(world, EAST, table)
  })

  test('each is encrypted by its own paths', async () => {
    const one = person()
    await kinds.person.put(one)
    await kinds.task.put({ team: one.team, id: 'task', email: 'clear@example.com' })
    expect(await kinds.person.get(keyOf(one))).toEqual(one)
    expect(await kinds.task.get({ team: one.team, id: 'task' })).toMatchObject({
      email: 'clear@example.com',
    })
    const { Items = [] } = await world.rawClient(EAST).send(new ScanCommand({ TableName: table }))
    expect(Items.map(({ email }) => email)).toEqual(
      expect.arrayContaining([expect.any(Uint8Array), 'clear@example.com']),
    )
    expect(Items.map(item => item[attribute])).toEqual(expect.arrayContaining(['person', 'task']))
  })

  test('an update says the kind', async () => {
    const one = person()
    await kinds.person.put(one)
    const email = secret('email')
    world.proxy.sent.length = 0
    await kinds.person.setEmail(keyOf(one), email)
    expect(leaks(world.proxy.sent, [email])).toEqual([])
    expect(await kinds.person.get(keyOf(one))).toEqual({ ...one, email })
  })

  test('one whose kind somebody has changed is told, if the library compares it', async () => {
    const one = person()
    await kinds.person.put(one)
    const raw = world.rawClient(EAST)
    const { Items = [] } = await raw.send(new ScanCommand({ TableName: table }))
    const {
      dynaseal: _,
      address: __,
      cards: ___,
      tags: ____,
      ...stored
    } = Items.find(item => Object.values(item).includes(one.id)) ?? {}
    await raw.send(
      new PutCommand({ TableName: table, Item: { ...stored, [attribute]: 'task', email: 'planted' } }),
    )
    const found = await kinds.person.get(keyOf(one))
    expect(found?.email).toBe(changed === 'not handed out' ? undefined : 'planted')
  })
})

test('the documentation has what works with which', () => {
  const versions = JSON.parse(readText('test/package.json')) as Record<string, Record<string, string>>
  const versionOf = (name: string) => versions.devDependencies?.[name] ?? versions.dependencies?.[name]
  const code = (text: string | undefined) => (text === undefined ? '' : `\`${text}\``)
  const line = (cells: readonly unknown[]) => `| ${cells.join(' | ')} |`.replaceAll('|  |', '| |')
  const expected = [
    line(['', ...LIBRARIES.map(({ name }) => `${name} ${versionOf(name)}`)]),
    line(['---', ...LIBRARIES.map(() => '---')]),
    line(['client', ...LIBRARIES.map(({ client }) => code(client))]),
    ...Object.keys(CHECKS).map(name =>
      line([name, ...LIBRARIES.map(library => results.get(`${library.name} ${name}`))]),
    ),
    line(['two kinds of items, told apart by', ...LIBRARIES.map(({ kinds }) => code(kinds.attribute))]),
    line(['update of what one kind has encrypted', ...LIBRARIES.map(({ kinds }) => kinds.update)]),
    line(['item whose kind somebody changed', ...LIBRARIES.map(({ kinds }) => kinds.changed)]),
  ].join('\n')
  const page = readText('docs/document-client.md')
  expect(page.split('\n\n').find(part => part.includes('| electrodb '))).toBe(expected)
})
