import { setMaxListeners } from 'node:events'
import { describeStored, type FieldError, type ItemToOpen, type StoredDescription } from '@dynaseal/core'
import type { ItemDescription } from '@dynaseal/db-esdk'
import { explained } from '../awsErrors.js'
import type { Target } from '../config/project.js'
import { Pace } from '../engine/pace.js'
import { pages } from '../engine/pages.js'
import { type Persistence, persistently, saysNothing } from '../engine/persistently.js'
import { type EncryptedField, encryptedFields, keyOf, kindOf, toOpen } from '../stored/tableItem.js'
import { hasItemAttributes, sealsItems } from '../stored/wholeItem.js'
import type { WireItem } from '../stored/wireItem.js'
import { Counts, type ScanReport } from './counts.js'
import { countErrors, countWhole, isOfItem, type OfWhole } from './wholeItems.js'

export interface ScanOptions {
  /** Segments that are read in parallel. Default 4. */
  readonly segments?: number
  /** Only this one of them, counted from 0. Default: all. */
  readonly segment?: number | undefined
  /** Whether reads are strongly consistent, at twice the price. Default false. */
  readonly consistent?: boolean
  /**
   * Whether fields are opened, which calls the keyring once for each data key, and proves that they open. Default true;
   * otherwise they are only checked for what can be told without a data key.
   */
  readonly open?: boolean
  /** Read units per second. Default: as many as DynamoDB gives. */
  readonly maxReadUnits?: number | undefined
  /** When it fires, what was counted until then is reported. */
  readonly signal?: AbortSignal
  /** Called after each page, with the number of items so far. */
  readonly onProgress?: (items: number) => void
}

const SEGMENTS = 4
/** Most items of a page: of a kilobyte each, they fill one. */
const PAGE_ITEMS = 1000
/** What is opened together: of a page, little else than its items is in memory at once. */
export const ITEMS_AT_A_TIME = 100

/**
 * Reads a table, and counts what stands where ciphertext belongs.
 *
 * @returns what was counted; when the signal has fired, of what was read until then
 * @throws {CliError}
 */
export async function scan(target: Target, options: ScanOptions = {}): Promise<ScanReport> {
  sealsItems(target)
  const { segments = SEGMENTS, segment, consistent = false, open = true, maxReadUnits, onProgress } = options
  const { signal = new AbortController().signal } = options
  // Each call that waits listens to it.
  setMaxListeners(0, signal)
  const pace = new Pace(maxReadUnits)
  const counts = new Counts()
  const start = performance.now()
  const own = segment === undefined ? [...Array(segments).keys()] : [segment]
  const readSegment = async (one: number): Promise<void> => {
    const all = pages(target, { segment: one, segments, consistent, pace, signal, limit: PAGE_ITEMS })
    for await (const { items, units } of all) {
      counts.units(units)
      for (let start = 0; start < items.length; start += ITEMS_AT_A_TIME)
        await countItems(target, items.slice(start, start + ITEMS_AT_A_TIME), counts, open, { signal })
      onProgress?.(counts.items)
    }
  }
  try {
    await Promise.all(own.map(readSegment))
  } catch (error) {
    if (!signal.aborted) throw explained(error, { table: target.tableName, region: target.region })
  }
  const seconds = (performance.now() - start) / 1000
  return {
    table: target.tableName,
    region: target.region,
    ...counts.report(target.known),
    seconds,
    complete: !signal.aborted,
  }
}

interface SealedItem {
  readonly entity: string | undefined
  readonly toOpen: ItemToOpen
  /** Of its fields, in their order. */
  readonly attributes: readonly string[]
}

/** Counts what stands in items where ciphertext belongs. */
export async function countItems(
  target: Target,
  items: readonly WireItem[],
  counts: Counts,
  open: boolean,
  persistence: Persistence,
): Promise<void> {
  const sealed: SealedItem[] = []
  const wholes: OfWhole[] = []
  const isWhole = sealsItems(target)
  for (const item of items) {
    const entity = kindOf(target.known, item)
    counts.item(entity)
    if (isWhole) wholes.push(...countWhole(target, item, entity, counts))
    else {
      const one = countFields(target, item, entity, counts)
      if (one !== undefined) sealed.push(one)
    }
  }
  for (const { item, field, code } of await errorsOf(target, sealed, open, persistence)) {
    const { entity, attributes } = sealed[item]!
    counts.notOpened(entity, attributes[field]!, code)
  }
  await countErrors(target, wholes, counts, open, persistence)
}

/** @returns what is to be opened of it; undefined where nothing is */
function countFields(
  target: Target,
  item: WireItem,
  entity: string | undefined,
  counts: Counts,
): SealedItem | undefined {
  const { known } = target
  const other = hasItemAttributes(item) ? isOfItem(item) : undefined
  const fields: EncryptedField[] = []
  let short = 0
  for (const field of encryptedFields(known, item)) {
    const form = countField(target, entity, field, counts, other)
    if (form === 'short') short++
    if (form !== undefined) fields.push(field)
  }
  if (fields.length === 0) return undefined
  const sealed = toOpen(known, keyOf(known, item)!, item, fields)
  if (short > 0) counts.keysBeside(sealed.attributes!, short)
  return { entity, toOpen: sealed, attributes: fields.map(({ attribute }) => attribute) }
}

/** @returns how it is sealed, as far as it says itself; undefined where it is not */
function countField(
  { format }: Target,
  entity: string | undefined,
  { attribute, value, isObstacle }: EncryptedField,
  counts: Counts,
  other: ItemDescription | undefined,
): StoredDescription['form'] | 'damaged' | undefined {
  if (isObstacle) counts.notOpened(entity, attribute, 'not-a-message')
  else if (value.B === undefined) counts.clear(entity, attribute)
  else if (!format.looksSealed(value.B)) {
    counts.notOpened(entity, attribute, other === undefined ? 'not-a-message' : 'other-format')
    if (other === undefined) return undefined
    counts.sealed(entity, attribute, 'db-esdk')
    counts.keys(other)
  } else {
    try {
      const description = describeStored(value.B)
      counts.sealed(entity, attribute, description.format)
      if (description.form !== 'short') counts.keys(description)
      return description.form
    } catch {
      // What is wrong with it, the format says.
      return 'damaged'
    }
  }
  return undefined
}

/** A field that does not open, by the numbers of its item and of it. */
interface NotOpened {
  readonly item: number
  readonly field: number
  readonly code: string
}

/** @returns what does not open; without opening, what cannot */
async function errorsOf(
  { format }: Target,
  sealed: readonly SealedItem[],
  open: boolean,
  persistence: Persistence,
): Promise<readonly NotOpened[]> {
  if (sealed.length === 0) return []
  const given = sealed.map(({ toOpen: one }) => one)
  if (!open) return given.flatMap((one, item) => errorsIn(item, format.check?.(one) ?? []))
  return persistently(async () => {
    const found: NotOpened[] = []
    const opened = await format.open(given, { signal: persistence.signal })
    // By index, as most open: nothing is made for those.
    for (let item = 0; item < opened.length; item++) {
      const { fields } = opened[item]!
      for (let field = 0; field < fields.length; field++) {
        const result = fields[field]!
        if (!('error' in result)) continue
        if (saysNothing(result.error)) throw result.error
        found.push({ item, field, code: result.error.code })
      }
    }
    return found
  }, persistence)
}

function errorsIn(item: number, errors: readonly (FieldError | undefined)[]): NotOpened[] {
  return errors.flatMap((error, field) => (error === undefined ? [] : [{ item, field, code: error.code }]))
}
