/**
 * What dynamodb-toolbox calls an extension: the objects that `$set()`, `$add()` and the like return. They are
 * known by symbols, and a program that requires dynamodb-toolbox has other ones than we, who import it: it has
 * the library twice, once as CommonJS. So symbols are compared by what they are called.
 */
function ownSymbol(input: unknown, name: string): symbol | undefined {
  if (typeof input !== 'object' || input === null) return undefined
  return Object.getOwnPropertySymbols(input).find(({ description }) => description === name)
}

export function isExtension(input: unknown): boolean {
  return ownSymbol(input, '$IS_EXTENSION') !== undefined
}

/** Takes away what says that it is an extension. */
export function removeMark(input: unknown): void {
  const mark = ownSymbol(input, '$IS_EXTENSION')
  if (mark !== undefined) Reflect.deleteProperty(input as object, mark)
}

/** What `$set()` was given, as `{ value }`; `undefined` for anything else. */
export function setting(input: unknown): { value: unknown } | undefined {
  const symbol = ownSymbol(input, '$SET')
  return symbol === undefined ? undefined : { value: (input as Record<symbol, unknown>)[symbol] }
}
