import type { AttributePath } from '@dynaseal/core'
import { isContainer } from '../paths/attributePattern.js'
import type { Item } from '../values/place.js'
import { type Describe, PendingSeal } from './pendingSeal.js'

/** A value that is to be sealed, and the means to put what it is sealed to in its place. */
export interface Slot {
  readonly path: AttributePath
  readonly plaintext: unknown
  /** Tells a place in the value without what is secret about it. */
  readonly describe: Describe
  replace(value: unknown): void
}

/** Those of `holder[step]`, which stands at a path of its item. */
export function slotsIn(
  holder: Item | unknown[],
  step: string | number,
  path: AttributePath,
  slots: Slot[] = [],
): Slot[] {
  const own = holder as Record<string | number, unknown>
  const value = own[step]
  if (value instanceof PendingSeal) {
    slots.push({
      path,
      plaintext: PendingSeal.plaintextOf(value),
      describe: PendingSeal.describeIn(value),
      replace: next => {
        own[step] = next
      },
    })
  } else if (isContainer(value)) {
    for (const child of Array.isArray(value) ? value.keys() : Object.keys(value))
      slotsIn(value, child, [...path, child], slots)
  }
  return slots
}
