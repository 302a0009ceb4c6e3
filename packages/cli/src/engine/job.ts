import { setMaxListeners } from 'node:events'
import { GetItemCommand } from '@aws-sdk/client-dynamodb'
import type { FieldFormat, SearchTokens } from '@dynaseal/core'
import { explained } from '../awsErrors.js'
import type { Target } from '../config/project.js'
import { kmsCallsPerItem } from '../keys/kmsCallsPerItem.js'
import { keyOf } from '../stored/tableItem.js'
import { answered, fieldAt, type WireItem } from '../stored/wireItem.js'
import { isTooLarge, unitsOf } from './changeSize.js'
import { type Checkpoint, noCheckpoint } from './checkpoint.js'
import { JobCounts, type JobTotals } from './jobCounts.js'
import { identityOf } from './jobIdentity.js'
import { JobState } from './jobState.js'
import { type MoveResult, moveItem } from './moveItem.js'
import { Pace } from './pace.js'
import { pages } from './pages.js'
import { paced } from './persistently.js'
import { type SendUpdate, sendUpdates } from './sendUpdates.js'
import { Slots } from './slots.js'
import { type Change, NOTHING, type Outcome, type Task } from './task.js'
import { updateItem } from './updateItem.js'

export interface JobOptions {
  /** Whether it writes. Default false: a dry run, that plans everything and says what it would do. */
  readonly apply?: boolean
  /** Segments that are worked on in parallel. Default 4. */
  readonly segments?: number
  /** Only this one of them, counted from 0. Default: all. */
  readonly segment?: number | undefined
  /** Read units per second. Default: as many as DynamoDB gives. */
  readonly maxReadUnits?: number | undefined
  /** Write units per second. Default: as many as DynamoDB gives. */
  readonly maxWriteUnits?: number | undefined
  /** Writes that are under way at once. Default 32. */
  readonly concurrency?: number
  /** Where it keeps how far it has come, to go on there; used when it writes. Default: nowhere. */
  readonly checkpoint?: Checkpoint
  /** When it fires, what is under way is ended and what was done so far is reported. */
  readonly signal?: AbortSignal
  /** Called after each item, with the number of items so far. */
  readonly onProgress?: (items: number) => void
}

export interface JobReport extends JobTotals {
  readonly task: string
  readonly table: string
  readonly region: string
  readonly applied: boolean
  /** Whether it went on where another process had ended; the counts are of all of them, without pages that one of them had begun. */
  readonly resumed: boolean
  /** Of this process: its calls into the keyring, and seconds. */
  readonly kmsCalls: number
  readonly seconds: number
  /** False when it was ended before it had seen everything. */
  readonly complete: boolean
}

const SEGMENTS = 4
const CONCURRENCY = 32
/** Times that one item is planned anew because somebody else changed it. */
const MAX_ATTEMPTS = 10
/** Most items of a page: what is read again after a crash. */
const PAGE_ITEMS = 500
/** And no more than may be written in so many seconds of the write limit. */
const PAGE_SECONDS = 2

/**
 * Does a task to all items of a table, or to a segment of it. Each item is written under the condition that it is what was
 * read: whoever changes it meanwhile wins, and it is read again. What a checkpoint says to be done is not read again, and
 * what was done since is known by itself.
 *
 * @throws {CliError}
 */
export async function runJob(target: Target, task: Task, options: JobOptions = {}): Promise<JobReport> {
  return new Job(target, task, options).run()
}

class Job {
  readonly #apply: boolean
  readonly #readPace: Pace
  readonly #writePace: Pace
  readonly #slots: Slots
  readonly #sendUpdate: SendUpdate
  readonly #failed = new AbortController()
  /** Fires when somebody ends it, or when a part of it fails. */
  readonly #signal: AbortSignal
  /** Of pages that were not done to their end. */
  readonly #partial = new JobCounts()
  #seen = 0
  #state!: JobState

  constructor(
    private readonly target: Target,
    private readonly task: Task,
    private readonly options: JobOptions,
  ) {
    this.#apply = options.apply ?? false
    this.#readPace = new Pace(options.maxReadUnits)
    this.#writePace = new Pace(options.maxWriteUnits)
    this.#slots = new Slots(options.concurrency ?? CONCURRENCY)
    this.#sendUpdate = sendUpdates(target.dynamodb)
    const { signal } = options
    this.#signal = signal === undefined ? this.#failed.signal : AbortSignal.any([signal, this.#failed.signal])
    // Each call that waits listens to it.
    setMaxListeners(0, this.#signal)
  }

  async run(): Promise<JobReport> {
    const { target, task, options } = this
    const { segments = SEGMENTS, segment, checkpoint = noCheckpoint, signal } = options
    const start = performance.now()
    const callsBefore = keyringCalls(target)
    const { tableName, region } = target
    const isKept = this.#apply && checkpoint !== noCheckpoint
    const identity = isKept ? await identityOf(target, task, { segments, segment }, signal) : undefined
    this.#state = await JobState.load(identity, isKept ? checkpoint : noCheckpoint)
    this.#seen = this.#state.totals.items
    const own = segment === undefined ? [...Array(segments).keys()] : [segment]
    const results = await Promise.allSettled(own.map(index => this.#segment(index, segments)))
    const failure = results.find(result => result.status === 'rejected')
    if (failure !== undefined && signal?.aborted !== true)
      throw explained(failure.reason, { table: tableName, region })
    const complete = own.every(index => this.#state.segment(index).done)
    if (complete) await this.#state.remove()
    const counts = new JobCounts()
    counts.add(this.#state.totals)
    counts.add(this.#partial.totals())
    return {
      task: task.name,
      table: tableName,
      region,
      applied: this.#apply,
      resumed: this.#state.isResumed,
      ...counts.totals(),
      kmsCalls: keyringCalls(target) - callsBefore,
      seconds: (performance.now() - start) / 1000,
      complete,
    }
  }

  async #segment(segment: number, segments: number): Promise<void> {
    const { position, done } = this.#state.segment(segment)
    if (done) return
    const { maxWriteUnits = Number.POSITIVE_INFINITY } = this.options
    try {
      const all = pages(this.target, {
        segment,
        segments,
        from: position,
        // What was acknowledged before an item is looked at is seen.
        consistent: true,
        pace: this.#readPace,
        signal: this.#signal,
        limit: Math.min(PAGE_ITEMS, Math.ceil(maxWriteUnits * PAGE_SECONDS)),
      })
      for await (const { items, next, units } of all) {
        const counts = new JobCounts()
        counts.readUnits += units
        try {
          await this.#page(segment, items, counts)
        } catch (error) {
          this.#partial.add(counts.totals())
          throw error
        }
        await this.#state.pageDone(segment, next, counts.totals())
      }
    } catch (error) {
      this.#failed.abort(error)
      throw error
    }
  }

  /** Resolves when all is done, and nothing is under way any more in any case. */
  async #page(segment: number, items: readonly WireItem[], counts: JobCounts): Promise<void> {
    const plan = (some: readonly WireItem[]) =>
      this.task.plan(some, {
        signal: this.#signal,
        dataKeys: this.#state,
        itemKeys: this.#state.itemKeys(segment),
      })
    const outcomes = await plan(items)
    const done = await Promise.allSettled(
      items.map((item, index) => this.#slots.run(() => this.#item(item, outcomes[index]!, counts, plan))),
    )
    const failure = done.find(result => result.status === 'rejected')
    if (failure !== undefined) throw failure.reason
  }

  async #item(
    read: WireItem,
    planned: Outcome,
    counts: JobCounts,
    plan: (some: readonly WireItem[]) => Promise<Outcome[]>,
  ): Promise<void> {
    this.#signal.throwIfAborted()
    let [item, outcome]: [WireItem | undefined, Outcome] = [read, planned]
    let isChanged = false
    for (let attempt = 1; outcome.change !== undefined; ) {
      const { change } = outcome
      if (!this.#apply) {
        if (isTooLarge(item, change)) {
          outcome = leaving(outcome, 'too-large')
          break
        }
        isChanged = true
        counts.fields += change.remaining
        counts.made(change)
        counts.writeUnits += unitsOf(item, change)
        break
      }
      const result = await this.#write(change, counts)
      const isThere = result === 'written' && change.remaining === 0
      if (!isThere && result !== 'too-large') item = await this.#read(change.key, counts)
      if (result === 'too-large' || (result === 'under-both-keys' && item !== undefined)) {
        outcome = leaving(outcome, result)
        break
      }
      if (result === 'written' || isMade(item, change)) {
        isChanged = true
        counts.made(change)
        if (change.remaining === 0) break
      } else {
        counts.overtaken++
        if (++attempt > MAX_ATTEMPTS) {
          outcome = { change: undefined, left: [{ path: undefined, reason: 'contended' }] }
          break
        }
      }
      // Deleted meanwhile: there is nothing left to do.
      if (item === undefined) outcome = NOTHING
      else [outcome = NOTHING] = await plan([item])
    }
    counts.items++
    if (isChanged) counts.changed++
    counts.left(keyOf(this.target.known, read), outcome.left)
    this.options.onProgress?.(++this.#seen)
  }

  async #write(change: Change, counts: JobCounts): Promise<MoveResult> {
    const { tableName } = this.target
    if (change.moved !== undefined)
      return moveItem(this.target, change.key, {
        readPace: this.#readPace,
        writePace: this.#writePace,
        counts,
        signal: this.#signal,
      })
    try {
      // Not aborted once it is on its way: nobody would know whether it was made.
      const input = updateItem(tableName, change)
      const call = () => this.#sendUpdate(input)
      const { ConsumedCapacity } = await paced(call, this.#writePace, { signal: this.#signal })
      counts.writeUnits += ConsumedCapacity?.CapacityUnits ?? 0
      return 'written'
    } catch (error) {
      const { name, message } = error as Error
      if (name === 'ConditionalCheckFailedException') return 'overtaken'
      if (name === 'ValidationException' && /item size/i.test(message)) return 'too-large'
      throw error
    }
  }

  async #read(key: WireItem, counts: JobCounts): Promise<WireItem | undefined> {
    const { dynamodb, tableName } = this.target
    const get = new GetItemCommand({
      TableName: tableName,
      Key: key,
      ConsistentRead: true,
      ReturnConsumedCapacity: 'TOTAL',
    })
    const { Item, ConsumedCapacity } = await paced(() => dynamodb.send(get), this.#readPace, {
      signal: this.#signal,
    })
    counts.readUnits += ConsumedCapacity?.CapacityUnits ?? 0
    return answered(Item)
  }
}

/** Formats and makers of tokens of others count nothing, and a branch key seals an item without a call to KMS. */
function keyringCalls(target: Target): number {
  const { format, search } = target
  const { sealing, opening } = (format as Partial<FieldFormat>).statistics?.() ?? {}
  const { calls = 0 } = (search as Partial<SearchTokens> | undefined)?.statistics?.() ?? {}
  const isWithoutKms = format.wholeItems === true && kmsCallsPerItem(target, false) === 0
  return (isWithoutKms ? 0 : (sealing?.calls ?? 0)) + (opening?.calls ?? 0) + calls
}

function leaving({ left }: Outcome, reason: string): Outcome {
  return { change: undefined, left: [...left, { path: undefined, reason }] }
}

/**
 * Whether a change was made after all: an answer was lost, and the condition failed when it was sent again. Ciphertext tells,
 * since nobody else makes the same.
 */
function isMade(item: WireItem | undefined, { values }: Change): boolean {
  if (item === undefined || values.length === 0) return false
  return values.every(({ path, to }) => {
    const found = fieldAt(item, path)
    return to.B !== undefined && found?.B !== undefined && Buffer.compare(to.B, found.B) === 0
  })
}
