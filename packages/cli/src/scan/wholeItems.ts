import { describeStored, type FieldError, type StoredDescription } from '@dynaseal/core'
import { describeItem, ITEM_ATTRIBUTES, type ItemDescription } from '@dynaseal/db-esdk'
import type { Target } from '../config/project.js'
import { type Persistence, persistently, saysNothing } from '../engine/persistently.js'
import { encryptedFields } from '../stored/tableItem.js'
import { hasItemAttributes, wholeToOpen } from '../stored/wholeItem.js'
import type { WireItem } from '../stored/wireItem.js'
import type { Counts } from './counts.js'

/** An item that was sealed as a whole, and the attributes that are counted of it. */
export interface OfWhole {
  readonly item: WireItem
  readonly entity: string | undefined
  readonly attributes: readonly string[]
}

/** What the header of an item says, where it is one. */
export function isOfItem(item: WireItem): ItemDescription | undefined {
  try {
    return describeItem(item as Parameters<typeof describeItem>[0])
  } catch {
    // Opening it says what is wrong with it.
    return undefined
  }
}

/** Counts an item of a client whose format seals wholes; what is to be opened of it is returned. */
export function countWhole(
  { known }: Target,
  item: WireItem,
  entity: string | undefined,
  counts: Counts,
): OfWhole[] {
  const fields = encryptedFields(known, item)
  if (hasItemAttributes(item)) {
    // What is encrypted is binary. What is not was only signed.
    for (const { attribute, value } of fields) if (value.B === undefined) counts.clear(entity, attribute)
    const encrypted = fields.filter(({ value }) => value.B !== undefined)
    // Where nothing is encrypted, what is signed stands under the header's name.
    const attributes =
      encrypted.length > 0 ? encrypted.map(({ attribute }) => attribute) : [ITEM_ATTRIBUTES[0]]
    for (const attribute of attributes) counts.sealed(entity, attribute, 'db-esdk')
    counts.keys(isOfItem(item) ?? {}, attributes.length)
    return [{ item, entity, attributes }]
  }
  for (const { attribute, value, isObstacle } of fields) {
    const stored = value.B === undefined ? undefined : described(value.B)
    if (isObstacle) counts.notOpened(entity, attribute, 'not-a-message')
    else if (stored === undefined) counts.clear(entity, attribute)
    else {
      counts.sealed(entity, attribute, stored.format)
      counts.keys(stored)
      counts.notOpened(entity, attribute, 'other-format')
    }
  }
  return []
}

function described(bytes: Uint8Array): StoredDescription | undefined {
  try {
    return describeStored(bytes)
  } catch {
    return undefined
  }
}

/** Opens them, or looks at their headers and footers, and counts those that do not hold. */
export async function countErrors(
  target: Target,
  wholes: readonly OfWhole[],
  counts: Counts,
  open: boolean,
  persistence: Persistence,
): Promise<void> {
  const codes = open
    ? await codesOf(target, wholes, persistence)
    : wholes.map(({ item }) => codeWithoutKey(item))
  for (const [i, { entity, attributes }] of wholes.entries()) {
    const code = codes[i]
    if (code !== undefined) for (const attribute of attributes) counts.notOpened(entity, attribute, code)
  }
}

async function codesOf(
  target: Target,
  wholes: readonly OfWhole[],
  persistence: Persistence,
): Promise<(string | undefined)[]> {
  if (wholes.length === 0) return []
  return persistently(async () => {
    const toOpen = wholes.map(({ item }) => wholeToOpen(target, item))
    const opened = await target.format.open(toOpen, { signal: persistence.signal })
    for (const { error } of opened) if (error !== undefined && saysNothing(error)) throw error
    return opened.map(({ error }) => error?.code)
  }, persistence)
}

function codeWithoutKey(item: WireItem): string | undefined {
  if (ITEM_ATTRIBUTES.some(name => item[name]?.B === undefined)) return 'missing-envelope'
  try {
    describeItem(item as Parameters<typeof describeItem>[0])
    return undefined
  } catch (error) {
    return (error as FieldError).code
  }
}
