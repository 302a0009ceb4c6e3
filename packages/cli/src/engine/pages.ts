import type { ScanCommandInput } from '@aws-sdk/client-dynamodb'
import type { Target } from '../config/project.js'
import { answered, type WireItem } from '../stored/wireItem.js'
import type { Pace } from './pace.js'
import { type Persistence, paced } from './persistently.js'
import { sendScan } from './sendScan.js'

export interface Page {
  readonly items: readonly WireItem[]
  /** Where the next page begins; undefined after the last. */
  readonly next: WireItem | undefined
  /** Read units that DynamoDB says it has consumed. */
  readonly units: number
}

export interface PagesOptions extends Persistence {
  readonly segment: number
  readonly segments: number
  /** Where to go on; default: at the start. */
  readonly from?: WireItem | undefined
  readonly consistent: boolean
  readonly pace: Pace
  /** Most items of a page, which has at most 1 MB: little is in memory at once, however small they are. */
  readonly limit: number
}

/** Of a read limit of so many units per second, one page takes at most so many seconds. */
const PAGE_SECONDS = 0.5
/** Of a first page, as long as nobody knows what items cost. */
const FIRST_LIMIT = 50

/** The items of a table's segment, page by page; the next one is read while one is worked on. */
export async function* pages({ dynamodb, tableName }: Target, options: PagesOptions): AsyncGenerator<Page> {
  const { segment, segments, consistent, pace, signal, from, limit: most } = options
  let limit = Number.isFinite(pace.max) ? Math.min(most, FIRST_LIMIT) : most
  const read = async (start: WireItem | undefined): Promise<Page> => {
    const input: ScanCommandInput = {
      TableName: tableName,
      ConsistentRead: consistent,
      ReturnConsumedCapacity: 'TOTAL',
      ...(segments > 1 ? { Segment: segment, TotalSegments: segments } : {}),
      Limit: limit,
      ...(start === undefined ? {} : { ExclusiveStartKey: start }),
    }
    const output = await paced(() => sendScan(dynamodb, input, signal), pace, options)
    const { Items = [], LastEvaluatedKey: next, ConsumedCapacity } = output
    const items = Items.map(answered)
    const units = ConsumedCapacity?.CapacityUnits ?? 0
    if (Number.isFinite(pace.max) && units > 0 && items.length > 0) {
      const affordable = Math.floor((pace.max * PAGE_SECONDS * items.length) / units)
      limit = Math.max(1, Math.min(most, affordable))
    }
    return { items, next, units }
  }
  for (let page: Promise<Page> | undefined = read(from); page !== undefined; ) {
    const { items, next, units }: Page = await page
    page = next === undefined ? undefined : read(next)
    // It is awaited when it is its turn, and then it throws.
    page?.catch(() => {})
    yield { items, next, units }
  }
}
