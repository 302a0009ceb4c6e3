import type { AttributeValue } from './attributeValue.js'
import { isAt } from './bytes/equal.js'
import { asBuffer } from './bytes/reader.js'
import { readContent } from './content.js'
import { type DataKeyName, dataKeyName } from './dataKeyCache/openingKeys.js'
import type { OpeningLease } from './dataKeyCache/openingLease.js'
import { FieldError } from './errors.js'
import type { ItemFields, OpenedField } from './format.js'
import type { FormatParts } from './formatParts.js'
import { ItemLocation } from './location.js'
import { parseBody } from './message/body.js'
import { type Codec, readSigned } from './message/codec.js'
import { type MessageContext, signedContext } from './message/context.js'
import { type Header, parseHeader } from './message/header.js'
import { CONTEXT_OFFSET } from './message/suite.js'
import { notOpened } from './notOpened.js'
import { nextSlice, sliceIsOver } from './slices.js'

type Item = ItemFields<Uint8Array>

/** A message that is well formed to its last byte, waiting for its data key. */
interface Pending {
  readonly item: number
  readonly field: number
  readonly header: Header
}

/** The messages under one data key. */
interface Group extends DataKeyName {
  readonly pending: Pending[]
}

/** Every outcome is in the result; what is thrown is about the call and not about a stored value. */
export async function openItems(
  items: readonly Item[],
  { cache, codec, allowSigned, contextOf }: FormatParts,
  signal?: AbortSignal,
): Promise<OpenedField[][]> {
  const results: OpenedField[][] = items.map(item => new Array(item.fields.length))
  const groups = await groupByDataKey(items, contextOf, allowSigned, results)
  const call = cache.beginOpening(signal)
  const leases = await Promise.allSettled(groups.map(group => call.take(group, messagesOf(group))))
  try {
    signal?.throwIfAborted()
    for (const [index, group] of groups.entries()) {
      const lease = leases[index]!
      if (lease.status === 'fulfilled') await openGroup(items, group, lease.value, codec, results)
      else refuseGroup(items, group, lease.reason, results)
    }
  } finally {
    for (const lease of leases) if (lease.status === 'fulfilled') lease.value.release()
  }
  return results
}

function* messagesOf({ pending }: Group): Iterable<Uint8Array> {
  for (const { header } of pending) yield header.message
}

async function groupByDataKey(
  items: readonly Item[],
  contextOf: (table: string) => MessageContext,
  allowSigned: boolean,
  results: OpenedField[][],
): Promise<Group[]> {
  const groups = new Map<string, Group>()
  let last: Group | undefined
  for (const [itemIndex, item] of items.entries()) {
    const expected = contextOf(item.table)
    // Not before each field: headers are read faster than the clock, and an item of 400 KB has some 900 at most.
    while (sliceIsOver()) await nextSlice()
    for (const [fieldIndex, { value, path }] of item.fields.entries()) {
      try {
        const header = parseHeader(bytesOf(value), allowSigned)
        const context = checkedContext(header, expected)
        // Before its data key is asked for: to be asked for, it takes at least the form of a whole message.
        parseBody(header)
        // Most fields share the data key of the field before.
        if (last === undefined || !belongsTo(last, context, header)) last = groupOf(groups, context, header)
        last.pending.push({ item: itemIndex, field: fieldIndex, header })
      } catch (error) {
        results[itemIndex]![fieldIndex] = notOpened(error, item, path)
      }
    }
  }
  return [...groups.values()]
}

function belongsTo(group: Group, context: MessageContext, header: Header): boolean {
  const { message, encryptedDataKeysStart, encryptedDataKeysEnd } = header
  return (
    group.context === context &&
    isAt(message, encryptedDataKeysStart, encryptedDataKeysEnd, group.encryptedDataKeys)
  )
}

function groupOf(groups: Map<string, Group>, context: MessageContext, header: Header): Group {
  const encryptedDataKeys = header.message.subarray(
    header.encryptedDataKeysStart,
    header.encryptedDataKeysEnd,
  )
  const name = dataKeyName(context, encryptedDataKeys)
  let group = groups.get(name.id)
  if (group === undefined) {
    // A copy: keyrings may keep what they are given, and the message is the caller's, who may overwrite it at any time.
    group = { id: name.id, context, encryptedDataKeys: Buffer.from(encryptedDataKeys), pending: [] }
    groups.set(name.id, group)
  }
  return group
}

async function openGroup(
  items: readonly Item[],
  group: Group,
  lease: OpeningLease,
  codec: Codec,
  results: OpenedField[][],
): Promise<void> {
  const { key } = lease
  let last: { readonly item: Item; readonly location: ItemLocation } | undefined
  for (const { item: itemIndex, field: fieldIndex, header } of group.pending) {
    while (sliceIsOver()) await nextSlice()
    const item = items[itemIndex]!
    const { path } = item.fields[fieldIndex]!
    try {
      if (last?.item !== item) last = { item, location: new ItemLocation(item.table, item.key) }
      // First, since it may throw, and then there must be no plaintext yet.
      const location = last.location.hash(path)
      const content = header.signed ? readSigned(header, key.secret) : codec.read(header, key.secret)
      // Most codecs answer at once; awaiting that all the same would cost a turn for each field.
      const plaintext = content instanceof Promise ? await content : content
      lease.prove()
      results[itemIndex]![fieldIndex] = { value: readAndZero(plaintext, location) }
      key.opened++
    } catch (error) {
      if (error instanceof FieldError && error.code === 'not-authentic') lease.refute(header.message)
      results[itemIndex]![fieldIndex] = notOpened(error, item, path)
    }
  }
}

function readAndZero(content: Buffer, location: string): AttributeValue {
  try {
    return readContent(content, location)
  } finally {
    content.fill(0)
  }
}

function refuseGroup(items: readonly Item[], group: Group, cause: unknown, results: OpenedField[][]): void {
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

/** Compared byte for byte: the specification leaves a context one serialization. */
function checkedContext(
  { message, signed, encryptedDataKeysStart }: Header,
  expected: MessageContext,
): MessageContext {
  const context = signed
    ? signedContext(expected, message.subarray(CONTEXT_OFFSET, encryptedDataKeysStart))
    : expected
  if (context !== undefined && isAt(message, CONTEXT_OFFSET, encryptedDataKeysStart, context.bytes))
    return context
  throw new FieldError(
    'wrong-context',
    'it was sealed for another table, or with another encryption context. Check the logical table name and the encryptionContext option against those of the writer.',
  )
}
