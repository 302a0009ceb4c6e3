import type { Format, ItemToSeal } from '@dynaseal/core'
import type { Target } from '../config/project.js'
import { reasonOf } from '../keys/reasonOf.js'
import type { WireItem } from '../stored/wireItem.js'
import type { Sealing, TableOpening } from './evidence.js'
import { since } from './sample.js'
import { trialFormatOf } from './trialFormat.js'

/** Never rejects for what a region does, or an item. */
export async function openThrough(
  through: string,
  format: Format,
  target: Target,
  items: readonly (WireItem | undefined)[],
  signal: AbortSignal,
): Promise<TableOpening> {
  const { known, region } = target
  const trial = trialFormatOf(target)
  const sealed = items.flatMap((item, index) =>
    item === undefined || !trial.holdsSealed(item) ? [] : [{ index, toOpen: trial.toOpen(item) }],
  )
  const start = performance.now()
  const opened = await format.open(
    sealed.map(({ toOpen }) => toOpen),
    { signal },
  )
  signal.throwIfAborted()
  const errors = opened.map(({ fields, error }) =>
    error === undefined ? fields.flatMap(one => ('error' in one ? [one.error] : [])) : [error],
  )
  const failed = sealed.flatMap(({ index }, position) => (errors[position]!.length > 0 ? [index] : []))
  const [first] = errors.flat()
  return {
    table: known.name,
    region,
    through,
    milliseconds: since(start),
    fields: sealed.reduce((sum, { toOpen }) => sum + toOpen.fields.length, 0),
    failed,
    ...(first === undefined ? {} : { reason: reasonOf(first) }),
  }
}

/** @param item goes nowhere; it takes a new data key */
export async function sealThrough(
  through: string,
  format: Format,
  { known, region }: Target,
  item: ItemToSeal,
  signal: AbortSignal,
): Promise<Sealing> {
  const start = performance.now()
  try {
    await format.seal([item], { signal })
    return { table: known.name, region, through, milliseconds: since(start) }
  } catch (error) {
    signal.throwIfAborted()
    return {
      table: known.name,
      region,
      through,
      milliseconds: since(start),
      problem: reasonOf(error),
    }
  }
}
