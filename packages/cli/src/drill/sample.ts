import { setMaxListeners } from 'node:events'
import { setTimeout } from 'node:timers/promises'
import { GetItemCommand, ScanCommand } from '@aws-sdk/client-dynamodb'
import { explained } from '../awsErrors.js'
import type { Target } from '../config/project.js'
import { unlessThrottled } from '../engine/persistently.js'
import { keyOf } from '../stored/tableItem.js'
import { answered, type WireItem } from '../stored/wireItem.js'
import { trialFormatOf } from './trialFormat.js'

/** An item of the sample: its key, and what else of it tells which keys it is under. Its fields may change until it is read. */
export type SampleItem = WireItem

/** Pages that are looked through for items that have ciphertext. */
const MAX_PAGES = 10

/**
 * The first items of a table that have ciphertext. DynamoDB orders items by a hash of their partition keys, so
 * that they are any.
 *
 * @throws {CliError}
 */
export async function sampleOf(
  target: Target,
  size: number,
  abortSignal: AbortSignal,
): Promise<SampleItem[]> {
  const { dynamodb, tableName: table, region } = target
  const trial = trialFormatOf(target)
  const sample: SampleItem[] = []
  let next: WireItem | undefined
  for (let page = 0; page < MAX_PAGES && sample.length < size; page++) {
    const scan = new ScanCommand({ TableName: table, Limit: size, ...(next && { ExclusiveStartKey: next }) })
    const send = () => dynamodb.send(scan, { abortSignal })
    const { Items = [], LastEvaluatedKey } = await unlessThrottled(send, abortSignal).catch(
      (error: unknown) => {
        throw explained(error, { table, region })
      },
    )
    const items = Items.map(answered)
    sample.push(...items.filter(item => trial.holdsSealed(item)).map(item => trial.sampled(item)))
    next = LastEvaluatedKey
    if (next === undefined) break
  }
  return sample.slice(0, size)
}

/** What a region's table has of a sample. */
export interface ReadSample {
  /** In the order of the sample; undefined where there is none. */
  readonly items: readonly (WireItem | undefined)[]
  /** Until all are there. */
  readonly milliseconds: number
  /** Why they are not. */
  readonly problem?: string
}

/** A region that hangs is as good as lost. */
const TIMEOUT = 10_000
/** What was just written may be on its way. */
const REPLICATION_DELAY = 1_000

/** Never throws for what a region does; rejects with the reason of the signal. */
export async function readSample(
  { dynamodb, tableName: table, region, known }: Target,
  sample: readonly SampleItem[],
  signal: AbortSignal,
): Promise<ReadSample> {
  const start = performance.now()
  const abortSignal = AbortSignal.any([signal, AbortSignal.timeout(TIMEOUT)])
  // Each item's call listens to it.
  setMaxListeners(0, abortSignal)
  const read = async (item: SampleItem) => {
    const get = new GetItemCommand({ TableName: table, Key: keyOf(known, item)! })
    return answered((await dynamodb.send(get, { abortSignal })).Item)
  }
  try {
    const items = await Promise.all(sample.map(read))
    if (items.includes(undefined)) {
      await setTimeout(REPLICATION_DELAY, undefined, { signal: abortSignal })
      for (const [index, item] of items.entries()) items[index] = item ?? (await read(sample[index]!))
    }
    return { items, milliseconds: since(start) }
  } catch (error) {
    signal.throwIfAborted()
    const problem = abortSignal.aborted
      ? `DynamoDB does not answer within ${TIMEOUT / 1000} s.`
      : (explained(error, { table, region }) as Error).message
    return { items: sample.map(() => undefined), milliseconds: since(start), problem }
  }
}

export function since(start: number): number {
  return Math.round(performance.now() - start)
}
