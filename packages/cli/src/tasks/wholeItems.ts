import { isDeepStrictEqual } from 'node:util'
import type { AttributePath } from '@dynaseal/core'
import { ITEM_ATTRIBUTES } from '@dynaseal/db-esdk'
import type { Target } from '../config/project.js'
import { persistently, saysNothing } from '../engine/persistently.js'
import type { Beside, Change, Left, Replacement, Unchanged } from '../engine/task.js'
import { encryptedFields, keyOf, toOpen } from '../stored/tableItem.js'
import { hasItemAttributes, isOwn, sealsItems, wholeToOpen, wholeToSeal } from '../stored/wholeItem.js'
import { replaced, type WireItem } from '../stored/wireItem.js'
import { checkRefusals } from './refusals.js'
import { sealedParts } from './sealedItems.js'
import { openEach, sealEach } from './sealing.js'

/** An item in clear, without what its format added, and where it was encrypted. */
export interface Plaintext {
  readonly item: WireItem
  readonly encrypted: readonly AttributePath[]
}

/** Whether something of an item is sealed as a target's format seals it. */
export function isSealedBy(target: Target, item: WireItem): boolean {
  return sealsItems(target) ? hasItemAttributes(item) : sealedParts(target, item).fields.length > 0
}

/** Opens items, each as a whole: one of which something does not open has the reasons. */
export async function plaintextsOf(
  target: Target,
  items: readonly WireItem[],
  signal: AbortSignal,
): Promise<(Plaintext | readonly Left[])[]> {
  return sealsItems(target) ? ofWholes(target, items, signal) : ofFields(target, items, signal)
}

async function ofWholes(
  target: Target,
  items: readonly WireItem[],
  signal: AbortSignal,
): Promise<(Plaintext | readonly Left[])[]> {
  if (items.length === 0) return []
  const given = items.map(item => wholeToOpen(target, item))
  const opened = await persistently(
    async () => {
      const results = await target.format.open(given, { signal })
      for (const { error } of results) if (error !== undefined && saysNothing(error)) throw error
      return results
    },
    { signal },
  )
  await checkRefusals(
    target.format,
    given,
    opened.map(({ error }) => error),
    signal,
  )
  return opened.map(({ fields, others, error }, i) => {
    if (error !== undefined) return [{ path: undefined, reason: error.code }]
    const values = fields.map((result, j): [string, unknown] => [
      String(given[i]!.fields[j]!.path[0]),
      'value' in result ? result.value : undefined,
    ])
    const item = { ...(others ?? given[i]!.others), ...Object.fromEntries(values) } as WireItem
    const names = Object.keys(item).filter(name => !isDeepStrictEqual(item[name], items[i]![name]))
    return { item, encrypted: names.map(name => [name]) }
  })
}

async function ofFields(
  target: Target,
  items: readonly WireItem[],
  signal: AbortSignal,
): Promise<(Plaintext | readonly Left[])[]> {
  const { known, format } = target
  const parts = items.map(item => sealedParts(target, item))
  const toBeOpened = items.map((item, i) => toOpen(known, parts[i]!.key, item, parts[i]!.fields))
  const opened = await openEach(format, toBeOpened, signal)
  return items.map((stored, i) => {
    const { fields, strays } = parts[i]!
    const left: Left[] = [...strays]
    let item = stored
    for (const [j, { path }] of fields.entries()) {
      const result = opened[i]![j]!
      if ('error' in result) left.push({ path, reason: result.error.code })
      else item = replaced(item, path, result.value)
    }
    if (left.length > 0) return left
    const own = Object.entries(item).filter(([name]) => !known.formatAttributes.includes(name))
    return { item: Object.fromEntries(own), encrypted: fields.map(({ path }) => path) }
  })
}

/** Items in clear as a target's format stores them; one that cannot be sealed has the code of its error as the reason. */
export async function storedItems(
  target: Target,
  items: readonly WireItem[],
  signal: AbortSignal,
): Promise<(WireItem | readonly Left[])[]> {
  const { known } = target
  const isWhole = sealsItems(target)
  const toSeal = items.map(item =>
    isWhole
      ? wholeToSeal(target, item)
      : {
          table: known.name,
          key: keyOf(known, item)!,
          fields: encryptedFields(known, item).filter(({ isObstacle }) => !isObstacle),
          whole: true,
        },
  )
  const sealed = await sealEach(target.format, toSeal as Parameters<typeof sealEach>[1], signal)
  return items.map((item, i) => {
    const one = sealed[i]!
    if (typeof one === 'string') return [{ path: undefined, reason: one }]
    const fields = toSeal[i]!.fields.map(({ path }, j) => ({ path, B: one.values[j]! }))
    const whole = fields.reduce((all, { path, B }) => replaced(all, path, { B }), item)
    const attributes = Object.entries(one.attributes).map(([name, B]) => [name, { B }])
    return { ...whole, ...Object.fromEntries(attributes) }
  })
}

/** What would be stored in clear of what was encrypted, because the target does not declare it. */
export function undeclared({ known }: Target, { item, encrypted }: Plaintext): Left[] {
  const declared = encryptedFields(known, item)
  const covers = (above: AttributePath, path: AttributePath) =>
    above.length <= path.length && above.every((step, i) => step === path[i])
  return encrypted
    .filter(path => !declared.some(field => !field.isObstacle && covers(field.path, path)))
    .map(path => ({ path, reason: 'not-declared' }))
}

/** An expression has at most 300 operators: a comparison of each attribute, and what joins them. */
const MAX_ATTRIBUTES = 140

/**
 * The change from one item to another, under the condition that all of it is what was read.
 *
 * @returns undefined for more attributes than fit
 */
export function changeOfWhole({ known }: Target, from: WireItem, to: WireItem): Change | undefined {
  const names = [...new Set([...Object.keys(from), ...Object.keys(to)])]
  const values: Replacement[] = []
  const attributes: Beside[] = []
  const tokens: Beside[] = []
  const unchanged: Unchanged[] = []
  for (const name of names) {
    if (known.keyNames.includes(name)) continue
    const [before, after] = [from[name], to[name]]
    if (isDeepStrictEqual(before, after)) unchanged.push({ path: [name], value: before })
    else if (isOwn(name) && after !== undefined) tokens.push({ path: [name], from: before, to: after })
    else if (before === undefined || after === undefined || ITEM_ATTRIBUTES.includes(name))
      attributes.push({ path: [name], from: before, to: after })
    else values.push({ path: [name], from: before, to: after })
  }
  if (names.length > MAX_ATTRIBUTES) return undefined
  return { key: keyOf(known, from)!, values, attributes, tokens, unchanged, remaining: 0 }
}
