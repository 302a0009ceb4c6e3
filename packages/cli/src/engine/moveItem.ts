import type { GetItemCommandOutput, TransactWriteItemsCommandOutput } from '@aws-sdk/client-dynamodb'
import type { FieldError } from '@dynaseal/core'
import type { Target } from '../config/project.js'
import type { WireItem } from '../stored/wireItem.js'
import { JobCounts } from './jobCounts.js'
import type { Pace } from './pace.js'
import { isThrottling, paced, persistently, saysNothing } from './persistently.js'
import type { Left } from './task.js'

/** What became of an item that was to be moved; `under-both-keys`: something is where it belongs, and it is as it was read. */
export type MoveResult = 'written' | 'overtaken' | 'too-large' | 'under-both-keys'

export interface Moving {
  readonly readPace: Pace
  readonly writePace: Pace
  readonly counts: JobCounts
  readonly signal: AbortSignal
}

/** Write units of a transaction of two members that failed, at least: each costs twice. */
const FAILED_UNITS = 4

/**
 * Moves an item. It is read once more, right before: the condition of the transaction is what is there then, and cannot
 * name an attribute in clear that somebody adds in between. So it waits for its pace before it reads.
 *
 * @param key where it is
 * @throws what is nobody's item's fault
 */
export async function moveItem(target: Target, key: WireItem, moving: Moving): Promise<MoveResult> {
  const { readPace, writePace, counts, signal } = moving
  const settle = await readPace.take(signal)
  // Others count into the same counts meanwhile.
  const own = new JobCounts()
  try {
    const { result } = await paced(() => attempt(target, key, own, signal), writePace, { signal })
    return result
  } finally {
    settle(own.readUnits)
    counts.add(own.totals())
  }
}

async function attempt(
  { dynamodb, tableName, mover }: Target,
  key: WireItem,
  counts: JobCounts,
  signal: AbortSignal,
) {
  let units = 0
  const read = async (command: never) => {
    const output: GetItemCommandOutput = await dynamodb.send(command)
    counts.readUnits += output.ConsumedCapacity?.CapacityUnits ?? 0
    return output
  }
  const transact = async (command: never) => {
    // It has a token: however often it is sent because an answer was lost, it is made once.
    const output: TransactWriteItemsCommandOutput = await persistently(() => dynamodb.send(command), {
      signal,
    })
    for (const { CapacityUnits = 0 } of output.ConsumedCapacity ?? []) units += CapacityUnits
    counts.writeUnits += units
    return output
  }
  const send = (command: { readonly input: object }) =>
    'TransactItems' in command.input ? transact(command as never) : read(command as never)
  const done = (result: MoveResult) => ({ result, ConsumedCapacity: { CapacityUnits: units } })
  try {
    const isMoved = await mover.move({ send } as unknown as typeof dynamodb, tableName, key)
    return done(isMoved ? 'written' : 'overtaken')
  } catch (error) {
    const result = resultOf(error)
    units = FAILED_UNITS
    return done(result)
  }
}

interface Canceled extends Error {
  readonly CancellationReasons?: readonly { readonly Code?: string; readonly Message?: string }[]
}

/** @throws the error, or why it is one, where it is no result of a move */
function resultOf(error: unknown): MoveResult {
  const { name, message, CancellationReasons: reasons = [] } = error as Canceled
  const isTooLarge = [message, ...reasons.map(reason => reason.Message ?? '')].some(text =>
    /item size/i.test(text),
  )
  if (name === 'ValidationException' && isTooLarge) return 'too-large'
  if (name !== 'TransactionCanceledException') {
    faultsOf(error)
    // It did not have them when it was planned: it says so when it is planned again.
    return 'overtaken'
  }
  if (isThrottling(error as Error)) throw error
  const [put = 'None', remove = 'None'] = reasons.map(({ Code }) => Code)
  if (put === CONDITION && remove === 'None') return 'under-both-keys'
  if ([put, remove].some(code => code === CONDITION || code === 'TransactionConflict')) return 'overtaken'
  if (isTooLarge) return 'too-large'
  throw error
}

const CONDITION = 'ConditionalCheckFailed'

/** Errors of one item: a value that does not fit what is declared, a key without what it is of, too many attributes, what others keep. */
const OF_ONE_ITEM = [
  'invalid-value',
  'too-deep',
  'too-large',
  'invalid-location',
  'invalid-context',
  'plaintext-refused',
  'command-unsupported',
  'update-refused',
]

/**
 * Why an item cannot be moved.
 *
 * @throws the error where it is not the item's fault; where it may pass, what it comes from
 */
export function faultsOf(error: unknown): Left[] {
  const { code, failures } = error as { code?: unknown; failures?: readonly FieldError[] }
  if (code === 'fields-not-opened' && failures !== undefined) {
    const passing = failures.find(saysNothing)
    if (passing !== undefined) throw passing
    return failures.map(({ path, code: reason }) => ({ path, reason }))
  }
  if (!OF_ONE_ITEM.includes(String(code))) throw error
  return [{ path: undefined, reason: code === 'command-unsupported' ? 'too-many-attributes' : String(code) }]
}
