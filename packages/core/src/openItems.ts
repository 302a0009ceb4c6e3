import { isAt } from './bytes/equal.js'
import { asBuffer } from './bytes/reader.js'
import type { DataKeyCache } from './dataKeyCache/dataKeyCache.js'
import { type DataKeyName, dataKeyName } from './dataKeyCache/openingKeys.js'
import type { OpeningLease } from './dataKeyCache/openingLease.js'
import { ItemKey } from './envelope/itemKey.js'
import { FieldError } from './errors.js'
import type { ItemToOpen, OpenedField, OpenedItem } from './format.js'
import { ItemLocation } from './location.js'
import { notOpened } from './notOpened.js'
import { nextSlice, sliceIsOver } from './slices.js'
import type { FieldReader, StoredField } from './storedField.js'

/** A field that is well formed to its last byte, waiting for its data key. */
interface Pending {
  readonly item: number
  readonly field: number
  readonly stored: StoredField
}

/** The fields under one data key. */
interface Group extends DataKeyName {
  readonly pending: Pending[]
}

type Results = OpenedField[][]

/** Every outcome is in the result; what is thrown is about the call and not about a stored value. */
export async function openItems(
  items: readonly ItemToOpen[],
  cache: DataKeyCache,
  reader: FieldReader,
  signal?: AbortSignal,
): Promise<OpenedItem[]> {
  const results: Results = items.map(item => new Array(item.fields.length))
  const groups = await groupByDataKey(items, reader, results)
  const call = cache.beginOpening(signal)
  const leases = await Promise.allSettled(groups.map(group => call.take(group, claimsOf(group))))
  const itemKey = new ItemKey()
  try {
    signal?.throwIfAborted()
    for (const [index, group] of groups.entries()) {
      const lease = leases[index]!
      if (lease.status === 'fulfilled') await openGroup(items, group, lease.value, itemKey, results)
      else refuseGroup(items, group, lease.reason, results)
    }
  } finally {
    itemKey.zero()
    for (const lease of leases) if (lease.status === 'fulfilled') lease.value.release()
  }
  return results.map(fields => ({ fields }))
}

/** What fields share once: it may be as long as an item, and they may be thousands. */
function* claimsOf({ pending }: Group): Iterable<Uint8Array> {
  let last: Uint8Array | undefined
  for (const { stored } of pending) {
    if (stored.claim === last) continue
    last = stored.claim
    yield last
  }
}

async function groupByDataKey(
  items: readonly ItemToOpen[],
  reader: FieldReader,
  results: Results,
): Promise<Group[]> {
  const groups = new Map<string, Group>()
  let last: Group | undefined
  for (const [itemIndex, item] of items.entries()) {
    const readField = reader.forItem(item)
    /** Of the fields whose encrypted data keys stand beside them: looked for once, however long these are. */
    let beside: Group | undefined
    const find = (stored: StoredField) => {
      // Most fields share the data key of the field before.
      if (last === undefined || !belongsTo(last, stored)) last = groupOf(groups, stored)
      return last
    }
    const groupFor = (stored: StoredField) => {
      if (!stored.keysAreBeside) return find(stored)
      beside ??= find(stored)
      return beside
    }
    // Not before each field: they are taken apart faster than the clock is read, and an item has some thousands at most.
    while (sliceIsOver()) await nextSlice()
    for (const [fieldIndex, { value, path }] of item.fields.entries()) {
      try {
        const stored = readField(bytesOf(value))
        groupFor(stored).pending.push({ item: itemIndex, field: fieldIndex, stored })
      } catch (error) {
        results[itemIndex]![fieldIndex] = notOpened(error, item, path)
      }
    }
  }
  return [...groups.values()]
}

function belongsTo(group: Group, stored: StoredField): boolean {
  const { context, keyBytes, encryptedDataKeysStart, encryptedDataKeysEnd } = stored
  return (
    group.context === context &&
    isAt(keyBytes, encryptedDataKeysStart, encryptedDataKeysEnd, group.encryptedDataKeys)
  )
}

function groupOf(groups: Map<string, Group>, stored: StoredField): Group {
  const { context } = stored
  const encryptedDataKeys = stored.keyBytes.subarray(
    stored.encryptedDataKeysStart,
    stored.encryptedDataKeysEnd,
  )
  const name = dataKeyName(context, encryptedDataKeys)
  let group = groups.get(name.id)
  if (group === undefined) {
    // A copy: keyrings may keep what they are given, and the bytes are the caller's, who may overwrite them at any time.
    group = { id: name.id, context, encryptedDataKeys: Buffer.from(encryptedDataKeys), pending: [] }
    groups.set(name.id, group)
  }
  return group
}

async function openGroup(
  items: readonly ItemToOpen[],
  group: Group,
  lease: OpeningLease,
  itemKey: ItemKey,
  results: Results,
): Promise<void> {
  let last: { readonly item: ItemToOpen; readonly location: ItemLocation } | undefined
  for (const { item: itemIndex, field: fieldIndex, stored } of group.pending) {
    while (sliceIsOver()) await nextSlice()
    const item = items[itemIndex]!
    const { path } = item.fields[fieldIndex]!
    try {
      if (last?.item !== item) last = { item, location: new ItemLocation(item.table, item.key) }
      const opened = stored.open(lease, last.location, path, itemKey)
      // Most formats answer at once; awaiting that all the same would cost a turn for each field.
      const value = opened instanceof Promise ? await opened : opened
      results[itemIndex]![fieldIndex] = { value }
      lease.key.opened++
    } catch (error) {
      results[itemIndex]![fieldIndex] = notOpened(error, item, path)
    }
  }
}

function refuseGroup(items: readonly ItemToOpen[], group: Group, cause: unknown, results: Results): void {
  // The cache has errors of its own, for what it does not ask the keyring.
  const error = cause instanceof FieldError ? cause : keyUnavailable(cause)
  for (const { item: itemIndex, field: fieldIndex } of group.pending) {
    const item = items[itemIndex]!
    results[itemIndex]![fieldIndex] = notOpened(error, item, item.fields[fieldIndex]!.path)
  }
}

function keyUnavailable(cause: unknown): FieldError {
  return new FieldError(
    'key-unavailable',
    'the keyring gave no data key for it. Its error is the cause; check that a replica of the key can be reached and that this process may decrypt with it.',
    { cause },
  )
}

function bytesOf(value: unknown): Buffer {
  if (value instanceof Uint8Array) return asBuffer(value)
  if (typeof value === 'object' && value !== null && 'B' in value && value.B instanceof Uint8Array) {
    throw new FieldError(
      'not-a-message',
      'the value is an attribute value, { B }. Give its bytes: what seal returns is what open takes.',
    )
  }
  throw new FieldError('not-a-message', 'the stored value is not binary, so it was never sealed.')
}
