import { describeStored } from '@dynaseal/core'
import { describeItem, ITEM_ATTRIBUTES } from '@dynaseal/db-esdk'
import type { Target } from '../config/project.js'
import type { Left, Outcome, Planning, Task } from '../engine/task.js'
import { CliError } from '../errors.js'
import { encryptedFields } from '../stored/tableItem.js'
import { hasItemAttributes, sealsItems, wholeToOpen } from '../stored/wholeItem.js'
import type { WireItem } from '../stored/wireItem.js'
import type { BackfillOptions } from './backfill.js'
import { checkEntities, ofOthers } from './ofOthers.js'
import { sealEach, wrappedBy } from './sealing.js'
import {
  changeOfWhole,
  isSealedBy,
  type Plaintext,
  plaintextsOf,
  storedItems,
  undeclared,
} from './wholeItems.js'

const NOTHING: Outcome = { change: undefined, left: [] }
const leaving = (reason: string): Outcome => ({ change: undefined, left: [{ path: undefined, reason }] })

function changing(target: Target, from: WireItem, to: WireItem): Outcome {
  const change = changeOfWhole(target, from, to)
  return change === undefined ? leaving('too-many-attributes') : { change, left: [] }
}

/** Seals items in clear as wholes: those that have neither header nor footer. */
export class BackfillItems implements Task {
  readonly name = 'backfill'
  readonly settings: Readonly<Record<string, unknown>>

  /** @throws {CliError} `usage` for an entity that there is none of, `unsupported` for a table with search tokens */
  constructor(
    private readonly target: Target,
    private readonly options: BackfillOptions = {},
  ) {
    checkEntities(target, options)
    refuseTokens(target)
    const { entities, unknown = false, binary = false } = options
    this.settings = {
      items: true,
      entities: entities === undefined ? 'all' : [...entities].sort(),
      unknown,
      binary,
    }
  }

  async plan(items: readonly WireItem[], { signal }: Planning): Promise<Outcome[]> {
    const outcomes = items.map(item => this.#left(item))
    const wanted = items.flatMap((_, index) => (outcomes[index] === undefined ? [index] : []))
    const stored = await storedItems(
      this.target,
      wanted.map(index => items[index]!),
      signal,
    )
    for (const [i, index] of wanted.entries()) {
      const one = stored[i]!
      outcomes[index] = typeof one === 'string' ? leaving(one) : changing(this.target, items[index]!, one)
    }
    return outcomes.map(outcome => outcome ?? NOTHING)
  }

  /** Undefined for one that is to be sealed. */
  #left(item: WireItem): Outcome | undefined {
    if (hasItemAttributes(item))
      return ITEM_ATTRIBUTES.every(name => item[name] !== undefined) ? NOTHING : leaving('missing-envelope')
    const reason = ofOthers(this.target, this.options, item)
    if (reason !== undefined) return leaving(reason)
    const left = encryptedFields(this.target.known, item).flatMap(({ path, value }): Left[] => {
      if (value.B === undefined) return []
      if (isOfFields(value.B)) return [{ path, reason: 'other-format' }]
      return this.options.binary === true ? [] : [{ path, reason: 'binary' }]
    })
    return left.length === 0 ? undefined : { change: undefined, left }
  }
}

function isOfFields(bytes: Uint8Array): boolean {
  try {
    describeStored(bytes)
    return true
  } catch {
    return false
  }
}

/** Puts items in clear in the place of those that are sealed as wholes. */
export class RevertItems implements Task {
  readonly name = 'revert'
  readonly settings = { items: true }

  constructor(private readonly target: Target) {}

  async plan(items: readonly WireItem[], { signal }: Planning): Promise<Outcome[]> {
    return replacing(
      this.target,
      items,
      item => isSealedBy(this.target, item),
      async wanted =>
        (await plaintextsOf(this.target, wanted, signal)).map(one => ('item' in one ? one.item : one)),
    )
  }
}

/**
 * Seals items anew as the target's client would now: those that another client sealed, whose format is another one; and, of a
 * client that seals wholes, those that it would write under another key, in another suite, or with more attributes encrypted.
 */
export class RewrapItems implements Task {
  readonly name = 'rewrap'
  readonly settings: Readonly<Record<string, unknown>>

  /** @param from opens what is to be sealed anew. Default: the target itself, which then seals wholes */
  constructor(
    private readonly target: Target,
    private readonly from: Target = target,
  ) {
    if (from !== target && sealsItems(target)) refuseTokens(target)
    this.settings = { items: true, from: from === target ? 'same' : from.format.attributes }
  }

  async plan(items: readonly WireItem[], { signal }: Planning): Promise<Outcome[]> {
    const { target, from } = this
    const isOld = from === target ? await this.#older(items, signal) : () => true
    return replacing(
      target,
      items,
      (item, index) => isSealedBy(from, item) && isOld(index),
      async wanted => {
        const opened = await plaintextsOf(from, wanted, signal)
        const plaintexts = opened.flatMap((one, i): { i: number; one: Plaintext }[] =>
          'item' in one ? [{ i, one }] : [],
        )
        const results: (WireItem | readonly Left[])[] = opened.map(one => ('item' in one ? [] : one))
        const declared = plaintexts.filter(({ i, one }) => {
          const left = undeclared(target, one)
          results[i] = left
          return left.length === 0
        })
        const stored = await storedItems(
          target,
          declared.map(({ one }) => one.item),
          signal,
        )
        for (const [j, { i }] of declared.entries()) {
          const one = stored[j]!
          results[i] =
            typeof one === 'string'
              ? [{ path: undefined, reason: one }]
              : { ...(from === target ? beaconsOf(wanted[i]!) : {}), ...one }
        }
        return results
      },
    )
  }

  /** Which items would be written otherwise: how an item would be written depends on its context, and so on it. */
  async #older(items: readonly WireItem[], signal: AbortSignal): Promise<(index: number) => boolean> {
    const sealed = items.flatMap((item, index) => (isSealedBy(this.target, item) ? [index] : []))
    const probes = await sealEach(
      this.target.format,
      sealed.map(index => {
        const own = Object.entries(items[index]!).filter(([name]) => !name.startsWith(OWN))
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

/** @throws {CliError} `unsupported` */
function refuseTokens({ known, tableName }: Target): void {
  if (!known.hasTokens) return
  throw new CliError(
    'unsupported',
    `Table ${tableName} has search tokens, which this command does not write into items that are sealed as wholes. Put the items through the client.`,
  )
}

/** How the names of the format's own attributes begin. Beacons are of values, whatever these are encrypted under, and not signed. */
const OWN = 'aws_dbe_'

function beaconsOf(item: WireItem): WireItem {
  return Object.fromEntries(
    Object.entries(item).filter(([name]) => name.startsWith(OWN) && !ITEM_ATTRIBUTES.includes(name)),
  )
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

/** The outcomes for items of which those that are wanted become others, or are left for reasons. */
async function replacing(
  target: Target,
  items: readonly WireItem[],
  isWanted: (item: WireItem, index: number) => boolean,
  become: (wanted: readonly WireItem[]) => Promise<(WireItem | readonly Left[])[]>,
): Promise<Outcome[]> {
  const wanted = items.flatMap((item, index) => (isWanted(item, index) ? [index] : []))
  const outcomes: Outcome[] = items.map(() => NOTHING)
  const made = await become(wanted.map(index => items[index]!))
  for (const [i, index] of wanted.entries()) {
    const one = made[i]!
    outcomes[index] = isLeft(one) ? { change: undefined, left: one } : changing(target, items[index]!, one)
  }
  return outcomes
}

function isLeft(one: WireItem | readonly Left[]): one is readonly Left[] {
  return Array.isArray(one)
}

/** Whether two clients are of different kinds of formats, so that one opens what the other seals anew. */
export function areOfTwoFormats(target: Target, from: Target): boolean {
  return sealsItems(target) !== sealsItems(from)
}
