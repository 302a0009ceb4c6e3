import type { Target } from '../config/project.js'
import type { Outcome, Planning, Task } from '../engine/task.js'
import type { WireItem } from '../stored/wireItem.js'
import { replacing } from './replacing.js'
import { isSealedBy, plaintextsOf } from './wholeItems.js'

/** Puts items in clear in the place of those that are sealed as wholes. */
export class RevertItems implements Task {
  readonly name = 'revert'
  readonly settings = { items: true }

  constructor(private readonly target: Target) {}

  async plan(items: readonly WireItem[], { signal }: Planning): Promise<Outcome[]> {
    return replacing(
      this.target,
      items,
      item => isSealedBy(this.target, item),
      async wanted =>
        (await plaintextsOf(this.target, wanted, signal)).map(one => ('item' in one ? one.item : one)),
    )
  }
}
