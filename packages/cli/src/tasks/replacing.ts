import type { Target } from '../config/project.js'
import { type Left, NOTHING, type Outcome } from '../engine/task.js'
import type { WireItem } from '../stored/wireItem.js'
import { changeOfWhole } from './wholeItems.js'

/** What an item becomes, or why it stays as it is. */
export type Become = WireItem | readonly Left[]

export function isLeft(one: unknown): one is readonly Left[] {
  return Array.isArray(one)
}

export function leaving(reason: string): readonly Left[] {
  return [{ path: undefined, reason }]
}

/** The outcomes for items of which those that are wanted become others, or are left for reasons. */
export async function replacing(
  target: Target,
  items: readonly WireItem[],
  isWanted: (item: WireItem, index: number) => boolean,
  become: (wanted: readonly WireItem[]) => Promise<readonly Become[]>,
): Promise<Outcome[]> {
  const wanted = items.flatMap((item, index) => (isWanted(item, index) ? [index] : []))
  const outcomes: Outcome[] = items.map(() => NOTHING)
  if (wanted.length === 0) return outcomes
  const made = await become(wanted.map(index => items[index]!))
  for (const [i, index] of wanted.entries()) outcomes[index] = outcomeOf(target, items[index]!, made[i]!)
  return outcomes
}

function outcomeOf(target: Target, from: WireItem, to: Become): Outcome {
  if (isLeft(to)) return { change: undefined, left: to }
  const change = changeOfWhole(target, from, to)
  return change === undefined
    ? { change, left: leaving('too-many-attributes') }
    : { change: isEmpty(change) ? undefined : change, left: [] }
}

function isEmpty({ values, attributes, tokens }: NonNullable<Outcome['change']>): boolean {
  return values.length + attributes.length + tokens.length === 0
}

/**
 * Goes on with those that are not left.
 *
 * @param next in the order of what it is given
 */
export async function andThen<T, R>(
  given: readonly (T | readonly Left[])[],
  next: (going: readonly T[]) => Promise<readonly (R | readonly Left[])[]>,
): Promise<(R | readonly Left[])[]> {
  const going = given.filter((one): one is T => !Array.isArray(one))
  const results = going.length === 0 ? [] : await next(going)
  let index = 0
  return given.map(one => (Array.isArray(one) ? (one as readonly Left[]) : results[index++]!))
}
