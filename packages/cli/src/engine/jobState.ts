import { randomUUID } from 'node:crypto'
import { CliError } from '../errors.js'
import { dynamoDbJson } from '../inspect/dynamoDbJson.js'
import { itemFromJson } from '../inspect/parseInput.js'
import type { WireItem } from '../stored/wireItem.js'
import type { Checkpoint } from './checkpoint.js'
import { JobCounts, type JobTotals } from './jobCounts.js'
import { differences, type JobIdentity } from './jobIdentity.js'
import { parseState, type StoredState, VERSION } from './storedState.js'
import type { OwnDataKeys } from './task.js'

interface Segment {
  /** The key after which it goes on; undefined at the start. */
  position: WireItem | undefined
  done: boolean
  /** Data keys of single items of the page that is worked on. */
  readonly itemKeys: Set<string>
}

/** How far a job has come. What it says to be done is done, whatever happens afterwards. */
export class JobState implements OwnDataKeys {
  readonly #segments = new Map<number, Segment>()
  readonly #dataKeys = new Set<string>()
  /** Those that are known to be kept. */
  readonly #kept = new Set<string>()
  readonly #process = randomUUID()
  /** Of the pages that are done. */
  readonly #counts = new JobCounts()
  /** The save that is under way, and the one that will follow it. */
  #saving: Promise<void> = Promise.resolve()
  #next: Promise<void> | undefined

  private constructor(
    private readonly job: JobIdentity | undefined,
    private readonly checkpoint: Checkpoint,
    /** Whether it goes on where another process ended. */
    readonly isResumed: boolean,
  ) {}

  /**
   * @param job undefined where nothing is kept
   * @throws {CliError} `usage` for a checkpoint of another job
   */
  static async load(job: JobIdentity | undefined, checkpoint: Checkpoint): Promise<JobState> {
    const text = await checkpoint.load()
    const state = new JobState(job, checkpoint, text !== undefined)
    if (text !== undefined) state.#restore(parseState(text, checkpoint.name))
    // Before anything is written: whether it can be kept, and is nobody else's from now on, is known then.
    await state.#save()
    return state
  }

  #restore({ job, segments, totals, dataKeys }: StoredState): void {
    const differing = differences(job ?? {}, this.job ?? {})
    if (differing.length > 0)
      throw new CliError(
        'usage',
        `The checkpoint ${this.checkpoint.name} is of another job, or of another configuration. It has ${differing.join('; ')}. What it says to be done was done so: go on as it was started, or remove the checkpoint to begin at the start of the table.`,
      )
    for (const [index, { position, done, itemKeys = [] }] of Object.entries(segments)) {
      const from = position === undefined ? undefined : itemFromJson(position, 'The checkpoint')
      this.#segments.set(Number(index), { position: from, done, itemKeys: new Set(itemKeys) })
    }
    this.#counts.add(totals)
    for (const name of dataKeys) this.#dataKeys.add(name)
  }

  get totals(): JobTotals {
    return this.#counts.totals()
  }

  segment(index: number): Segment {
    const known = this.#segments.get(index)
    if (known !== undefined) return known
    const segment: Segment = { position: undefined, done: false, itemKeys: new Set() }
    this.#segments.set(index, segment)
    return segment
  }

  /**
   * All items of a segment's page are done.
   *
   * @param next where its next page begins; undefined after the last
   */
  async pageDone(index: number, next: WireItem | undefined, totals: JobTotals): Promise<void> {
    const segment = this.segment(index)
    segment.position = next
    segment.done = next === undefined
    segment.itemKeys.clear()
    this.#counts.add(totals)
    await this.#save()
  }

  has(name: string): boolean {
    return this.#dataKeys.has(name)
  }

  async add(names: Iterable<string>): Promise<void> {
    const unknown = [...names].filter(name => !this.#kept.has(name))
    if (unknown.length === 0) return
    for (const name of unknown) this.#dataKeys.add(name)
    await this.#save()
    for (const name of unknown) this.#kept.add(name)
  }

  /** The data keys of single items, of the page of a segment that is worked on. */
  itemKeys(index: number): OwnDataKeys {
    const { itemKeys } = this.segment(index)
    return {
      has: name => itemKeys.has(name),
      add: async names => {
        const before = itemKeys.size
        for (const name of names) itemKeys.add(name)
        // Kept before anything is written under them.
        if (itemKeys.size > before) await this.#save()
      },
    }
  }

  async remove(): Promise<void> {
    await this.#saving.catch(() => {})
    await this.checkpoint.remove()
  }

  /** Resolves when what is so now is kept. One at a time: whoever comes meanwhile shares the next one. */
  #save(): Promise<void> {
    this.#next ??= this.#saving
      .catch(() => {})
      .then(() => {
        this.#saving = this.#next!
        this.#next = undefined
        return this.checkpoint.save(this.#text())
      })
    return this.#next
  }

  #text(): string {
    const segments = [...this.#segments].map(([index, { position, done, itemKeys }]) => {
      const json =
        position === undefined
          ? {}
          : {
              position: Object.fromEntries(
                Object.entries(position).map(([name, one]) => [name, dynamoDbJson(one)]),
              ),
            }
      return [index, { ...json, done, ...(itemKeys.size === 0 ? {} : { itemKeys: [...itemKeys] }) }]
    })
    const stored: StoredState = {
      version: VERSION,
      process: this.#process,
      job: this.job,
      segments: Object.fromEntries(segments),
      totals: this.totals,
      dataKeys: [...this.#dataKeys],
    }
    return JSON.stringify(stored)
  }
}
