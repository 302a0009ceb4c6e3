import type { AttributeValue } from '@aws-sdk/client-dynamodb'
import type { AttributePath } from '@dynaseal/core'
import type { AttributePattern } from '@dynaseal/document-client/mapper'

/** An item as DynamoDB has it. */
export type WireItem = Record<string, AttributeValue>

const PROTOTYPE = '__proto__'

/**
 * What an answer of the AWS SDK has of an item: it gives an attribute called `__proto__` as one that is undefined, and whoever
 * writes the table can write one.
 */
export function answered<T extends WireItem | undefined>(item: T): T {
  if (item === undefined || !Object.hasOwn(item, PROTOTYPE) || item[PROTOTYPE] !== undefined) return item
  return Object.fromEntries(Object.entries(item).filter(([name]) => name !== PROTOTYPE)) as T
}

/** One value of an item. */
export interface WireField {
  readonly path: AttributePath
  readonly value: AttributeValue
}

/** What stands above a pattern and is no container of the kind that belongs there. */
export type Obstructed = (field: WireField) => void

/** The values of an item that stand at a pattern. */
export function valuesAt(item: WireItem, pattern: AttributePattern, obstructed: Obstructed): WireField[] {
  const found: WireField[] = []
  search({ pattern, found, obstructed }, { M: item }, [])
  return found
}

interface Search {
  readonly pattern: AttributePattern
  readonly found: WireField[]
  readonly obstructed: Obstructed
}

function search(of: Search, value: AttributeValue, path: (string | number)[]): void {
  const { pattern, found, obstructed } = of
  const segment = pattern[path.length]
  if (segment === undefined) {
    found.push({ path, value })
    return
  }
  // Patterns may come from another copy of the package: its symbols are told by what they stand for.
  const isAny = typeof segment === 'symbol'
  const isList = isAny ? segment.description !== '*' : typeof segment === 'number'
  if ((isList ? value.L : value.M) === undefined) {
    obstructed({ path, value })
  } else if (isAny) {
    const children = isList ? value.L!.entries() : Object.entries(value.M!)
    for (const [step, child] of children) search(of, child, [...path, step])
  } else {
    const child = memberOf(value, segment)
    if (child !== undefined) search(of, child, [...path, segment])
  }
}

function memberOf(value: AttributeValue, step: string | number): AttributeValue | undefined {
  if (typeof step === 'number') return value.L?.[step]
  return value.M !== undefined && Object.hasOwn(value.M, step) ? value.M[step] : undefined
}

/** What stands at a path. */
export function fieldAt(item: WireItem, path: AttributePath): AttributeValue | undefined {
  return path.reduce<AttributeValue | undefined>(
    (value, step) => (value === undefined ? undefined : memberOf(value, step)),
    { M: item },
  )
}

/** A copy with another value at the path of one that is there. */
export function replaced(item: WireItem, path: AttributePath, to: AttributeValue): WireItem {
  const at = (value: AttributeValue, depth: number): AttributeValue => {
    const step = path[depth]
    if (step === undefined) return to
    const child = at(memberOf(value, step)!, depth + 1)
    if (typeof step === 'number') return { L: value.L!.with(step, child) }
    return { M: { ...value.M, [step]: child } }
  }
  return at({ M: item }, 0).M!
}

/**
 * A copy with something at a path, or nothing, where that is undefined. What is above it has to be there.
 */
export function withValue(item: WireItem, path: AttributePath, to: AttributeValue | undefined): WireItem {
  const at = ({ M }: AttributeValue, depth: number): AttributeValue => {
    const name = String(path[depth])
    const { [name]: child, ...others } = M ?? {}
    const next = depth === path.length - 1 ? to : at(child ?? { M: {} }, depth + 1)
    return { M: next === undefined ? others : { ...others, [name]: next } }
  }
  return at({ M: item }, 0).M!
}

/** All values of an item that hold no others, in order. */
export function leavesOf(item: WireItem): WireField[] {
  const leaves: WireField[] = []
  const walk = (value: AttributeValue, path: (string | number)[]): void => {
    if (value.M !== undefined)
      for (const [name, child] of Object.entries(value.M)) walk(child, [...path, name])
    else if (value.L !== undefined)
      for (const [index, child] of value.L.entries()) walk(child, [...path, index])
    else leaves.push({ path, value })
  }
  walk({ M: item }, [])
  return leaves
}
