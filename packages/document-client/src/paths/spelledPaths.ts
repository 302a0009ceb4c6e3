import type { AttributePath } from '@dynaseal/core'
import { type AttributePattern, isContainer, relate } from './attributePattern.js'

/**
 * A name that is written as a path: `address.street` as one name, where the entry `street` of `address` is encrypted. Some
 * mappers write so what was meant for the entry, and it would be stored in clear. Where a pattern has the name itself, it
 * is none.
 *
 * @returns the name, if there is one in the path
 */
export function spelledPath(patterns: readonly AttributePattern[], path: AttributePath): string | undefined {
  for (const [i, name] of path.entries()) {
    const steps = typeof name === 'string' ? stepsOf(name) : []
    if (steps.length < 2) continue
    const concerns = (at: AttributePath) => patterns.some(pattern => relate(pattern, at) !== 'beside')
    const before = path.slice(0, i)
    if (!concerns([...before, name]) && concerns([...before, ...steps])) return String(name)
  }
  return undefined
}

/** As {@link spelledPath}, of what is in a value. */
export function spelledPathIn(
  patterns: readonly AttributePattern[],
  path: AttributePath,
  value: unknown,
): string | undefined {
  if (!isContainer(value)) return undefined
  for (const key of Array.isArray(value) ? value.keys() : Object.keys(value)) {
    const here = [...path, key]
    const found =
      (typeof key === 'string' && stepsOf(key).length > 1 ? spelledPath(patterns, here) : undefined) ??
      spelledPathIn(patterns, here, (value as Record<string | number, unknown>)[key])
    if (found !== undefined) return found
  }
  return undefined
}

/** The steps that a name would be as a path; itself, if it is none. */
function stepsOf(name: string): AttributePath {
  if (!/[.[]/.test(name)) return [name]
  // As people write it, and as it is declared: `cards[0]` and `cards[*]`.
  return Array.from(name.matchAll(/\[(\d+|\*)\]|[^.[\]]+/g), ([text, index]) =>
    index === undefined ? text : Number(index) || 0,
  )
}
