import type { ReadFirst, Sending } from '../changing/readFirst.js'
import type { ClientSettings } from '../client/settings.js'
import type { ErrorItem } from '../opening/openError.js'
import type { Opening } from '../opening/opening.js'
import type { Sealing } from '../sealing/sealing.js'
import type { KeyedWrite } from '../search/keyedWrites.js'
import type { SearchedKey } from '../search/searchedKey.js'
import type { Tables } from '../tables/tables.js'
import type { Item } from '../values/place.js'
import type { OperationName } from './operations.js'

/** Sends an input, of the planned operation or of another one. */
export type Forward = (input: Item, operation?: OperationName) => Promise<Item>

/** What the sealed client does with one command: before it is sent, with its response, with its error. */
export interface Plan {
  readonly input: Item
  /** Finds out which key an item has, when all tokens are made, and before anything is sealed. */
  locate?(forward: Forward): Promise<void>
  /** Whether an item has another key than {@link locate} found, after a condition failed. */
  hasMoved?(forward: Forward): Promise<boolean>
  /** Sends what takes several commands; without it, the input is one. */
  send?(forward: Forward, sending: Sending): Promise<Item>
  /** Of a write that is evaluated on the plaintext: how. */
  readonly readFirst?: ReadFirst
  response(output: Item, opening: Opening): void
  /** Compares what was found with what was searched for, after everything is open. */
  compare?(output: Item, settings: ClientSettings): Promise<void>
  /** Runs after everything is open. */
  finish?(output: Item): void
  errorItems?(error: Item): ErrorItem[]
  /** Of a read of an item that is searched for by its key. */
  readonly searched?: SearchedKey | undefined
  /** Of a write of an item that is searched for by its key. */
  readonly keyed?: KeyedWrite | undefined
}

/** Makes the plan, checks what is to be sent, and notes what is to be sealed. */
export type Planner = (tables: Tables, input: Item, sealing: Sealing) => Plan
