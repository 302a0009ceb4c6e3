import type { AttributePath, AttributeValue } from '@dynaseal/core'
import { formatPath } from '@dynaseal/core/formats'
import { EvaluationError } from './errors.js'
import { type Attributes, is } from './types.js'

/** What stands at a path of an item; undefined where nothing does. */
export function valueAt(item: Attributes, path: AttributePath): AttributeValue | undefined {
  let value: AttributeValue | undefined = { M: item }
  for (const step of path) value = childOf(value, step)
  return value
}

function childOf(value: AttributeValue | undefined, step: string | number): AttributeValue | undefined {
  if (typeof step === 'number') return is('L', value) ? value.L[step] : undefined
  return is('M', value) && Object.hasOwn(value.M, step) ? value.M[step] : undefined
}

/** What is to be done at one path: to put a value there, or with `undefined` to take it away. */
export interface Change {
  readonly path: AttributePath
  readonly value: AttributeValue | undefined
}

/**
 * An item with changes, all of them at paths of the item as it was. What is put behind the end of a list is appended, in the
 * order of its positions; what is taken away from a list closes up.
 *
 * @param changes at paths that do not overlap
 * @throws {EvaluationError} `invalid-path`
 */
export function changed(item: Attributes, changes: readonly Change[]): Record<string, AttributeValue> {
  const root = changedValue(
    { M: item },
    changes.map(change => ({ ...change, depth: 0 })),
  )
  return (root as { M: Record<string, AttributeValue> }).M
}

interface ChangeWithin extends Change {
  /** Steps of the path that lead to where one is. */
  readonly depth: number
}

function changedValue(value: AttributeValue, changes: readonly ChangeWithin[]): AttributeValue {
  const byStep = new Map<string | number, ChangeWithin[]>()
  for (const change of changes) {
    const step = change.path[change.depth]!
    byStep.set(step, [...(byStep.get(step) ?? []), { ...change, depth: change.depth + 1 }])
  }
  const steps = [...byStep]
  if (is('M', value)) {
    if (steps.some(([step]) => typeof step === 'number')) throw invalidPath()
    return { M: changedMap(value.M, steps as [string, ChangeWithin[]][]) }
  }
  if (is('L', value)) {
    if (steps.some(([step]) => typeof step === 'string')) throw invalidPath()
    return { L: changedList(value.L, steps as [number, ChangeWithin[]][]) }
  }
  throw invalidPath()
}

function changedMap(
  map: Attributes,
  steps: readonly [string, ChangeWithin[]][],
): Record<string, AttributeValue> {
  const entries = new Map(Object.entries(map))
  for (const [name, changes] of steps) {
    const value = changedChild(entries.get(name), changes)
    if (value === undefined) entries.delete(name)
    else entries.set(name, value)
  }
  return Object.fromEntries(entries)
}

function changedList(
  list: readonly AttributeValue[],
  steps: readonly [number, ChangeWithin[]][],
): AttributeValue[] {
  const elements: (AttributeValue | undefined)[] = [...list]
  for (const [index, changes] of steps.toSorted(([a], [b]) => a - b)) {
    const value = changedChild(list[index], changes)
    if (index < list.length) elements[index] = value
    else if (value !== undefined) elements.push(value)
  }
  return elements.filter(element => element !== undefined)
}

function changedChild(
  value: AttributeValue | undefined,
  changes: readonly ChangeWithin[],
): AttributeValue | undefined {
  const [first] = changes
  // Where a path ends, it is the only one: others would overlap.
  if (first!.path.length === first!.depth) return first!.value
  if (value === undefined) throw invalidPath()
  return changedValue(value, changes)
}

/**
 * DynamoDB refuses an update that writes to overlapping paths before it looks at the item, and so at the condition.
 *
 * @throws {EvaluationError} `overlapping-paths`
 */
export function refuseOverlaps(paths: readonly AttributePath[]): void {
  for (const [index, path] of paths.entries()) {
    for (const other of paths.slice(index + 1)) {
      const shorter = Math.min(path.length, other.length)
      if (path.slice(0, shorter).every((step, depth) => step === other[depth]))
        throw new EvaluationError(
          'overlapping-paths',
          `An update writes to ${formatPath(path)} and to ${formatPath(other)}, which overlap.`,
        )
    }
  }
}

function invalidPath(): EvaluationError {
  return new EvaluationError(
    'invalid-path',
    'An update writes to a path whose parent is not there, or is no map or list as the path has it.',
  )
}
