import type { FieldError } from '@dynaseal/core'
import type { Target } from '../config/project.js'
import { faultsOf } from '../engine/moveItem.js'
import { persistently } from '../engine/persistently.js'
import { type Left, NOTHING, type Outcome } from '../engine/task.js'
import { toOpen } from '../stored/tableItem.js'
import type { WireItem } from '../stored/wireItem.js'
import { checkRefusals } from './refusals.js'
import { isLeft } from './replacing.js'
import { sealedParts } from './sealedItems.js'
import { tokenIn, versionsIn } from './tokens.js'

/** Whether a key of an item is to be the token of another version of the search key. */
export function hasOldKey({ known }: Target, item: WireItem, version: number): boolean {
  return [...known.keyTokens.values()].some(
    token => tokenIn(item, token) !== 'token' || versionsIn(item, token).some(one => one !== version),
  )
}

/** Where an item is to be moved. All of it is opened and sealed, as when it is moved. */
export async function plannedMove(target: Target, item: WireItem, signal: AbortSignal): Promise<Outcome> {
  const { mover, tableName, known, format } = target
  const { key, fields } = sealedParts(target, item)
  const opening = toOpen(known, key, item, fields)
  const plan = async (): Promise<WireItem | undefined | readonly Left[]> => {
    try {
      const to = await mover.moved(tableName, item)
      if (to !== undefined) await checkRefusals(format, [opening], [undefined], signal)
      return to
    } catch (error) {
      const { failures = [] } = error as { failures?: readonly FieldError[] }
      await checkRefusals(
        format,
        failures.map(() => opening),
        failures,
        signal,
      )
      return faultsOf(error)
    }
  }
  const moved = await persistently(plan, { signal })
  if (isLeft(moved)) return { change: undefined, left: moved }
  if (moved === undefined) return NOTHING
  const nothing = { values: [], attributes: [], tokens: [], unchanged: [], remaining: 0 }
  return { change: { ...nothing, key, moved }, left: [] }
}
