import { inspect } from 'node:util'
import type { AttributePath } from '@dynaseal/core'
import { type AttributePattern, relate } from '../paths/attributePattern.js'

/** A value as the caller gets it, and where it stands in the stored item. */
export interface OpenedValue {
  readonly path: AttributePath
  readonly value: unknown
}

/** What was opened in the item whose opened values were read last. */
let lastRead: readonly OpenedValue[] | undefined
let willForget = false
const settled = Promise.resolve()

/**
 * Makes an item remember what was opened in it, or expressly let through.
 *
 * A mapper's transformer sees a value and not where it comes from, and a string has no identity that could prove
 * it. But whoever formats an item reads all of it first: the first attribute that holds an opened value is an
 * accessor, which notes that this item was read. To everybody else it is what it holds.
 */
export function markOpened(item: Record<string, unknown>, opened: readonly OpenedValue[]): void {
  const first = opened.find(({ path }) => Object.hasOwn(item, path[0] as string))
  if (first === undefined) return
  noteReading(item, first.path[0] as string, opened)
  // What is printed is the value, and not that it is an accessor.
  Object.defineProperty(item, inspect.custom, { configurable: true, value: plainly })
}

/**
 * Whether a value was opened at a place that fits one of the patterns, in the item that is being read: the one whose
 * opened values were read last, as long as nobody has waited for anything since.
 */
export function wasOpened(value: unknown, patterns: readonly AttributePattern[]): boolean {
  if (lastRead === undefined) return false
  for (const { path, value: openedValue } of lastRead) {
    if (!Object.is(value, openedValue)) continue
    for (const pattern of patterns) if (relate(pattern, path) === 'at') return true
  }
  return false
}

function noteReading(item: Record<string, unknown>, name: string, opened: readonly OpenedValue[]): void {
  let value = item[name]
  Object.defineProperty(item, name, {
    configurable: true,
    enumerable: true,
    get() {
      lastRead = opened
      if (!willForget) {
        willForget = true
        settled.then(forget)
      }
      return value
    },
    set(next: unknown) {
      value = next
    },
  })
}

function forget(): void {
  lastRead = undefined
  willForget = false
}

function plainly(this: object): object {
  return { ...this }
}
