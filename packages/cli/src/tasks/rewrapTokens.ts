import type { TokenMaker } from '@dynaseal/core'
import type { Target } from '../config/project.js'
import type { Outcome, Planning, Task } from '../engine/task.js'
import { CliError } from '../errors.js'
import { keyOf, refuseWholeItems } from '../stored/tableItem.js'
import type { WireItem } from '../stored/wireItem.js'
import { hasOldKey, plannedMove } from './moves.js'
import { tokenChanges, tokenIn, tokensOf, versionsIn } from './tokens.js'
import { versionWritten } from './tokensWritten.js'

/**
 * Computes anew the search tokens that are not of the search key that the client writes with, or missing. An item whose key
 * is such a token is moved; when it is met again under its new key, that is of the right version.
 */
export class RewrapTokens implements Task {
  readonly name = 'rewrap-search-key'
  readonly settings: Readonly<Record<string, unknown>>

  private constructor(
    private readonly target: Target,
    private readonly maker: TokenMaker,
    private readonly version: number,
  ) {
    this.settings = { version }
  }

  /** @throws {CliError} `usage` for a table without tokens */
  static async of(target: Target): Promise<RewrapTokens> {
    refuseWholeItems(target)
    const { known, search: maker } = target
    if (!known.hasTokens || maker === undefined)
      throw new CliError('usage', `Table ${target.tableName} has no search tokens.`)
    return new RewrapTokens(target, maker, await versionWritten(target, maker))
  }

  async plan(items: readonly WireItem[], { signal }: Planning): Promise<Outcome[]> {
    const moves = items.map(item => hasOldKey(this.target, item, this.version))
    const wanted = items.map((item, index) =>
      moves[index] ? [] : tokensOf(this.target, item).filter(token => this.#isOld(item, token)),
    )
    const indexes = wanted.flatMap((tokens, index) => (tokens.length === 0 ? [] : [index]))
    const { known } = this.target
    const outcomes = await Promise.all(
      items.map(
        async (item, index): Promise<Outcome> =>
          moves[index] ? plannedMove(this.target, item, signal) : { change: undefined, left: [] },
      ),
    )
    const ofItems = indexes.map(index => {
      const item = items[index]!
      return { item, key: keyOf(known, item)!, tokens: wanted[index]! }
    })
    const made = await tokenChanges(this.target, this.maker, ofItems, signal)
    for (const [i, index] of indexes.entries()) {
      const { tokens, values, left } = made[i]!
      const { item, key } = ofItems[i]!
      const { kindAttribute } = known
      const kind = kindAttribute === undefined ? [] : [{ path: [kindAttribute], value: item[kindAttribute] }]
      const change = {
        key,
        values: [],
        attributes: [],
        tokens,
        unchanged: [...kind, ...values],
        remaining: 0,
      }
      outcomes[index] = { change: tokens.length === 0 ? undefined : change, left }
    }
    return outcomes
  }

  #isOld(item: WireItem, token: Parameters<typeof tokenIn>[1]): boolean {
    if (tokenIn(item, token) !== 'token') return true
    return versionsIn(item, token).some(version => version !== this.version)
  }
}
