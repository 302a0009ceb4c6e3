import type { AttributePath } from '@dynaseal/core'
import { isContainer } from '../paths/attributePattern.js'
import { PendingSeal } from '../sealing/pendingSeal.js'
import type { Item } from '../values/place.js'

const END: AttributePath = []

/** What stands at a path, in clear also where it waits to be sealed; undefined where nothing does. */
export function valueAt(value: unknown, path: AttributePath): unknown {
  const plain = value instanceof PendingSeal ? PendingSeal.plaintextOf(value) : value
  const step = path[0]
  if (step === undefined) return plain
  // Most paths are one name: no list is made of the rest.
  const rest = path.length === 1 ? END : path.slice(1)
  if (plain instanceof Map) return valueAt(plain.get(step), rest)
  if (!isContainer(plain) || !Object.hasOwn(plain, step)) return undefined
  return valueAt((plain as Record<string | number, unknown>)[step], rest)
}

/** The same as it stands there. */
export function standsAt(item: Item, path: AttributePath): unknown {
  const holder = valueAt(item, path.slice(0, -1))
  const step = path.at(-1)!
  return isContainer(holder) && Object.hasOwn(holder, step)
    ? (holder as Record<string | number, unknown>)[step]
    : undefined
}

/** Where what holds it is there. */
export function setAt(item: Item, path: AttributePath, value: unknown): void {
  const holder = valueAt(item, path.slice(0, -1))
  if (isContainer(holder)) (holder as Record<string | number, unknown>)[path.at(-1)!] = value
}

/** Takes it out, with the maps above it that then hold nothing, as far as `isOurs` says. */
export function removeAt(item: Item, path: AttributePath, isOurs: (path: AttributePath) => boolean): void {
  if (path.length === 1) {
    delete item[String(path[0])]
    return
  }
  const holder = valueAt(item, path.slice(0, -1))
  if (!isContainer(holder) || Array.isArray(holder)) return
  delete holder[String(path.at(-1))]
  const above = path.slice(0, -1)
  if (above.length > 0 && Object.keys(holder).length === 0 && isOurs(above)) removeAt(item, above, isOurs)
}
