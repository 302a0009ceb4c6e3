/** A list to begin with, for {@link added} alone: nothing can be pushed to it. */
export const NOTHING = Object.freeze([]) as unknown as never[]

/**
 * The list with one more in it, which may be another list. What is pushed to an empty one gets room for seventeen, which is
 * garbage where it is one, as it mostly is.
 */
export function added<T>(list: T[], one: T): T[] {
  if (list.length === 0) return [one]
  list.push(one)
  return list
}
