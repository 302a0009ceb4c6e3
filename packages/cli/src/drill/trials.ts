import type { Format } from '@dynaseal/core'
import type { Target } from '../config/project.js'
import { reasonOf } from '../keys/reasonOf.js'
import { keyOf, toOpen } from '../stored/tableItem.js'
import type { WireItem } from '../stored/wireItem.js'
import type { Sealing, TableOpening } from './evidence.js'
import { ciphertextIn, type SampleKey, since } from './sample.js'

/** Never rejects for what a region does, or an item. */
export async function openThrough(
  through: string,
  format: Format,
  target: Target,
  items: readonly (WireItem | undefined)[],
  signal: AbortSignal,
): Promise<TableOpening> {
  const { known, region } = target
  const sealed = items.flatMap((item, index) =>
    item === undefined ? [] : [{ item, index, fields: ciphertextIn(target, item) }],
  )
  const start = performance.now()
  const opened = await format.open(
    sealed.map(({ item, fields }) => toOpen(known, keyOf(known, item)!, item, fields)),
    { signal },
  )
  signal.throwIfAborted()
  const errors = opened.map(({ fields }) => fields.flatMap(one => ('error' in one ? [one.error] : [])))
  const failed = sealed.flatMap(({ index }, position) => (errors[position]!.length > 0 ? [index] : []))
  const [first] = errors.flat()
  return {
    table: known.name,
    region,
    through,
    milliseconds: since(start),
    fields: sealed.reduce((sum, { fields }) => sum + fields.length, 0),
    failed,
    ...(first === undefined ? {} : { reason: reasonOf(first) }),
  }
}

/** Seals a value that goes nowhere, which takes a new data key. */
export async function sealThrough(
  through: string,
  format: Format,
  { known, region }: Target,
  key: SampleKey,
  signal: AbortSignal,
): Promise<Sealing> {
  const start = performance.now()
  try {
    const fields = [{ path: ['drill'], value: { S: '' } }]
    await format.seal([{ table: known.name, key, fields, whole: true }], { signal })
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
