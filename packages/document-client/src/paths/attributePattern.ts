import type { AttributePath } from '@dynaseal/core'
import type { Selection } from './selection.js'

/** Any key of a record. */
export const anyKey = Symbol('*')
/** Any position of a list; those of a tuple are numbers. */
export const anyIndex = Symbol('[n]')

/** The paths that one attribute can have in items: names as stored, open where keys or positions are. */
export type AttributePattern = readonly (string | number | typeof anyKey | typeof anyIndex)[]

function fits(segment: AttributePattern[number], step: AttributePath[number]): boolean {
  if (segment === anyKey) return typeof step === 'string'
  if (segment === anyIndex) return typeof step === 'number'
  return segment === step
}

/** How a path stands to a pattern: on it, `above` (an ancestor), `below` (inside), or beside it. */
export function relate(pattern: AttributePattern, path: AttributePath): 'at' | 'above' | 'below' | 'beside' {
  const common = Math.min(pattern.length, path.length)
  for (let i = 0; i < common; i++) {
    if (!fits(pattern[i] as AttributePattern[number], path[i] as AttributePath[number])) return 'beside'
  }
  if (pattern.length === path.length) return 'at'
  return path.length < pattern.length ? 'above' : 'below'
}

/** Whether some path can fit both patterns, or one contain the other. */
export function overlap(one: AttributePattern, other: AttributePattern): boolean {
  const common = Math.min(one.length, other.length)
  for (let i = 0; i < common; i++) {
    const [a, b] = [one[i], other[i]]
    if (a === b) continue
    if (a === anyKey && typeof b === 'string') continue
    if (b === anyKey && typeof a === 'string') continue
    if (a === anyIndex && typeof b === 'number') continue
    if (b === anyIndex && typeof a === 'number') continue
    return false
  }
  return true
}

export function sameAs(one: AttributePattern, other: AttributePattern): boolean {
  return one.length === other.length && one.every((segment, i) => segment === other[i])
}

/** A value found in an item, and the means to replace it. */
export class Occurrence {
  constructor(
    readonly path: AttributePath,
    readonly value: unknown,
    /** Whether it may stand elsewhere in the stored item, where the pattern does not hold. */
    readonly isUncertain: boolean,
    private readonly holder: Record<string | number, unknown>,
    private readonly step: string | number,
  ) {}

  replace(value: unknown): void {
    this.holder[this.step] = value
  }
}

type Container = Record<string, unknown> | unknown[]

/** What stands above a pattern and cannot be looked into, so that nobody knows what is behind it. */
export type Obstructed = (path: AttributePath, value: unknown) => void

/** JavaScript takes an entry of this name for something else, so it never is one that is encrypted. */
export const PROTOTYPE = '__proto__'

/**
 * Finds what stands at a pattern in a document-client item (plain objects and arrays).
 *
 * @param path of the container; the pattern goes on from there
 * @param selection what of the item was asked for, if not all: paths are those of the stored item
 * @param obstructed is told of each value above the pattern that is no container, or not of the kind that
 *   the pattern has there
 */
export function occurrences(
  container: Container,
  pattern: AttributePattern,
  path: AttributePath = [],
  selection?: Selection,
  obstructed?: Obstructed,
): Occurrence[] {
  const found: Occurrence[] = []
  search({ pattern, selection, obstructed, found }, container, 0, path, false)
  return found
}

interface Search {
  readonly pattern: AttributePattern
  readonly selection: Selection | undefined
  readonly obstructed: Obstructed | undefined
  readonly found: Occurrence[]
}

function search(
  of: Search,
  container: Container,
  depth: number,
  path: AttributePath,
  isUncertain: boolean,
): void {
  const { pattern, selection, obstructed } = of
  const segment = pattern[depth]
  if (segment === undefined) return
  if (!isUncertain) reportObstacle(container, segment, path, obstructed)
  // A name is at one place, and most patterns are one name: no list is made of it.
  if (typeof segment === 'string' && !Array.isArray(container)) {
    if (Object.hasOwn(container, segment)) visit(of, container, depth, path, segment, segment, isUncertain)
    return
  }
  for (const { step, stored, isGuess = isUncertain } of steps(container, segment, path, selection))
    visit(of, container, depth, path, step, stored, isGuess)
}

function visit(
  of: Search,
  container: Container,
  depth: number,
  path: AttributePath,
  step: string | number,
  stored: string | number,
  isGuess: boolean,
): void {
  const { pattern, obstructed, found } = of
  const holder = container as Record<string | number, unknown>
  const value = holder[step]
  if (value === undefined) return
  const here = [...path, stored]
  if (depth === pattern.length - 1) found.push(new Occurrence(here, value, isGuess, holder, step))
  else if (isContainer(value)) search(of, value, depth + 1, here, isGuess)
  else if (!isGuess) obstructed?.(here, value)
}

function reportObstacle(
  container: Container,
  segment: AttributePattern[number],
  path: AttributePath,
  obstructed: Obstructed | undefined,
): void {
  if (obstructed === undefined) return
  if (Array.isArray(container) !== isIndex(segment)) {
    if (Object.keys(container).length > 0) obstructed(path, container)
  } else if (typeof segment === 'string' && Object.hasOwn(container, PROTOTYPE)) {
    obstructed([...path, PROTOTYPE], (container as Record<string, unknown>)[PROTOTYPE])
  }
}

/** Whether a segment is a position in a list or a tuple, and not a name. */
export function isIndex(segment: AttributePattern[number] | undefined): boolean {
  return segment === anyIndex || typeof segment === 'number'
}

interface Step {
  readonly step: string | number
  /** The same step in the stored item. */
  readonly stored: string | number
  readonly isGuess?: true
}

const NONE: Step[] = []

/** The members of a container that fit. */
function steps(
  container: Container,
  segment: AttributePattern[number],
  path: AttributePath,
  selection: Selection | undefined,
): Step[] {
  if (Array.isArray(container)) {
    return [...container.keys()].flatMap((step): Step[] => {
      const positions = selection?.storedPositions(path, step, container.length) ?? [step]
      const stored = positions.find(position => fits(segment, position))
      if (stored === undefined) return []
      return [stored === positions[0] ? { step, stored } : { step, stored, isGuess: true }]
    })
  }
  if (segment === anyKey) return Object.keys(container).map(name => ({ step: name, stored: name }))
  return NONE
}

export function isContainer(value: unknown): value is Container {
  if (Array.isArray(value)) return true
  if (typeof value !== 'object' || value === null) return false
  const prototype = Object.getPrototypeOf(value)
  return prototype === Object.prototype || prototype === null
}
