import type { Item } from '../values/place.js'

/** What all the requests of one command consumed, as far as DynamoDB says: of a write that fails it does not. */
export class Capacity {
  readonly #tables = new Map<unknown, Item>()

  /** @param asked `ReturnConsumedCapacity` of the command */
  constructor(readonly asked: unknown) {}

  /** @param consumed of one table, or of several */
  add(consumed: unknown): void {
    for (const each of [consumed].flat() as (Item | undefined)[]) {
      if (each === undefined) continue
      const before = this.#tables.get(each.TableName)
      this.#tables.set(each.TableName, before === undefined ? each : (sum(before, each) as Item))
    }
  }

  get total(): Item[] {
    return [...this.#tables.values()]
  }
}

/** Numbers are added, wherever they stand; of the rest there is one. */
function sum(a: unknown, b: unknown): unknown {
  if (typeof a === 'number' && typeof b === 'number') return a + b
  if (typeof a !== 'object' || typeof b !== 'object' || a === null || b === null) return a ?? b
  const [one, other] = [a as Item, b as Item]
  const names = new Set([...Object.keys(one), ...Object.keys(other)])
  return Object.fromEntries([...names].map(name => [name, sum(one[name], other[name])]))
}
