import { setTimeout } from 'node:timers/promises'
import { GetItemCommand, ScanCommand } from '@aws-sdk/client-dynamodb'
import { explained } from '../awsErrors.js'
import type { Target } from '../config/project.js'
import { type EncryptedField, encryptedFields, keyOf } from '../stored/tableItem.js'
import type { WireItem } from '../stored/wireItem.js'

/** An item of the sample: its key. Its fields may change until it is read. */
export type SampleKey = WireItem

/** Pages that are looked through for items that have ciphertext. */
const MAX_PAGES = 10

/** The ciphertext of an item. */
export function ciphertextIn({ known, format }: Target, item: WireItem): EncryptedField[] {
  return encryptedFields(known, item).filter(({ value: { B } }) => B !== undefined && format.looksSealed(B))
}

/**
 * The keys of the first items of a table that have ciphertext. DynamoDB orders items by a hash of their partition keys, so
 * that they are any.
 *
 * @throws {CliError}
 */
export async function sampleOf(target: Target, size: number, abortSignal: AbortSignal): Promise<SampleKey[]> {
  const { dynamodb, tableName: table, region, known } = target
  const keys: SampleKey[] = []
  let next: WireItem | undefined
  for (let page = 0; page < MAX_PAGES && keys.length < size; page++) {
    const scan = new ScanCommand({ TableName: table, Limit: size, ...(next && { ExclusiveStartKey: next }) })
    const { Items = [], LastEvaluatedKey } = await dynamodb
      .send(scan, { abortSignal })
      .catch((error: unknown) => {
        throw explained(error, { table, region })
      })
    const sealed = Items.filter(item => ciphertextIn(target, item).length > 0)
    keys.push(...sealed.map(item => keyOf(known, item)!))
    next = LastEvaluatedKey
    if (next === undefined) break
  }
  return keys.slice(0, size)
}

/** What a region's table has of a sample. */
export interface ReadSample {
  /** In the order of the keys; undefined where there is none. */
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
  { dynamodb, tableName: table, region }: Target,
  keys: readonly SampleKey[],
  signal: AbortSignal,
): Promise<ReadSample> {
  const start = performance.now()
  const abortSignal = AbortSignal.any([signal, AbortSignal.timeout(TIMEOUT)])
  const read = async (Key: SampleKey) =>
    (await dynamodb.send(new GetItemCommand({ TableName: table, Key }), { abortSignal })).Item
  try {
    const items = await Promise.all(keys.map(read))
    if (items.includes(undefined)) {
      await setTimeout(REPLICATION_DELAY, undefined, { signal: abortSignal })
      for (const [index, item] of items.entries()) items[index] = item ?? (await read(keys[index]!))
    }
    return { items, milliseconds: since(start) }
  } catch (error) {
    signal.throwIfAborted()
    const problem = abortSignal.aborted
      ? `DynamoDB does not answer within ${TIMEOUT / 1000} s.`
      : (explained(error, { table, region }) as Error).message
    return { items: keys.map(() => undefined), milliseconds: since(start), problem }
  }
}

export function since(start: number): number {
  return Math.round(performance.now() - start)
}
