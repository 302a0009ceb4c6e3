import { $set } from 'dynamodb-toolbox'
import type { Mint } from '../../support/scanner/sentinels.js'
import type { Entities } from './entities.js'
import { type Attributes, frozen } from './loose.js'
import type { Placement } from './placement.js'
import { placements } from './placements.js'

/** One command of dynamodb-toolbox, as the matrix runs it: on the sealed table and on its plain twin. */
export interface Row {
  readonly name: string
  /** Which client runs it, where one may only seal and the other only open. */
  readonly by: 'writer' | 'reader'
  /** Whether a write returns attributes that are encrypted, which a client that may only seal refuses. */
  readonly returnsAttributes?: boolean
  /** Whether it returns parts of lists, where the engine returns them whole. */
  readonly returnsParts?: boolean
  /** Whether it reads whole items and does not return them. */
  readonly readsUnseen?: boolean
  /** Whether it runs in the first mode only, since another row has its command in all of them. */
  readonly inOneMode?: boolean
  /** It is refused by us with this code, and nothing is sent. */
  readonly refused?: string
  steps(context: Context): readonly Step[]
}

/** Something to do, once with each table: `prepare` decides on the values, and gives what is done with them. */
export interface Step {
  readonly name: string
  run(entities: Entities, at: Where): Promise<unknown>
}

/** What a row has to work with, the same for both tables. */
export interface Context {
  readonly mint: Mint
  /** The attributes of the items that were there before: `1` and `2` of `Everything`, `3` of `Note`. */
  readonly before: Attributes
  /** Others, to write. */
  readonly after: Attributes
  /** The attributes of a new item of `Note`. */
  readonly note: Attributes
}

/** The partition in which one run has its items. */
export interface Where {
  readonly pk: string
  key(sk: string): { pk: string; sk: string }
}

type Flags = Omit<Row, 'name' | 'steps'>

export function row(
  name: string,
  flags: Flags,
  run: (entities: Entities, at: Where, context: Context) => Promise<unknown>,
): Row {
  return {
    name,
    ...flags,
    steps: context => [{ name, run: (entities, at) => run(entities, at, context) }],
  }
}

/** A row that does the same with one placement after the other. */
export function rowOfEach(
  name: string,
  flags: Flags,
  steps: (placement: Placement, context: Context) => readonly Step[],
): Row {
  return {
    name,
    ...flags,
    steps: context =>
      placements.flatMap(placement =>
        steps(placement, context).map(step => ({ ...step, name: `${placement.name}: ${step.name}` })),
      ),
  }
}

/** The attributes as an update takes them, to replace each as a whole. */
export function replacing(attributes: Attributes): Attributes {
  return Object.fromEntries(
    placements.flatMap(({ name, container, notUpdated }) =>
      attributes[name] === undefined || notUpdated
        ? []
        : [[name, container ? $set(attributes[name] as never) : attributes[name]]],
    ),
  )
}

/** What an item of `Everything` is given, besides its key. */
function everything(mint: Mint): Attributes {
  return Object.fromEntries(
    placements.flatMap(({ name, value }) => {
      const given = value(mint)
      return given === undefined ? [] : [[name, frozen(given)]]
    }),
  )
}

export function contextOf(mint: Mint): Context {
  return {
    mint,
    before: everything(mint),
    after: everything(mint),
    note: { text: mint.text(), body: mint.text() },
  }
}
