import { TypeId, Writer } from '@dynaseal/core/formats'
import type { SignedField } from './fields.js'
import { compareUtf8, sortedByUtf8 } from './names.js'
import type { Table } from './table.js'

/** The pair of the context that is stored with the item: the key that verifies its signature. */
export const PUBLIC_KEY = 'aws-crypto-public-key'
export const ATTRIBUTE = 'aws-crypto-attr.'
export const LEGEND = 'aws-crypto-legend'
export const TABLE_NAME = 'aws-crypto-table-name'
export const PARTITION_NAME = 'aws-crypto-partition-name'
export const SORT_NAME = 'aws-crypto-sort-name'

export type Pairs = Record<string, string>

const U16_MAX = 0xffff
const scratch = new Writer(1024)

/**
 * The pairs that are not stored, since who reads the item knows them: its table, the names of its keys, and the values of
 * its keys or, in version 2, of all attributes that are in the context.
 *
 * @param fields signed attributes of the item: all that are in the context, and maybe others
 */
export function requiredPairs(table: Table, version: 1 | 2, fields: readonly SignedField[]): Pairs {
  // In the order in which they are serialized.
  const pairs: Pairs = {}
  if (version === 1) {
    for (const { name, bytes } of fields)
      if (table.keyNames.includes(name)) pairs[ATTRIBUTE + name] = bytes.toString('base64')
  } else {
    const inContext = fields
      .filter(({ letter }) => letter === 'c')
      .sort((a, b) => compareUtf8(a.name, b.name))
    for (const { name, bytes } of inContext) pairs[ATTRIBUTE + name] = textOf(bytes)
    pairs[LEGEND] = inContext.map(({ bytes }) => LETTERS[bytes.readUInt16BE(0)] ?? 'B').join('')
  }
  addNamePairs(pairs, table)
  return pairs
}

/** The pairs that all items of a table have. */
export function namePairs(table: Table): Pairs {
  const pairs: Pairs = {}
  addNamePairs(pairs, table)
  return pairs
}

function addNamePairs(pairs: Pairs, table: Table): void {
  pairs[PARTITION_NAME] = table.partitionKey
  if (table.sortKey !== undefined) pairs[SORT_NAME] = table.sortKey
  pairs[TABLE_NAME] = table.name
}

/**
 * The whole encryption context: the pairs that are stored, and those that are required.
 *
 * @returns undefined where a pair is stored and says something else than is required
 */
export function wholeContext(stored: Readonly<Pairs>, required: Pairs): Readonly<Pairs> | undefined {
  const keys = Object.keys(stored)
  // Most items have none that are stored, and to merge objects takes longer than to make one.
  if (keys.length === 0) return Object.freeze(required)
  if (keys.some(key => Object.hasOwn(required, key) && stored[key] !== required[key])) return undefined
  return Object.freeze({ ...stored, ...required })
}

/** Types whose values stand in the context as text; all others are in base64, with their type ids. */
const LETTERS: Readonly<Record<number, string>> = {
  [TypeId.S]: 'S',
  [TypeId.N]: 'N',
  [TypeId.NULL]: 'L',
  [TypeId.BOOL]: 'L',
}

function textOf(bytes: Buffer): string {
  switch (bytes.readUInt16BE(0)) {
    case TypeId.S:
    case TypeId.N:
      return bytes.toString('utf8', 2)
    case TypeId.NULL:
      return 'null'
    case TypeId.BOOL:
      return bytes[2] === 1 ? 'true' : 'false'
    default:
      return bytes.toString('base64')
  }
}

/**
 * `count(2)`, then per pair `length(2) key length(2) value`, in the order of the keys' UTF-8 bytes
 * (aws-encryption-sdk-specification, framework/structures.md, "Encryption Context", "Serialization").
 *
 * @returns undefined where a key or a value does not fit
 */
export function serializePairs(pairs: Readonly<Pairs>): Buffer | undefined {
  try {
    const keys = sortedByUtf8(Object.keys(pairs))
    scratch.u16(keys.length)
    for (const key of keys) {
      if (!writeShortText(scratch, key) || !writeShortText(scratch, pairs[key]!)) return undefined
    }
    return Buffer.from(scratch.written())
  } finally {
    scratch.clear()
  }
}

/** @returns false where it is longer than a length of two bytes says */
function writeShortText(writer: Writer, text: string): boolean {
  const length = Buffer.byteLength(text, 'utf8')
  if (length > U16_MAX) return false
  writer.u16(length)
  writer.text(text)
  return true
}

/**
 * Whether a whole context has the values of the keys that it names, as any that a release writes: an attribute of the key that is
 * signed alone, where others are in the context, would not be bound to it.
 */
export function hasKeyValues(pairs: Readonly<Pairs>): boolean {
  const hasValueOf = (key: string) => Object.hasOwn(pairs, ATTRIBUTE + pairs[key])
  return hasValueOf(PARTITION_NAME) && (!Object.hasOwn(pairs, SORT_NAME) || hasValueOf(SORT_NAME))
}
