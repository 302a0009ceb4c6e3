import type { AttributeValue } from '@aws-sdk/client-dynamodb'
import type { FieldFormat, ItemToSeal, SealedItem } from '@dynaseal/core'
import type { Target } from '../config/project.js'
import type { Change, Left, Outcome, OwnDataKeys, Planning, Task } from '../engine/task.js'
import { MAX_VALUES } from '../engine/updateItem.js'
import { refuseWholeItems, toOpen } from '../stored/tableItem.js'
import type { WireField, WireItem } from '../stored/wireItem.js'
import { type SealedParts, sealedParts } from './sealedItems.js'
import { openEach, sealEach, type Writing, writingOf } from './sealing.js'

export interface RewrapOptions {
  /**
   * Whether everything gets a new data key. Default false: only what the client would write differently now, in another
   * format or form, or under another KMS key or version of a branch key.
   */
  readonly all?: boolean
}

interface Wanted {
  readonly index: number
  readonly item: WireItem
  readonly parts: SealedParts
  readonly fields: readonly WireField[]
  /** Whether all that is sealed in the item is written, so that its envelope can be another one. */
  readonly whole: boolean
  readonly remaining: number
}

/** Seals again what is sealed, as the client writes it now. */
export class Rewrap implements Task {
  readonly name = 'rewrap'
  readonly settings: Readonly<Record<string, unknown>>
  readonly #all: boolean
  #hasBegun = false

  constructor(
    private readonly target: Target,
    { all = false }: RewrapOptions = {},
  ) {
    refuseWholeItems(target)
    this.#all = all
    this.settings = { all }
  }

  async plan(items: readonly WireItem[], { signal, dataKeys }: Planning): Promise<Outcome[]> {
    // What this client has sealed before is under the data key that it has: it would pass for done.
    if (this.#all && !this.#hasBegun) (this.target.format as Partial<FieldFormat>).clear?.()
    this.#hasBegun = true
    const outcomes: Outcome[] = items.map(() => ({ change: undefined, left: [] }))
    const wanted = await this.#wanted(items, outcomes, { signal, dataKeys })
    const { known, format } = this.target
    const opened = await openEach(
      format,
      wanted.map(({ item, parts, fields }) => toOpen(known, parts.key, item, fields)),
      signal,
    )
    const toSeal: { readonly wanted: Wanted; readonly seal: ItemToSeal }[] = []
    for (const [i, one] of wanted.entries()) {
      const left: Left[] = []
      const fields = opened[i]!.flatMap((result, j) => {
        const { path } = one.fields[j]!
        if ('value' in result) return [{ path, value: result.value }]
        left.push({ path, reason: result.error.code })
        return []
      })
      // A field that does not open may need the envelope that the others would leave behind.
      if (left.length > 0) outcomes[one.index] = { change: undefined, left }
      else
        toSeal.push({
          wanted: one,
          seal: { table: known.name, key: one.parts.key, fields, whole: one.whole },
        })
    }
    const sealed = await sealEach(
      format,
      toSeal.map(({ seal }) => seal),
      signal,
    )
    const names = new Set<string>()
    for (const [i, { wanted: one }] of toSeal.entries()) {
      const result = sealed[i]!
      if (typeof result === 'string')
        outcomes[one.index] = { change: undefined, left: [{ path: undefined, reason: result }] }
      else {
        outcomes[one.index] = { change: changeOf(one, result), left: [] }
        for (const value of result.values) {
          const writing = this.#writing(value, result.attributes)
          if (writing !== undefined) names.add(writing.dataKey)
        }
      }
    }
    await dataKeys.add(names)
    return outcomes
  }

  /** Items in which something is written otherwise than it would be written now. */
  async #wanted(
    items: readonly WireItem[],
    outcomes: Outcome[],
    { signal, dataKeys }: Pick<Planning, 'signal' | 'dataKeys'>,
  ): Promise<Wanted[]> {
    const { known, format } = this.target
    const candidates = items
      .map((item, index) => ({ item, index, parts: sealedParts(this.target, item) }))
      .filter(({ parts }) => parts.fields.length > 0)
    // How an item would be written depends on its context, and so on its key: nothing is asked for that is not needed then.
    const probes = await sealEach(
      format,
      candidates.map(({ parts: { key, fields } }) => ({
        table: known.name,
        key,
        // Of a path that is there, which an error names.
        fields: [{ path: fields[0]!.path, value: { NULL: true } }],
        whole: true,
      })),
      signal,
    )
    return candidates.flatMap(({ item, index, parts }, i): Wanted[] => {
      const probe = probes[i]!
      const leave = (left: readonly Left[]) => {
        outcomes[index] = { change: undefined, left }
        return []
      }
      if (typeof probe === 'string') return leave([{ path: undefined, reason: probe }])
      const goal = this.#writing(probe.values[0]!, probe.attributes)!
      const stored = Object.fromEntries(Object.entries(parts.attributes).map(([name, { B }]) => [name, B]))
      // More than one update takes: then none can have an envelope in common.
      const isTooMany = parts.fields.length > MAX_VALUES
      const needing = parts.fields.filter(
        ({ value }) => !this.#isFine(this.#writing(value.B!, stored), goal, isTooMany, dataKeys),
      )
      if (needing.length === 0) return []
      // The envelope goes, and whatever else needed it could not be opened any more.
      if (parts.strays.length > 0) return leave(parts.strays)
      if (!isTooMany) return [{ index, item, parts, fields: parts.fields, whole: true, remaining: 0 }]
      const fields = needing.slice(0, MAX_VALUES)
      return [{ index, item, parts, fields, whole: false, remaining: needing.length - fields.length }]
    })
  }

  #isFine(writing: Writing | undefined, goal: Writing, isTooMany: boolean, dataKeys: OwnDataKeys): boolean {
    // It says what is wrong with it when it is opened.
    if (writing === undefined) return false
    if (this.#all) return dataKeys.has(writing.dataKey)
    if (writing.wrappedBy !== goal.wrappedBy) return false
    return writing.form === goal.form || (isTooMany && writing.form !== 'message' && goal.form !== 'message')
  }

  #writing(bytes: Uint8Array, attributes: Readonly<Record<string, unknown>>): Writing | undefined {
    const envelope = Object.values(attributes).find(one => one instanceof Uint8Array)
    return writingOf(bytes, envelope as Uint8Array | undefined)
  }
}

function changeOf({ parts, fields, whole, remaining }: Wanted, { values, attributes }: SealedItem): Change {
  const stored: Readonly<Record<string, AttributeValue>> = parts.attributes
  const names = new Set([...Object.keys(stored), ...Object.keys(attributes)])
  const changed = [...names].map(name => {
    const B = attributes[name]
    return { path: [name], from: stored[name], to: B === undefined ? undefined : { B } }
  })
  return {
    key: parts.key,
    values: fields.map(({ path, value }, i) => ({ path, from: value, to: { B: values[i]! } })),
    attributes: whole ? changed : [],
    tokens: [],
    unchanged: whole ? [] : Object.entries(stored).map(([name, value]) => ({ path: [name], value })),
    remaining,
  }
}
