import type { FormatCase, SearchWorld } from './formats.js'
import type { Person, Place, Search } from './places.js'

/** What an update makes of a person: `null` removes. */
export interface Change {
  readonly email?: string | null
  readonly diary?: string
}

/** The e-mail that a condition searches for, in commands that write; no condition if it is absent. */
export type When = string | undefined

/** All commands of an application, whether it has schemas or declares tables. People are addressed by all that is known of them. */
export interface Client {
  put(person: Person, when?: When): Promise<unknown>
  get(at: Person): Promise<unknown>
  query(search: Search): Promise<unknown[]>
  /** All people that have the e-mail. */
  scan(email: string): Promise<unknown[]>
  update(at: Person, change: Change, when?: When): Promise<unknown>
  delete(at: Person, when?: When): Promise<unknown>
  batchGet(...at: Person[]): Promise<unknown[]>
  batchWrite(put: readonly Person[], remove: readonly Person[]): Promise<unknown>
  transactGet(...at: Person[]): Promise<unknown[]>
  transactPut(person: Person, when?: When): Promise<unknown>
  transactUpdate(at: Person, change: Change, when?: When): Promise<unknown>
  transactDelete(at: Person, when?: When): Promise<unknown>
  /** That the person is there. */
  transactCheck(at: Person, when?: When): Promise<unknown>
}

export interface ClientKind {
  readonly name: string
  /** Whether an update can set what the key of the table is the token of: a schema has that as the key, which no command sets. */
  readonly setsKeys: boolean
  /** The code of what is refused when a table is told of. */
  readonly errorName: string
  connect(world: SearchWorld, region: string, at: { table: string; place: Place; format: FormatCase }): Client
}
