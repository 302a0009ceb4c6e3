import type { AttributePath } from '@dynaseal/core'

/**
 * The paths that a response was restricted to, by a projection or to what an update wrote. Of a list, DynamoDB then
 * returns only those elements, moved together: `list[2]` is found in `list[0]`.
 */
export class Selection {
  constructor(private readonly paths: readonly AttributePath[]) {}

  /**
   * The positions that an element of a returned list can have in the stored one: several when less was returned than
   * was selected, since something that was selected does not exist. The first one is that of the same rank.
   *
   * @param list the path of the list
   * @param length how many elements were returned
   */
  storedPositions(list: AttributePath, index: number, length: number): readonly number[] {
    const positions = new Set<number>()
    for (const path of this.paths) {
      if (!list.every((step, i) => i >= path.length || path[i] === step)) continue
      const position = path[list.length]
      // The list was selected as a whole, or with something that holds it.
      if (typeof position !== 'number') return [index]
      positions.add(position)
    }
    // More than was selected: an engine that returns whole attributes of what was updated.
    if (length > positions.size) return [index]
    return [...positions].sort((a, b) => a - b).slice(index, index + 1 + positions.size - length)
  }
}
