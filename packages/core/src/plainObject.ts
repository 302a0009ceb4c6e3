/**
 * Whether all that an object has stands in it: made by `{}`, with no prototype, in another realm (`vm`, Jest), and with
 * nothing enumerable that it inherits. What is not (a promise, a map, a function, an instance of a class) has its
 * content elsewhere, and would pass for an empty object.
 */
export function isPlainObject(value: unknown): value is Readonly<Record<string, unknown>> {
  if (typeof value !== 'object' || value === null) return false
  const prototype: object | null = Object.getPrototypeOf(value)
  if (prototype === null) return true
  return Object.getPrototypeOf(prototype) === null && Object.keys(prototype).length === 0
}

/** What a value is that should have been a plain object, in words and without its content. */
export function kindOf(value: unknown): string {
  const tag = Object.prototype.toString.call(value).slice('[object '.length, -1)
  return tag === 'Object' ? 'an object with a prototype of its own' : `a value of type ${tag}`
}
