import type { AttributePath } from '@dynaseal/core'
import type { Item } from '../values/place.js'
import { isContainer } from './attributePattern.js'

/**
 * The parts of an item that stand at some paths, in the containers that hold them: what DynamoDB returns for a projection,
 * or for what an update wrote. Of a list, there are only those elements, moved together; a container in which none of
 * them stands is not there either.
 */
export function selectedParts(item: Item, paths: readonly AttributePath[]): Item {
  return (selectFrom(item, paths) as Item | undefined) ?? {}
}

function selectFrom(value: unknown, paths: readonly AttributePath[]): unknown {
  if (paths.some(path => path.length === 0)) return value
  if (!isContainer(value)) return undefined
  if (Array.isArray(value)) {
    const parts = value.map((element, index) => descend(element, index, paths))
    const selected = parts.filter(part => part !== undefined)
    return selected.length === 0 ? undefined : selected
  }
  const parts = Object.entries(value)
    .map(([name, member]) => [name, descend(member, name, paths)] as const)
    .filter(([, part]) => part !== undefined)
  return parts.length === 0 ? undefined : Object.fromEntries(parts)
}

function descend(value: unknown, step: string | number, paths: readonly AttributePath[]): unknown {
  const inside = paths.filter(([first]) => first === step).map(([, ...rest]) => rest)
  return inside.length === 0 ? undefined : selectFrom(value, inside)
}
