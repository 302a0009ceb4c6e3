import { inspect } from 'node:util'
import type { AttributePath } from '@dynaseal/core'
import { type AttributePattern, relate } from './attributePattern.js'

/** A value as the caller gets it, and where it stands in the stored item. */
export interface OpenedValue {
  readonly path: AttributePath
  readonly value: unknown
}

/** What was opened in one item: each value with the paths where it stands. */
type Proofs = ReadonlyMap<unknown, readonly AttributePath[]>

/** Of the item whose opened values were read last. */
let lastRead: Proofs | undefined
let willForget = false
const settled = Promise.resolve()

/**
 * Makes an item remember what was opened in it, or expressly let through.
 *
 * A schema's transformer sees a value and not where it comes from, and a string has no identity that could prove
 * it. But whoever formats an item reads it first: the attributes that hold opened values are accessors, which note
 * that this item was read. To everybody else they are what they hold.
 */
export function markOpened(item: Record<string, unknown>, opened: readonly OpenedValue[]): void {
  if (opened.length === 0) return
  const proofs = new Map<unknown, AttributePath[]>()
  const names = new Set<string>()
  for (const { path, value } of opened) {
    const paths = proofs.get(value)
    if (paths === undefined) proofs.set(value, [path])
    else paths.push(path)
    names.add(path[0] as string)
  }
  for (const name of names) if (Object.hasOwn(item, name)) noteReading(item, name, proofs)
  // What is printed is the values, and not that they are accessors.
  Object.defineProperty(item, inspect.custom, { configurable: true, value: plainly })
}

/**
 * Whether a value was opened at a place that fits one of the patterns, in the item that is being read: the one whose
 * opened values were read last, as long as nobody has waited for anything since.
 */
export function wasOpened(value: unknown, patterns: Iterable<AttributePattern>): boolean {
  const paths = lastRead?.get(value)
  if (paths === undefined) return false
  for (const pattern of patterns) if (paths.some(path => relate(pattern, path) === 'at')) return true
  return false
}

function noteReading(item: Record<string, unknown>, name: string, proofs: Proofs): void {
  let value = item[name]
  Object.defineProperty(item, name, {
    configurable: true,
    enumerable: true,
    get() {
      lastRead = proofs
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
