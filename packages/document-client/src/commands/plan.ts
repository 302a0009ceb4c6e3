import type { ReadFirst, Sending } from '../changing/readFirst.js'
import type { ClientSettings } from '../client/settings.js'
import type { ErrorItem } from '../opening/openError.js'
import type { Opening } from '../opening/opening.js'
import type { Sealing } from '../sealing/sealing.js'
import type { Tables } from '../tables/tables.js'
import type { Item } from '../values/place.js'

/** What the sealed client does with one command: before it is sent, with its response, with its error. */
export interface Plan {
  readonly input: Item
  /** Sends what takes several commands; without it, the input is one. */
  send?(forward: (input: Item) => Promise<Item>, sending: Sending): Promise<Item>
  /** Of a write that is evaluated on the plaintext: how. */
  readonly readFirst?: ReadFirst
  response(output: Item, opening: Opening): void
  /** Compares what was found with what was searched for, after everything is open. */
  compare?(output: Item, settings: ClientSettings): Promise<void>
  /** Runs after everything is open. */
  finish?(output: Item): void
  errorItems?(error: Item): ErrorItem[]
}

/** Makes the plan, checks what is to be sent, and notes what is to be sealed. */
export type Planner = (tables: Tables, input: Item, sealing: Sealing) => Plan
