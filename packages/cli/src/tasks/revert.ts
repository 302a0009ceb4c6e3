import type { Target } from '../config/project.js'
import type { Outcome, Planning, Task } from '../engine/task.js'
import { MAX_VALUES } from '../engine/updateItem.js'
import { refuseWholeItems, toOpen } from '../stored/tableItem.js'
import type { WireItem } from '../stored/wireItem.js'
import { sealedParts } from './sealedItems.js'
import { openEach } from './sealing.js'

/** Puts values in clear in the place of ciphertext: the way back. */
export class Revert implements Task {
  readonly name = 'revert'
  readonly settings = {}

  constructor(private readonly target: Target) {
    refuseWholeItems(target)
  }

  async plan(items: readonly WireItem[], { signal }: Planning): Promise<Outcome[]> {
    const { known, format } = this.target
    const outcomes: Outcome[] = items.map(() => ({ change: undefined, left: [] }))
    const sealed = items
      .map((item, index) => ({ item, index, parts: sealedParts(this.target, item) }))
      .filter(({ parts }) => parts.fields.length > 0)
    const opened = await openEach(
      format,
      sealed.map(({ item, parts }) => toOpen(known, parts.key, item, parts.fields)),
      signal,
    )
    for (const [i, { index, parts }] of sealed.entries()) {
      const { key, fields, attributes, strays } = parts
      const values = fields.flatMap(({ path, value }, j) => {
        const result = opened[i]![j]!
        return 'value' in result ? [{ path, from: value, to: result.value }] : []
      })
      const left = fields.flatMap(({ path }, j) => {
        const result = opened[i]![j]!
        return 'error' in result ? [{ path, reason: result.error.code }] : []
      })
      // What does not open, or belongs to nobody, may need the envelope.
      if (left.length > 0 || strays.length > 0) {
        outcomes[index] = { change: undefined, left: [...left, ...strays] }
        continue
      }
      const now = values.slice(0, MAX_VALUES)
      const remaining = values.length - now.length
      const removed = Object.entries(attributes).map(([name, from]) => ({
        path: [name],
        from,
        to: undefined,
      }))
      const change = {
        key,
        values: now,
        attributes: remaining === 0 ? removed : [],
        tokens: [],
        unchanged:
          remaining === 0 ? [] : Object.entries(attributes).map(([name, value]) => ({ path: [name], value })),
        remaining,
      }
      outcomes[index] = { change, left: [] }
    }
    return outcomes
  }
}
