import type { AttributePath } from '@dynaseal/core'
import { dynamoDbJson } from '../inspect/dynamoDbJson.js'
import type { WireItem } from '../stored/wireItem.js'
import type { Change, Left } from './task.js'

/** Something that was left as it is, and where. */
export interface LeftItem {
  /** In DynamoDB JSON. */
  readonly key: Readonly<Record<string, unknown>>
  readonly path?: AttributePath | undefined
  readonly reason: string
}

export interface JobTotals {
  /** Items that were looked at. */
  readonly items: number
  /** Items that were changed; in a dry run, that would be. */
  readonly changed: number
  /** Their fields. */
  readonly fields: number
  /** Those that were put under another key, and deleted where they were. */
  readonly moved: number
  /** Search tokens, or sets of them, that were written or taken out beside them. */
  readonly tokens: number
  /** Times that somebody else was faster, so that an item was read again. */
  readonly overtaken: number
  /** As DynamoDB counted them. */
  readonly readUnits: number
  /** As DynamoDB counted them, in this region; in a dry run, about what it will count. */
  readonly writeUnits: number
  /** Fields, or whole items, that were left as they are, by reason. */
  readonly left: Readonly<Record<string, number>>
  /** The first of them. */
  readonly leftItems: readonly LeftItem[]
}

/** Most that are kept by their keys. */
const MAX_LEFT_ITEMS = 100

/** What a job has done, in one page or altogether. */
export class JobCounts {
  items = 0
  changed = 0
  fields = 0
  moved = 0
  tokens = 0
  overtaken = 0
  readUnits = 0
  writeUnits = 0
  readonly #left = new Map<string, number>()
  #leftItems: LeftItem[] = []

  left(key: WireItem | undefined, left: readonly Left[]): void {
    for (const { path, reason } of left) {
      this.#left.set(reason, (this.#left.get(reason) ?? 0) + 1)
      if (this.#leftItems.length >= MAX_LEFT_ITEMS) continue
      const json = Object.entries(key ?? {}).map(([name, value]) => [name, dynamoDbJson(value)])
      this.#leftItems.push({ key: Object.fromEntries(json), path, reason })
    }
  }

  made({ values, tokens, moved }: Change): void {
    this.fields += values.length
    this.tokens += tokens.length
    if (moved !== undefined) this.moved++
  }

  add(other: JobTotals): void {
    this.items += other.items
    this.changed += other.changed
    this.fields += other.fields
    this.moved += other.moved
    this.tokens += other.tokens
    this.overtaken += other.overtaken
    this.readUnits += other.readUnits
    this.writeUnits += other.writeUnits
    for (const [reason, count] of Object.entries(other.left))
      this.#left.set(reason, (this.#left.get(reason) ?? 0) + count)
    this.#leftItems = [...this.#leftItems, ...other.leftItems].slice(0, MAX_LEFT_ITEMS)
  }

  totals(): JobTotals {
    const { items, changed, fields, moved, tokens, overtaken, readUnits, writeUnits } = this
    const left = Object.fromEntries([...this.#left].sort())
    return {
      items,
      changed,
      fields,
      moved,
      tokens,
      overtaken,
      readUnits,
      writeUnits,
      left,
      leftItems: this.#leftItems,
    }
  }
}
