// What a write returns, in every form that the item may have been stored in: what the plain toolbox returns for a
// table that is not sealed.
import { encrypted } from '@dynaseal/toolbox'
import {
  $append,
  $remove,
  $set,
  DeleteItemCommand,
  PutItemCommand,
  UpdateAttributesCommand,
  UpdateItemCommand,
} from 'dynamodb-toolbox'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { describeEngines } from '../../../packages/local-cloud/test/eachEngine.js'
import { leaks } from '../../support/recordingProxy.js'
import { createWorld, EAST, type World } from '../../support/world.js'
import { comparable, differences } from '../matrix/compare.js'
import { type Attributes, type Buildable, on } from '../matrix/loose.js'
import { inClear, type Seal } from '../matrix/placement.js'
import { createTable, people, person, twinClient } from './people.js'

const SEALED = 'people'
const PLAIN = 'people-in-clear'
const RETURN_VALUES = ['NONE', 'ALL_OLD', 'UPDATED_OLD', 'ALL_NEW', 'UPDATED_NEW'] as const
const FAILS = { attr: 'plain', eq: 'not this' }

interface Side {
  readonly before: Buildable
  readonly older: Buildable
  readonly Person: Buildable
}

/** How the item came to be as it is stored. */
const STORED: Record<string, (side: Side, key: Attributes) => Promise<unknown>> = {
  'short, by a put': ({ before }, key) =>
    on(before, PutItemCommand)
      .item({ ...key, ...person(1) })
      .send(),
  'full, by an update': ({ before }, key) =>
    on(before, UpdateAttributesCommand)
      .item({ ...key, ...person(1) })
      .send(),
  'messages, by a put of a client of format 1': ({ older }, key) =>
    on(older, PutItemCommand)
      .item({ ...key, ...person(1) })
      .send(),
  'of all forms': async ({ before, older }, key) => {
    await on(before, PutItemCommand)
      .item({ ...key, ...person(1) })
      .send()
    await on(older, UpdateItemCommand)
      .item({ ...key, text: 'secret older', byName: { b: 'secret older' } })
      .send()
    await on(before, UpdateItemCommand)
      .item({ ...key, amount: 7, codes: { 1: 'secret full' } })
      .send()
  },
  'not at all': async () => {},
}

const UPDATES: Record<string, Attributes> = {
  'a leaf': { text: 'secret new' },
  'a leaf and what is in clear': { amount: 8, plain: 'new' },
  containers: { address: $set({ city: 'secret new' }), notes: $set(['secret new']) },
  'the end of a list': { codes: $append(['secret new']) },
  'a list position': { codes: { 1: 'secret new' } },
  'all list positions, and a leaf': { codes: { 0: 'secret new', 1: 'secret newer' }, text: 'secret new' },
  'an entry of a record': { byName: { a: 'secret new' } },
  'a new entry of a record': { byName: { c: 'secret new' } },
  'a leaf in a map': { nested: { shut: 'secret new' } },
  'what is there no more': { text: $remove(), address: $remove() },
  'what is there no more, inside': { nested: { shut: $remove() }, byName: { a: $remove() } },
  'in clear alone': { plain: 'new' },
  'in clear alone, inside': { nested: { open: 'new' } },
}
/** These need what they are inside of, so there is no making an item with them. */
const isInside = (given: Attributes) =>
  Object.values(given).some(
    value => Object.getPrototypeOf(value) === Object.prototype && !('$set' in (value as object)),
  )

const outcome = (work: Promise<unknown>) => work.catch((error: unknown) => error)

describeEngines('what a write returns', engine => {
  let world: World
  let sealed: Side
  let plain: Side
  let items = 0

  beforeAll(async () => {
    world = await createWorld({ engine })
    for (const name of [SEALED, PLAIN]) await createTable(world, name)
    // The item was written by other processes.
    const side = (options: object) =>
      people(world.sealedClient(EAST, options), SEALED, encrypted as Seal).Person as Buildable
    sealed = {
      before: side({ format: 'envelope' }),
      older: side({ format: 'message' }),
      Person: side({ format: 'envelope' }),
    }
    const twin = people(twinClient(world), PLAIN, inClear).Person as Buildable
    plain = { before: twin, older: twin, Person: twin }
  })
  afterAll(() => world.stop())

  /** Does the same on both tables, and compares. */
  async function agree(stored: string, write: (entity: Buildable, key: Attributes) => Promise<unknown>) {
    const key = { pk: 'returned', sk: String(++items) }
    const run = async (side: Side) => {
      await STORED[stored]!(side, key)
      return outcome(write(side.Person, key))
    }
    const [one, other] = [await run(sealed), await run(plain)]
    expect(differences(comparable(one, SEALED), comparable(other, PLAIN))).toEqual([])
    return other
  }

  // dynalite returns whole attributes of what was updated inside.
  const exact = engine === 'dynoxide'

  test.each(Object.keys(STORED).flatMap(stored => RETURN_VALUES.map(values => [stored, values] as const)))(
    'by an update of an item that is stored %s: %s',
    { timeout: 120_000 },
    async (stored, returnValues) => {
      world.proxy.sent.length = 0
      for (const given of Object.values(UPDATES)) {
        if (isInside(given) && (stored === 'not at all' || (!exact && returnValues.startsWith('UPDATED_'))))
          continue
        // The engine returns the whole list, and DynamoDB what was updated of it.
        if (given === UPDATES['a list position'] && returnValues.startsWith('UPDATED_')) continue
        await agree(stored, (entity, key) =>
          on(entity, UpdateItemCommand)
            .item({ ...key, ...given })
            .options({ returnValues })
            .send(),
        )
      }
      await agree(stored, (entity, key) =>
        on(entity, UpdateAttributesCommand)
          .item({ ...key, text: 'secret new', codes: ['secret new'], nested: { shut: 'secret new' } })
          .options({ returnValues })
          .send(),
      )
      expect(leaks(world.proxy.sent, ['secret'])).toEqual([])
    },
  )

  test.each(Object.keys(STORED))(
    'by puts, deletes and failed conditions on an item that is stored %s',
    async stored => {
      const returnValues = 'ALL_OLD'
      const put = (entity: Buildable, key: Attributes) =>
        on(entity, PutItemCommand).item({ ...key, ...person(2) })
      const update = (entity: Buildable, key: Attributes) =>
        on(entity, UpdateItemCommand).item({ ...key, text: 'new' })
      await agree(stored, (entity, key) => put(entity, key).options({ returnValues }).send())
      await agree(stored, (entity, key) =>
        on(entity, DeleteItemCommand).key(key).options({ returnValues }).send(),
      )
      const failing = { condition: FAILS, returnValuesOnConditionFalse: 'ALL_OLD' }
      for (const write of [
        put,
        update,
        (entity: Buildable, key: Attributes) => on(entity, DeleteItemCommand).key(key),
      ]) {
        const error = await agree(stored, (entity, key) => write(entity, key).options(failing).send())
        expect(error).toMatchObject({ name: 'ConditionalCheckFailedException' })
      }
    },
  )

  test.each([
    ['UPDATED_OLD', ['secret second 1']],
    ['UPDATED_NEW', ['secret new']],
  ])('by an update of a list position, as DynamoDB does, not the engine: %s', async (returnValues, codes) => {
    const key = { pk: 'returned', sk: String(++items) }
    await STORED['short, by a put']!(sealed, key)
    const { Attributes } = await on(sealed.Person, UpdateItemCommand)
      .item({ ...key, codes: { 1: 'secret new' } })
      .options({ returnValues })
      .send()
    expect(Attributes).toMatchObject({ codes })
  })
})
