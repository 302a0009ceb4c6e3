import { readFileSync } from 'node:fs'
import { BatchGetCommand, type DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { describeDynoxide } from '../../../packages/local-cloud/test/eachEngine.js'
import type { Cut, CutMaker } from '../../support/scanner/hmacs.js'
import { Mint } from '../../support/scanner/sentinels.js'
import { leaksOf } from '../../support/scanner/wire.js'
import { EAST, WEST } from '../../support/world.js'
import type { Client, ClientKind } from './client.js'
import { type Cell, type Command, commands } from './commands.js'
import { declared } from './declaredClient.js'
import { createSearchWorld, type FormatCase, type SearchWorld } from './formats.js'
import { type Person, type Place, places } from './places.js'
import { type Refusal, refusedCommand, refusedTable } from './refusals.js'
import { createTable } from './table.js'
import { toolbox } from './toolboxClient.js'

type Found = Person & { readonly email: string }
const kinds = [declared, toolbox]
const mint = new Mint()
const CONDITION_FAILED = /^(ConditionalCheckFailed|TransactionCanceled)Exception$/

/** Runs every command at every place of a token, with entities and declared tables, and reads in both regions. */
export function describeSearchMatrix(name: string, formats: readonly FormatCase[]): void {
  describeDynoxide(name, () => {
    let world: SearchWorld
    beforeAll(async () => {
      world = await createSearchWorld()
    }, 60_000)
    afterAll(() => world.stop())
    describe.each(named(formats))('%s', (_, format) => {
      describe.each(named(places))('%s', (__, place) => {
        describe.each(named(kinds))('%s', (___, kind) => testPlace(() => world, format, place, kind))
      })
    })
  })
}

/** `$name` would be cut off. */
const named = <T extends { readonly name: string }>(all: readonly T[]) =>
  all.map(each => [each.name, each] as const)

/** Whether there is such a command there. */
function isThere(command: Command, place: Place, format: FormatCase, kind: ClientKind): boolean {
  if (place.isCondition && (command.reads || command.isBatch)) return false
  if (command.respells && format.normalize === undefined) return false
  return !((command.setsEmail || command.respells) && place.key !== undefined && !kind.setsKeys)
}

let tables = 0

function testPlace(worldOf: () => SearchWorld, format: FormatCase, place: Place, kind: ClientKind): void {
  const table = `people-${++tables}-${format.makes}`
  const token = place.key ?? format.token
  const connect = (region: string) => kind.connect(worldOf(), region, { table, place, format })
  const refusal = refusedTable(place, format)
  if (refusal !== undefined) {
    test('is refused when it is told of', () => {
      expect(() => connect(EAST)).toThrow(refused(kind, refusal))
      expectSaid(refusal)
    })
    return
  }

  let world: SearchWorld
  let clients: Record<'east' | 'west', Client>
  let maker: CutMaker
  let raw: DynamoDBDocumentClient
  beforeAll(async () => {
    world = worldOf()
    await createTable(world, table, place, token)
    maker = format.maker(world, table, place)
    raw = world.rawClient(EAST)
    clients = { east: connect(EAST), west: connect(WEST) }
  })

  const normalized = (email: string) => (format.normalize === 'lowerCase' ? email.toLowerCase() : email)
  const cutOf = (email: string): Cut => maker.cut(normalized(email))
  /** An e-mail of whose HMAC a longer cut can be told from the one that is stored. */
  function email(): string {
    for (;;) {
      const text = mint.text()
      if (cutOf(text).isDistinct) return text
    }
  }
  /** What is stored of people, as it is stored. */
  async function stored(...people: Found[]): Promise<Record<string, unknown>[]> {
    const Keys = people.map(({ pk, sk, email }) => {
      const { text } = cutOf(email)
      return { pk: place.key === 'pk' ? text : pk, sk: place.key === 'sk' ? text : sk }
    })
    const { Responses } = await raw.send(
      new BatchGetCommand({ RequestItems: { [table]: { Keys, ConsistentRead: true } } }),
    )
    return Responses?.[table] ?? []
  }

  const own = commands.filter(command => isThere(command, place, format, kind))
  test.each(named(own))('%s', async (_, command) => {
    const expected = refusedCommand(place, format, command)
    const number = ++cells
    const person = personAt(place, number, email())
    const other = { ...person, ...(place.key !== 'sk' && { sk: `other ${number}` }), email: email() }
    const nobody = email()
    const respelled = person.email.toUpperCase()
    const found = async (one: Found, by = one.email) => {
      await world.cloud.waitForReplication()
      expect(await stored(one)).toMatchObject([{ [token]: cutOf(one.email).text }])
      for (const region of [clients.east, clients.west]) {
        expect(await region.query(place.search(by, one, token))).toEqual([one])
        if (place.key !== undefined) expect(await region.get({ ...one, email: by })).toEqual(one)
        if (place.isCondition && refusedCommand(place, format, checks) === undefined)
          await region.transactCheck(one, by)
      }
    }
    const cell: Cell = {
      person,
      other,
      nobody,
      respelled,
      ...clients,
      async write(action) {
        if (place.isCondition && expected === undefined)
          await expect(action(nobody)).rejects.toMatchObject(failed)
        return action(place.isCondition && person.email)
      },
      found,
      async notFound(sought, at) {
        await world.cloud.waitForReplication()
        for (const region of [clients.east, clients.west])
          expect(await region.query(place.search(sought, at, token))).toEqual([])
      },
    }
    world.proxy.sent.length = 0
    world.proxy.exchanges.length = 0

    await command.before(cell)
    await world.cloud.waitForReplication()
    if (expected === undefined) {
      await command.run(cell)
      await command.after(cell)
    } else {
      const before = await stored(person)
      const sent = world.proxy.exchanges.length
      await expect(command.run(cell)).rejects.toEqual(refused(kind, expected))
      const about = world.proxy.exchanges.slice(sent).filter(({ request }) => request.includes(`"${table}"`))
      expect(about.map(({ target }) => target).filter(target => target.startsWith('DynamoDB'))).toEqual([])
      expect(await stored(person)).toEqual(before)
      expectSaid(expected)
      await found(person)
    }

    // There is no token of what is not there.
    for (const item of await stored(person, other)) expect(token in item).toBe('email' in item)
    expect(world.proxy.sent).toHaveLength(2 * world.proxy.exchanges.length)
    const cuts = [person.email, other.email, nobody].map(cutOf)
    expect(leaksOf(world.proxy.exchanges, maker, cuts)).toEqual([])
  })
}

let cells = 0
const failed = { name: expect.stringMatching(CONDITION_FAILED) }
const checks = commands.find(({ name }) => name === 'transactWrite that checks')!

/** All of a person, but for the key that is a token. */
function personAt(place: Place, number: number, email: string): Found {
  return {
    ...(place.key !== 'pk' && { pk: `pk ${number}` }),
    ...(place.key !== 'sk' && { sk: `sk ${number}` }),
    team: `team ${number}`,
    email,
    diary: mint.text(),
  }
}

function refused({ errorName }: ClientKind, { code, message }: Refusal) {
  return expect.objectContaining({ name: errorName, code, message: expect.stringMatching(message) })
}

function expectSaid({ said: [page, sentence] }: Refusal): void {
  const text = readFileSync(new URL(`../../../${page}`, import.meta.url), 'utf8')
  expect(text.replaceAll(/\s+/g, ' ')).toContain(sentence)
}
