import { isAt } from './bytes/equal.js'
import { plainBytes } from './bytes/reader.js'
import type { DataKeyCache } from './dataKeyCache/dataKeyCache.js'
import type { OpeningCall } from './dataKeyCache/openingCall.js'
import type { DataKeyName } from './dataKeyCache/openingKeys.js'
import type { OpeningLease } from './dataKeyCache/openingLease.js'
import { ItemKey } from './envelope/itemKey.js'
import { FieldError } from './errors.js'
import type { ItemToOpen, OpenedField, OpenedItem } from './format.js'
import { ItemLocation } from './location.js'
import { notOpened } from './notOpened.js'
import { nextSlice, sliceIsOver } from './slices.js'
import type { FieldReader, StoredField } from './storedField.js'

/** The fields under one data key, and that, or why there is none. */
interface Group {
  readonly name: DataKeyName
  /** Well formed to the last byte, in the order of items and fields. */
  readonly stored: StoredField[]
  /** The next of them to be opened. */
  next: number
  lease?: OpeningLease
  refusal?: unknown
}

/** What each field of a page waits for, one after the other; nothing where its result is there already. */
interface Waiting {
  readonly groups: readonly Group[]
  readonly groupOf: readonly (Group | undefined)[]
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
  const call = cache.beginOpening(signal)
  const { groups, groupOf } = await groupByDataKey(items, reader, call, results)
  const itemKey = ItemKey.take()
  try {
    await takeKeys(groups, call)
    signal?.throwIfAborted()
    await openFields(items, groupOf, itemKey, results)
  } finally {
    itemKey.giveBack()
    for (const { lease } of groups) lease?.release()
  }
  return results.map(fields => ({ fields }))
}

/** Waits for all, also when one has failed: what arrives later would be nobody's to release. */
async function takeKeys(groups: readonly Group[], call: OpeningCall): Promise<void> {
  const waiting: Promise<void>[] = []
  for (const group of groups) {
    group.lease = call.inMemory(group.name)
    if (group.lease === undefined) waiting.push(takeKey(group, call))
  }
  if (waiting.length > 0) await Promise.all(waiting)
}

async function takeKey(group: Group, call: OpeningCall): Promise<void> {
  try {
    group.lease = await call.take(group.name, claimsOf(group))
  } catch (error) {
    group.refusal = error
  }
}

/** What fields share once: it may be as long as an item, and they may be thousands. */
function* claimsOf({ stored }: Group): Iterable<Uint8Array> {
  let last: Uint8Array | undefined
  for (const { claim } of stored) {
    if (claim === last) continue
    last = claim
    yield last
  }
}

async function groupByDataKey(
  items: readonly ItemToOpen[],
  reader: FieldReader,
  call: OpeningCall,
  results: Results,
): Promise<Waiting> {
  const groups = new Map<string, Group>()
  const groupOf = new Array<Group | undefined>(results.reduce((sum, { length }) => sum + length, 0))
  let position = 0
  let last: Group | undefined
  for (let itemIndex = 0; itemIndex < results.length; itemIndex++) {
    const item = items[itemIndex]!
    const readField = reader.forItem(item)
    /** Of the fields whose encrypted data keys stand beside them: looked for once, however long these are. */
    let beside: Group | undefined
    const find = (stored: StoredField) => {
      // Most fields share the data key of the field before.
      if (last === undefined || !belongsTo(last, stored)) last = groupNamed(groups, stored, call)
      return last
    }
    const groupFor = (stored: StoredField) => {
      if (!stored.keysAreBeside) return find(stored)
      beside ??= find(stored)
      return beside
    }
    // Not before each field: they are taken apart faster than the clock is read, and an item has some thousands at most.
    while (sliceIsOver()) await nextSlice()
    const fields = results[itemIndex]!
    // By index, as below: what an iterator makes for each field is more garbage than the field itself.
    for (let fieldIndex = 0; fieldIndex < fields.length; fieldIndex++, position++) {
      const { value, path } = item.fields[fieldIndex]!
      try {
        const stored = readField(bytesOf(value))
        const group = groupFor(stored)
        group.stored.push(stored)
        groupOf[position] = group
      } catch (error) {
        fields[fieldIndex] = notOpened(error, item, path)
      }
    }
  }
  return { groups: [...groups.values()], groupOf }
}

function belongsTo({ name }: Group, stored: StoredField): boolean {
  const { context, keyBytes, encryptedDataKeysStart, encryptedDataKeysEnd } = stored
  return (
    name.context === context &&
    isAt(keyBytes, encryptedDataKeysStart, encryptedDataKeysEnd, name.encryptedDataKeys)
  )
}

function groupNamed(groups: Map<string, Group>, stored: StoredField, call: OpeningCall): Group {
  const { context, keyBytes, encryptedDataKeysStart, encryptedDataKeysEnd } = stored
  const name = call.nameOf(context, keyBytes, encryptedDataKeysStart, encryptedDataKeysEnd)
  let group = groups.get(name.id)
  if (group === undefined) {
    group = { name, stored: [], next: 0 }
    groups.set(name.id, group)
  }
  return group
}

async function openFields(
  items: readonly ItemToOpen[],
  groupOf: Waiting['groupOf'],
  itemKey: ItemKey,
  results: Results,
): Promise<void> {
  let position = 0
  for (let itemIndex = 0; itemIndex < results.length; itemIndex++) {
    const item = items[itemIndex]!
    const fields = results[itemIndex]!
    let location: ItemLocation | undefined
    for (let fieldIndex = 0; fieldIndex < fields.length; fieldIndex++) {
      const group = groupOf[position++]
      if (group === undefined) continue
      const stored = group.stored[group.next++]!
      const { path } = item.fields[fieldIndex]!
      if (group.lease === undefined) {
        fields[fieldIndex] = notOpened(refusalOf(group), item, path)
        continue
      }
      while (sliceIsOver()) await nextSlice()
      try {
        location ??= new ItemLocation(item.table, item.key)
        const opened = stored.open(group.lease, location, path, itemKey)
        // Most formats answer at once; awaiting that all the same would cost a turn for each field.
        const value = opened instanceof Promise ? await opened : opened
        fields[fieldIndex] = { value }
        group.lease.key.opened++
      } catch (error) {
        fields[fieldIndex] = notOpened(error, item, path)
      }
    }
  }
}

/** The cache has errors of its own, for what it does not ask the keyring. */
function refusalOf({ refusal }: Group): FieldError {
  return refusal instanceof FieldError ? refusal : keyUnavailable(refusal)
}

function keyUnavailable(cause: unknown): FieldError {
  return new FieldError(
    'key-unavailable',
    'the keyring gave no data key for it. Its error is the cause; check that a replica of the key can be reached and that this process may decrypt with it.',
    { cause },
  )
}

function bytesOf(value: unknown): Uint8Array {
  if (value instanceof Uint8Array) return plainBytes(value)
  if (typeof value === 'object' && value !== null && 'B' in value && value.B instanceof Uint8Array) {
    throw new FieldError(
      'not-a-message',
      'the value is an attribute value, { B }. Give its bytes: what seal returns is what open takes.',
    )
  }
  throw new FieldError('not-a-message', 'the stored value is not binary, so it was never sealed.')
}
