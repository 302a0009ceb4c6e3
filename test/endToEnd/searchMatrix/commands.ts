// What an application does with a person that is found by an e-mail, and what has to be so afterwards.
import { expect } from 'vitest'
import type { Client, When } from './client.js'
import type { Person } from './places.js'

/** A person, and whom to find after the command, in both regions. */
export interface Cell {
  readonly person: Person & { readonly email: string }
  /** Another one, of the same key but for what the e-mail is in. */
  readonly other: Person & { readonly email: string }
  /** An e-mail that nobody has. */
  readonly nobody: string
  /** The e-mail in another spelling of the same normalization. */
  readonly respelled: string
  readonly east: Client
  readonly west: Client
  /** Does as a condition searches, if the place is one: not for another e-mail, and for the person's. */
  write(action: (when: When) => Promise<unknown>): Promise<unknown>
  /** That the person alone is found in both regions, by this e-mail or the person's own, with all that the application knows and no more. */
  found(person: Person & { readonly email: string }, by?: string): Promise<void>
  notFound(email: string, at: Person): Promise<void>
}

export interface Command {
  readonly name: string
  /** What is stored before. */
  before(cell: Cell): Promise<unknown>
  run(cell: Cell): Promise<unknown>
  after(cell: Cell): Promise<unknown>
  /** Whether it is about an e-mail that is in another spelling. */
  readonly respells?: true
  /** Whether it sets or removes the e-mail. */
  readonly setsEmail?: true
  /** Whether it reads, so that it says nothing where there are only conditions. */
  readonly reads?: true
  /** Whether it changes a part of an item. */
  readonly updates?: true
  /** DynamoDB has no condition for it. */
  readonly isBatch?: true
}

const putFirst = ({ east, person }: Cell) => east.put(person)
const putBoth = async ({ east, person, other }: Cell) => {
  await east.put(person)
  await east.put(other)
}
const foundStill = ({ found, person }: Cell) => found(person)
const rewritten = ({ person }: Cell) => ({ ...person, diary: person.diary.toUpperCase() })
const renamed = ({ person, other: { email } }: Cell) => ({ ...person, email })
const inBoth = async ({ east, west }: Cell, read: (client: Client) => Promise<void>) => {
  await read(east)
  await read(west)
}
const foundRewritten = (cell: Cell) => cell.found(rewritten(cell))
const foundRenamed = async (cell: Cell) => {
  await cell.found(renamed(cell))
  await cell.notFound(cell.person.email, cell.person)
}
const foundNoMore = async ({ notFound, person, east, west }: Cell) => {
  await notFound(person.email, person)
  for (const client of [east, west]) expect(await client.get(person)).toBeUndefined()
}

export const commands: readonly Command[] = [
  {
    name: 'put',
    before: putFirst,
    run: cell => cell.write(when => cell.east.put(rewritten(cell), when)),
    after: foundRewritten,
  },
  {
    name: 'get',
    reads: true,
    before: putFirst,
    run: cell => inBoth(cell, async client => expect(await client.get(cell.person)).toEqual(cell.person)),
    after: foundStill,
  },
  {
    name: 'query',
    reads: true,
    before: putBoth,
    run: foundStill,
    async after({ found, notFound, person, other, nobody }) {
      await found(other)
      await notFound(nobody, person)
    },
  },
  {
    name: 'scan',
    reads: true,
    before: putBoth,
    run: cell =>
      inBoth(cell, async client => {
        for (const person of [cell.person, cell.other])
          expect(await client.scan(person.email)).toEqual([person])
        expect(await client.scan(cell.nobody)).toEqual([])
      }),
    after: foundStill,
  },
  {
    name: 'update that sets the e-mail',
    updates: true,
    setsEmail: true,
    before: putFirst,
    run: ({ write, east, person, other: { email } }) => write(when => east.update(person, { email }, when)),
    after: foundRenamed,
  },
  {
    name: 'update that removes the e-mail',
    updates: true,
    setsEmail: true,
    before: putFirst,
    run: ({ write, east, person }) => write(when => east.update(person, { email: null }, when)),
    async after(cell) {
      const { email, ...others } = cell.person
      await cell.notFound(email, cell.person)
      await inBoth(cell, async client => expect(await client.get(cell.person)).toEqual(others))
    },
  },
  {
    name: 'update that spells the e-mail in another way',
    updates: true,
    respells: true,
    before: putFirst,
    run: ({ write, east, person, respelled }) =>
      write(when => east.update(person, { email: respelled }, when)),
    async after({ found, person, respelled }) {
      for (const email of [person.email, respelled]) await found({ ...person, email: respelled }, email)
    },
  },
  {
    name: 'update of something else',
    updates: true,
    before: putFirst,
    run: cell => cell.write(when => cell.east.update(cell.person, { diary: rewritten(cell).diary }, when)),
    after: foundRewritten,
  },
  {
    name: 'delete',
    before: putFirst,
    run: ({ write, east, person }) => write(when => east.delete(person, when)),
    after: foundNoMore,
  },
  {
    name: 'batchGet',
    reads: true,
    before: putBoth,
    run: cell =>
      inBoth(cell, async client => {
        const { person, other, nobody } = cell
        const missing = { ...person, pk: person.pk && `no ${person.pk}`, email: nobody }
        const found = await client.batchGet(missing, person, other)
        expect(found).toHaveLength(2)
        expect(found).toEqual(expect.arrayContaining([person, other]))
      }),
    after: foundStill,
  },
  {
    name: 'batchWrite',
    isBatch: true,
    before: ({ east, other }) => east.put(other),
    run: ({ east, person, other }) => east.batchWrite([person], [other]),
    async after({ found, notFound, person, other }) {
      await found(person)
      await notFound(other.email, other)
    },
  },
  {
    name: 'transactGet',
    reads: true,
    before: putBoth,
    run: cell =>
      inBoth(cell, async client => {
        const { person, other, nobody } = cell
        const missing = { ...person, pk: person.pk && `no ${person.pk}`, email: nobody }
        expect(await client.transactGet(person, missing, other)).toEqual([person, other])
      }),
    after: foundStill,
  },
  {
    name: 'transactWrite that puts',
    before: putFirst,
    run: cell => cell.write(when => cell.east.transactPut(rewritten(cell), when)),
    after: foundRewritten,
  },
  {
    name: 'transactWrite that sets the e-mail',
    updates: true,
    setsEmail: true,
    before: putFirst,
    run: ({ write, east, person, other: { email } }) =>
      write(when => east.transactUpdate(person, { email }, when)),
    after: foundRenamed,
  },
  {
    name: 'transactWrite that removes the e-mail',
    updates: true,
    setsEmail: true,
    before: putFirst,
    run: ({ write, east, person }) => write(when => east.transactUpdate(person, { email: null }, when)),
    after: ({ notFound, person }) => notFound(person.email, person),
  },
  {
    name: 'transactWrite that updates something else',
    updates: true,
    before: putFirst,
    run: cell =>
      cell.write(when => cell.east.transactUpdate(cell.person, { diary: rewritten(cell).diary }, when)),
    after: foundRewritten,
  },
  {
    name: 'transactWrite that deletes',
    before: putFirst,
    run: ({ write, east, person }) => write(when => east.transactDelete(person, when)),
    after: foundNoMore,
  },
  {
    name: 'transactWrite that checks',
    before: putFirst,
    run: ({ write, east, person }) => write(when => east.transactCheck(person, when)),
    after: foundStill,
  },
]
