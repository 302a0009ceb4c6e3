import type { Declaration } from '@dynaseal/document-client'
import type { World } from '../support/world.js'

/** What each library stores and loads. All but keys, badge and visits is secret. */
export interface Person {
  readonly team: string
  readonly id: string
  readonly badge: string
  readonly visits: number
  readonly email: string
  readonly address: { readonly street: string; readonly city: string }
  readonly cards: readonly { readonly number: string; readonly brand: string }[]
  readonly tags: Readonly<Record<string, string>>
}

export type Key = Pick<Person, 'team' | 'id'>

export const ENCRYPTED = ['email', 'address.street', 'cards[*].number', 'tags.*']

/** The paths of a table as {@link World.createTable} makes it. */
export const declaration = (table: string): Declaration => ({
  table,
  key: ['pk', 'sk'],
  indexKeys: ['gsi'],
  encrypted: ENCRYPTED,
})

/** A library in one region, on a sealed client. What it does not have is not here. */
export interface Mapper {
  put(person: Person): Promise<unknown>
  get(key: Key): Promise<Person | undefined>
  setEmail(key: Key, email: string): Promise<unknown>
  setStreet?(key: Key, street: string): Promise<unknown>
  appendCard?(key: Key, card: Person['cards'][number]): Promise<unknown>
  addVisit?(key: Key): Promise<unknown>
  /** @returns what was deleted */
  remove?(key: Key): Promise<Person | undefined>
  query(team: string): Promise<Person[]>
  queryByBadge(badge: string): Promise<Person[]>
  scan(): Promise<Person[]>
  /** All of a team, in pages of one. */
  pages(team: string): Promise<Person[]>
  batchPut?(people: readonly Person[]): Promise<unknown>
  batchGet?(keys: readonly Key[]): Promise<Person[]>
  transactPut?(people: readonly Person[]): Promise<unknown>
  transactGet?(keys: readonly Key[]): Promise<Person[]>
  /** Fails if there is one. */
  create(person: Person): Promise<unknown>
  /** By a filter. */
  findByEmail(team: string, email: string): Promise<Person[]>
}

export interface Library {
  /** As npm has it. */
  readonly name: string
  /** The client that it takes. */
  readonly client: 'sealDocumentClient' | 'sealDynamoDBClient'
  connect(world: World, region: string, table: string): Mapper
  /** Several kinds of items in one table, told apart by an attribute. A person's email is encrypted, a task's is not. */
  readonly kinds: {
    readonly attribute: string
    /** How an update says it. */
    readonly update: string
    /** What becomes of an item when somebody has changed its kind: whether the library compares it. */
    readonly changed: string
    connect(
      world: World,
      region: string,
      table: string,
    ): {
      person: Pick<Mapper, 'put' | 'get' | 'setEmail'>
      task: { put(task: Task): Promise<unknown>; get(key: Key): Promise<Task | undefined> }
    }
  }
}

export interface Task extends Key {
  readonly email: string
}

export const kindDeclarations = (table: string, attribute: string): Declaration[] => [
  { ...declaration(table), when: { attribute, equals: 'person' } },
  { ...declaration(table), encrypted: [], when: { attribute, equals: 'task' } },
]
