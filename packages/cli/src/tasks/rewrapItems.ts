import { createHash } from 'node:crypto'
import { describeItem, ITEM_ATTRIBUTES } from '@dynaseal/db-esdk'
import type { Target } from '../config/project.js'
import type { Beside, Outcome, OwnDataKeys, Planning, Task } from '../engine/task.js'
import { isOwn, ownOf, sealsItems, wholeToOpen } from '../stored/wholeItem.js'
import type { WireItem } from '../stored/wireItem.js'
import { refuseKeyTokensOfWholes, withTokens } from './itemTokens.js'
import { andThen, type Become, replacing } from './replacing.js'
import type { RewrapOptions } from './rewrap.js'
import { sealEach, wrappedBy } from './sealing.js'
import { isSealedBy, plaintextsOf, storedItems, undeclared } from './wholeItems.js'

/**
 * Seals items anew as the target's client would now: those that another client sealed, whose format is another one; and, of a
 * client that seals wholes, those that it would write under another key, in another suite, or with more attributes encrypted.
 */
export class RewrapItems implements Task {
  readonly name = 'rewrap'
  readonly settings: Readonly<Record<string, unknown>>
  readonly #all: boolean

  /**
   * @param from opens what is to be sealed anew. Default: the target itself, which then seals wholes
   * @throws {CliError} `unsupported` for tokens in the primary key
   */
  constructor(
    private readonly target: Target,
    private readonly from: Target = target,
    { all = false }: RewrapOptions = {},
  ) {
    refuseKeyTokensOfWholes(target)
    this.#all = all
    this.settings = { items: true, all, from: from === target ? 'same' : from.format.attributes }
  }

  async plan(items: readonly WireItem[], { signal, itemKeys }: Planning): Promise<Outcome[]> {
    const { target, from } = this
    const isOld = await this.#older(items, signal, itemKeys)
    const outcomes = await replacing(
      target,
      items,
      (item, index) => isSealedBy(from, item) && isOld(index),
      wanted => this.#anew(wanted, signal),
    )
    if (this.#all)
      await itemKeys.add(outcomes.flatMap(({ change }) => change?.attributes.flatMap(nameOfHeader) ?? []))
    return outcomes
  }

  async #anew(items: readonly WireItem[], signal: AbortSignal): Promise<readonly Become[]> {
    const { target, from } = this
    const opened = await plaintextsOf(from, items, signal)
    const declared = opened.map((one, i): Become => {
      if (!('item' in one)) return one
      const left = undeclared(target, one)
      if (left.length > 0) return left
      // Beacons are of values, whatever these are encrypted under.
      return from === target ? { ...one.item, ...ownOf(items[i]!) } : one.item
    })
    const ready =
      from === target ? declared : await andThen(declared, plain => withTokens(target, plain, signal))
    return andThen(ready, plain => storedItems(target, plain, signal))
  }

  /** Which items would be written otherwise: how an item would be written depends on its context, and so on it. */
  async #older(
    items: readonly WireItem[],
    signal: AbortSignal,
    itemKeys: OwnDataKeys,
  ): Promise<(index: number) => boolean> {
    if (this.from !== this.target) return () => true
    if (this.#all) return index => !keyNames(items[index]!).some(name => itemKeys.has(name))
    const sealed = items.flatMap((item, index) => (isSealedBy(this.target, item) ? [index] : []))
    const probes = await sealEach(
      this.target.format,
      sealed.map(index => {
        const own = Object.entries(items[index]!).filter(([name]) => !isOwn(name) && !isHeaderOrFooter(name))
        const { attributes: _, ...given } = wholeToOpen(this.target, Object.fromEntries(own))
        return { ...given, fields: [], whole: true }
      }),
      signal,
    )
    const old = new Set(
      sealed.filter((index, i) => {
        const probe = probes[i]!
        if (typeof probe === 'string') return true
        const [now, then] = [described(probe.attributes), described(items[index]!)]
        const { fields } = wholeToOpen(this.target, items[index]!)
        return (
          now?.wrappedBy !== then?.wrappedBy ||
          now?.suite !== then?.suite ||
          then?.encrypted !== fields.length
        )
      }),
    )
    return index => old.has(index)
  }
}

/** What the header of an item says, or the header that was made. */
function described(item: WireItem | Readonly<Record<string, Uint8Array>>) {
  const [name] = ITEM_ATTRIBUTES
  const header = item[name]
  const B = header instanceof Uint8Array ? header : header?.B
  if (B === undefined) return undefined
  try {
    const { algorithmSuite, encrypted, encryptedDataKeys } = describeItem({ [name]: { B } })!
    return { suite: algorithmSuite, encrypted, wrappedBy: wrappedBy(encryptedDataKeys) }
  } catch {
    // It says what is wrong with it when it is opened.
    return undefined
  }
}

const isHeaderOrFooter = (name: string) => (ITEM_ATTRIBUTES as readonly string[]).includes(name)

const NAME_DIGITS = 16

/** By what a job knows the data key of an item again. */
function keyNames(item: WireItem): string[] {
  const header = item[ITEM_ATTRIBUTES[0]]?.B
  return header === undefined ? [] : [createHash('sha256').update(header).digest('hex').slice(0, NAME_DIGITS)]
}

function nameOfHeader({ path, to }: Beside): string[] {
  return path[0] === ITEM_ATTRIBUTES[0] && to !== undefined ? keyNames({ [ITEM_ATTRIBUTES[0]]: to }) : []
}

/** Whether two clients are of different kinds of formats, so that one opens what the other seals anew. */
export function areOfTwoFormats(target: Target, from: Target): boolean {
  return sealsItems(target) !== sealsItems(from)
}
