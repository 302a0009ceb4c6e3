import type { AttributeValue } from '@aws-sdk/client-dynamodb'
import type { AttributePath } from '@dynaseal/core'
import type { WireItem } from '../stored/wireItem.js'

/** One value, and what comes in its place. */
export interface Replacement {
  readonly path: AttributePath
  readonly from: AttributeValue
  readonly to: AttributeValue
}

/** What stands beside values: an attribute of the format's own, or search tokens. Undefined is what is not there. */
export interface Beside {
  readonly path: AttributePath
  readonly from: AttributeValue | undefined
  readonly to: AttributeValue | undefined
}

/** What stays as it was read. Undefined is what is not there. */
export interface Unchanged {
  readonly path: AttributePath
  readonly value: AttributeValue | undefined
}

/** What is to be done to one item, if all of it that is named here is still as it was read. */
export interface Change {
  readonly key: WireItem
  readonly values: readonly Replacement[]
  readonly attributes: readonly Beside[]
  readonly tokens: readonly Beside[]
  /** What it depends on, and does not replace. */
  readonly unchanged: readonly Unchanged[]
  /** Values of the item that are left to do, because they do not fit into one update. */
  readonly remaining: number
  /** The item under another key: it is moved there, as it is by then, and nothing else is changed. */
  readonly moved?: WireItem
}

/** Something that a task leaves as it is. */
export interface Left {
  readonly path: AttributePath | undefined
  /** The code of an error of ours, or a reason of the task's own. */
  readonly reason: string
}

export interface Outcome {
  readonly change: Change | undefined
  readonly left: readonly Left[]
}

/** Of an item that is as it is to be. */
export const NOTHING: Outcome = { change: undefined, left: [] }

/** The data keys that this job has written under, also in the processes before this one. */
export interface OwnDataKeys {
  has(name: string): boolean
  /** Resolves when they will be known after a crash. */
  add(names: Iterable<string>): Promise<void>
}

export interface Planning {
  readonly signal: AbortSignal
  readonly dataKeys: OwnDataKeys
  /** The same of the page that is worked on, for data keys of one item each: they are forgotten with the page. */
  readonly itemKeys: OwnDataKeys
}

/** What a job does to the items of a table. */
export interface Task {
  readonly name: string
  /** How it was asked for; a checkpoint is of one that was asked for the same. */
  readonly settings: Readonly<Record<string, unknown>>
  /**
   * Given the same items again after its changes, it wants none.
   *
   * @returns in the order of the items
   */
  plan(items: readonly WireItem[], planning: Planning): Promise<Outcome[]>
}
