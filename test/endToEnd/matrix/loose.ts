/**
 * dynamodb-toolbox without its types: the matrix's schemas are values, of which TypeScript knows nothing. What the
 * types are is proved elsewhere (packages/toolbox/test, test/packaging).
 */
export type Attributes = Record<string, unknown>

export interface Command {
  item(item: Attributes): Command
  key(key: Attributes): Command
  options(options: Attributes): Command
  condition(condition: unknown): Command
  entities(...entities: Buildable[]): Command
  query(query: Attributes): Command
  requests(...requests: unknown[]): Command
  schema(schema: unknown): Command
  pattern(pattern: (input: never) => Attributes): Command
  params(): Attributes
  send(): Promise<Attributes>
}

/** An entity or a table. */
export interface Buildable {
  build(action: unknown): unknown
}

export function on(target: Buildable, action: unknown): Command {
  return target.build(action) as Command
}

/** A repository of an entity or of a table: a method for each command. */
export type Repository = Record<string, (...args: unknown[]) => Promise<Attributes> & Command>

/** Neither dynamodb-toolbox nor we may change what the application gave. */
export function frozen<T>(value: T): T {
  if (typeof value !== 'object' || value === null || value instanceof Uint8Array || value instanceof Set)
    return value
  for (const child of Object.values(value)) frozen(child)
  return Object.freeze(value)
}
