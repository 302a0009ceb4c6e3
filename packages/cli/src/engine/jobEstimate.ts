import { readUnits, type TableSize, writeUnits } from './estimate.js'
import { price, type Usage } from './prices.js'

export interface EstimateOptions {
  /** The part of the table that is worked on: 1, or that of one segment. */
  readonly share: number
  readonly apply: boolean
  /** Whether what is sealed is opened: how many data keys that takes nobody knows. */
  readonly opens: boolean
  /** Whether items are moved to other keys. Default false. */
  readonly moves?: boolean
  /** Calls to KMS that each item takes, whose format has a data key for each. Default 0. */
  readonly kmsCallsEach?: number
  readonly maxReadUnits?: number | undefined
  readonly maxWriteUnits?: number | undefined
}

/** What a job may take, before it has seen anything. */
export interface JobEstimate extends Usage {
  readonly items: number
  /** US dollars, on demand. */
  readonly dollars: number
  /** Undefined where nothing limits it: it takes as long as DynamoDB and this machine do. */
  readonly seconds: number | undefined
}

/** An envelope with its name, and a few fields. */
const GROWTH_BYTES = 500
/** A put and a delete, each of which costs twice in a transaction. */
const UNITS_OF_MOVE = 4
/** A process that takes long replaces its data key every five minutes. */
const SECONDS_PER_DATA_KEY = 300

/** As if every item were written, once; less is written where less is to be done. */
export function jobEstimate(
  size: TableSize,
  {
    share,
    apply,
    moves = false,
    kmsCallsEach = 0,
    maxReadUnits,
    maxWriteUnits,
  }: Omit<EstimateOptions, 'opens'>,
): JobEstimate {
  const items = Math.ceil(size.items * share)
  const bytesEach = size.items === 0 ? 0 : size.bytes / size.items
  const again = apply && moves ? items * readUnits(bytesEach, true) : 0
  const reads = Math.max(1, readUnits(size.bytes * share, true) + again)
  const writes = apply ? items * writeUnits(bytesEach + GROWTH_BYTES) * (moves ? UNITS_OF_MOVE : 1) : 0
  const limits = [
    ...(maxReadUnits === undefined ? [] : [reads / maxReadUnits]),
    ...(maxWriteUnits === undefined || !apply ? [] : [writes / maxWriteUnits]),
  ]
  const seconds = limits.length === 0 ? undefined : Math.max(...limits)
  const usage = {
    readUnits: reads,
    writeUnits: writes * size.regions,
    kmsCalls:
      kmsCallsEach > 0
        ? Math.ceil(items * kmsCallsEach)
        : 1 + Math.ceil((seconds ?? 0) / SECONDS_PER_DATA_KEY),
  }
  return { items, ...usage, dollars: price(usage), seconds }
}
