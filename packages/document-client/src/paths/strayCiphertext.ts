import type { AttributePath } from '@dynaseal/core'
import { isContainer } from './attributePattern.js'

/**
 * Paths of what looks like ciphertext where no encrypted attribute is.
 *
 * @param known what is at the paths of encrypted attributes
 */
export function strayCiphertext(
  container: object,
  looksSealed: (value: unknown) => boolean,
  known: ReadonlySet<unknown>,
  path: AttributePath = [],
  strays: AttributePath[] = [],
): AttributePath[] {
  for (const key of Object.keys(container)) {
    const value = (container as Record<string, unknown>)[key]
    if (typeof value !== 'object' || value === null || known.has(value)) continue
    const isNested = isContainer(value)
    if (!isNested && !(value instanceof Set ? [...value].some(looksSealed) : looksSealed(value))) continue
    const here = [...path, Array.isArray(container) ? Number(key) : key]
    if (isNested) strayCiphertext(value, looksSealed, known, here, strays)
    else strays.push(here)
  }
  return strays
}
