import type { CallLimits } from '@dynaseal/mrk-keyring/regional'
import { BranchKeyError } from '../errors.js'
import { Budget } from './budget.js'
import { type AllVersions, absent, type KeyStore, type Versions } from './keyStore.js'
import { BEACON, type Row, VERSION_PREFIX } from './row.js'

/** Milliseconds for which one look at all versions of a branch key serves everybody. */
const SEARCH_AGE = 1_000
/** Rows of one branch key that may turn out to be none within so many milliseconds. */
const MAX_REFUSED = 10
const REFUSED_WITHIN = 10_000
/** Branch keys of which that is remembered. */
const MAX_REMEMBERED = 1000

/** A branch key, in memory that is the caller's alone. */
export interface PlainBranchKey {
  readonly secret: Uint8Array
  /** The UUID of its version; of a beacon key the type of its row. */
  readonly version: string
}

interface Search {
  readonly since: number
  nearby?: Promise<Versions>
  all?: Promise<AllVersions>
}

/**
 * Fetches branch keys, and asks for no more than a bounded number whatever is written into tables: an encrypted data key
 * names any version it likes, and who writes the key store makes rows of any version.
 */
export class Lookup {
  readonly #store: KeyStore
  readonly #now: () => number
  readonly #searches = new Map<string, Search>()
  readonly #budgets = new Map<string, Budget>()

  constructor(store: KeyStore, now: () => number) {
    this.#store = store
    this.#now = now
  }

  async active(branchKeyId: string): Promise<PlainBranchKey> {
    const limits = this.#store.begin()
    return this.#open(await this.#store.activeRow(branchKeyId, limits), limits)
  }

  /** @param version its UUID, or the type of the row of the beacon key, of which a branch key has one */
  async version(branchKeyId: string, version: string): Promise<PlainBranchKey> {
    const limits = this.#store.begin()
    const row =
      version === BEACON
        ? this.#store.beaconRow(branchKeyId, limits)
        : this.#find(branchKeyId, version, limits)
    return this.#open(await row, limits)
  }

  /**
   * The first version is asked for by itself: mostly it is the only one. Whoever asks for another within the second gets
   * it from a list of all versions, in which what does not exist costs nothing.
   */
  async #find(branchKeyId: string, version: string, limits: CallLimits): Promise<Row> {
    const search = this.#recent(this.#searches, branchKeyId, SEARCH_AGE)
    if (search === undefined) {
      this.#remember(this.#searches, branchKeyId, { since: this.#now() })
      return this.#store.versionRow(branchKeyId, version, limits)
    }
    search.nearby ??= this.#store.versionsNearby(branchKeyId, limits)
    const nearby = (await search.nearby).get(version)
    if (nearby !== undefined) return nearby
    // A version may be newer than a list that was asked for before.
    const isNew = search.all === undefined
    search.all ??= this.#store.allVersions(branchKeyId, limits)
    const { rows, complete, error } = await search.all
    const row = rows.get(version)
    if (row !== undefined) return row
    if (complete) throw absent(branchKeyId, VERSION_PREFIX + version, isNew)
    if (error !== undefined) throw error
    return this.#budgeted(branchKeyId, () => this.#store.versionRow(branchKeyId, version, limits))
  }

  async #open(row: Row, limits: CallLimits): Promise<PlainBranchKey> {
    const { branchKeyId, version = BEACON } = row
    const secret = await this.#budgeted(branchKeyId, () => this.#store.open(row, limits))
    return { secret, version }
  }

  #budgeted<T>(branchKeyId: string, ask: () => Promise<T>): Promise<T> {
    let budget = this.#recent(this.#budgets, branchKeyId, REFUSED_WITHIN)
    if (budget === undefined) {
      budget = new Budget(this.#now(), MAX_REFUSED)
      this.#remember(this.#budgets, branchKeyId, budget)
    }
    return budget.run(ask, isRefusal, () => tooMany(branchKeyId))
  }

  #recent<T extends { readonly since: number }>(
    map: Map<string, T>,
    name: string,
    age: number,
  ): T | undefined {
    const found = map.get(name)
    if (found === undefined) return undefined
    const passed = this.#now() - found.since
    return passed >= 0 && passed < age ? found : undefined
  }

  #remember<T>(map: Map<string, T>, name: string, value: T): void {
    map.delete(name)
    map.set(name, value)
    if (map.size > MAX_REMEMBERED) map.delete(map.keys().next().value!)
  }
}

// What somebody wrote, and not a region that does not answer.
function isRefusal(error: unknown): boolean {
  return error instanceof BranchKeyError && error.code !== 'TOO_MANY_REFUSALS'
}

function tooMany(branchKeyId: string): BranchKeyError {
  return new BranchKeyError(
    'TOO_MANY_REFUSALS',
    `So many rows of branch key ${JSON.stringify(branchKeyId)} were refused in the last seconds that no more are asked ` +
      'about: somebody writes into the key store what was not made with the KMS key.',
    { permanent: false },
  )
}
