import { isDeepStrictEqual } from 'node:util'
import type { Target } from '../config/project.js'
import type { Outcome, Planning, Task } from '../engine/task.js'
import { CliError } from '../errors.js'
import { isOwn, ownOf } from '../stored/wholeItem.js'
import type { WireItem } from '../stored/wireItem.js'
import { refuseKeyTokensOfWholes, withTokens } from './itemTokens.js'
import { andThen, type Become, isLeft, replacing } from './replacing.js'
import { tokensWritten } from './tokensWritten.js'
import { isSealedBy, type Plaintext, plaintextsOf, storedItems, undeclared } from './wholeItems.js'

/**
 * Computes anew the search tokens of items that are sealed as wholes, where they are not what the client would write. Every item
 * is opened: a beacon does not say what it was computed with.
 */
export class RewrapItemTokens implements Task {
  readonly name = 'rewrap-search-key'

  private constructor(
    private readonly target: Target,
    readonly settings: Readonly<Record<string, unknown>>,
  ) {}

  /** @throws {CliError} `usage` for a table without tokens, `unsupported` for tokens in the primary key */
  static async of(target: Target): Promise<RewrapItemTokens> {
    const { known, search: maker } = target
    if (!known.hasTokens || maker === undefined)
      throw new CliError('usage', `Table ${target.tableName} has no search tokens.`)
    refuseKeyTokensOfWholes(target)
    return new RewrapItemTokens(target, { items: true, tokens: await tokensWritten(target, maker) })
  }

  plan(items: readonly WireItem[], { signal }: Planning): Promise<Outcome[]> {
    const { target } = this
    return replacing(
      target,
      items,
      item => isSealedBy(target, item),
      wanted => withTokensAnew(target, wanted, signal),
    )
  }
}

/**
 * What sealed items become with the tokens of their values. Beacons are not signed, so that nothing else of an item changes; of
 * other tokens, it is sealed anew, unless something of it would then be stored in clear.
 */
export async function withTokensAnew(
  target: Target,
  items: readonly WireItem[],
  signal: AbortSignal,
): Promise<Become[]> {
  const opened = await plaintextsOf(target, items, signal)
  const before = opened.map((one, i): Become => ('item' in one ? { ...one.item, ...ownOf(items[i]!) } : one))
  const after = await andThen(before, plain => withTokens(target, plain, signal))
  const changes = after.map((item, index) => {
    if (isLeft(item)) return item
    const isSealedAnew = changesSigned(before[index] as WireItem, item)
    const left = isSealedAnew ? undeclared(target, opened[index] as Plaintext) : []
    return left.length > 0 ? left : { item, index, isSealedAnew }
  })
  return andThen(changes, async ready => {
    const toSeal = ready.flatMap(({ item, isSealedAnew }) => (isSealedAnew ? [item] : []))
    const stored = (await storedItems(target, toSeal, signal)).values()
    return ready.map(
      ({ item, index, isSealedAnew }): Become =>
        isSealedAnew ? stored.next().value! : withOwnOf(items[index]!, item),
    )
  })
}

function changesSigned(before: WireItem, after: WireItem): boolean {
  const names = new Set([...Object.keys(before), ...Object.keys(after)])
  return [...names].some(name => !isOwn(name) && !isDeepStrictEqual(before[name], after[name]))
}

/** A stored item with the unsigned attributes of another. */
function withOwnOf(stored: WireItem, other: WireItem): WireItem {
  const others = Object.entries(stored).filter(([name]) => !isOwn(name))
  return { ...Object.fromEntries(others), ...ownOf(other) }
}
