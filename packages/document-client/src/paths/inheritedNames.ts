import { type AttributePattern, anyIndex, anyKey, isContainer } from './attributePattern.js'

/** Whether a pattern has an attribute that every object seems to have, such as `constructor`. */
export function namesInherited(pattern: AttributePattern): boolean {
  return pattern.some(segment => typeof segment === 'string' && segment in Object.prototype)
}

/**
 * Makes attributes that an item does not have its own, as undefined, where their name is one that objects inherit:
 * whoever reads the item would read the inherited function and take it for what was stored.
 */
export function hideInherited(container: unknown, [segment, ...rest]: AttributePattern): void {
  if (segment === undefined || !isContainer(container)) return
  const holder = container as Record<string | number, unknown>
  if (segment === anyKey || segment === anyIndex) {
    for (const child of Object.values(container)) hideInherited(child, rest)
    return
  }
  const name = segment as string | number
  if (Object.hasOwn(holder, name)) hideInherited(holder[name], rest)
  else if (typeof name === 'string' && name in Object.prototype) holder[name] = undefined
}
