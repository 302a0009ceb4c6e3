import { describe, expect, it } from 'vitest'
import { EnvelopeKeys, ITEM_KEY_BYTES } from '../../src/envelope/keys.js'
import { type AttributeValue, createFormat, type ItemToOpen, serializeValue } from '../../src/index.js'
import { ItemLocation } from '../../src/location.js'
import { encryptionContext } from '../../src/materials/context.js'
import { outcomes } from '../support/fields.js'
import {
  fromJson,
  loadVectors,
  type VectorPath,
  type VectorPlace,
  valuesFromJson,
  vectorKeyring,
  type WrappingKey,
} from '../support/vectors.js'

/** Hexadecimal text, or such texts and numbers of zero bytes. */
type Stored = string | (string | number)[]

interface VectorField {
  readonly path: VectorPath
  readonly field: Stored
  readonly value?: AttributeValue
  readonly error?: string
  readonly spellings?: AttributeValue[]
  readonly plaintext?: string
  readonly dataKey?: string
  readonly itemKey?: string
}

interface VectorItem extends VectorPlace {
  readonly envelope: Stored | null
  readonly fields: VectorField[]
}

interface Range {
  readonly target: 'field' | 'envelope'
  readonly from: number
  readonly to: number
  readonly error: string
}

interface Change extends VectorPlace {
  readonly path: VectorPath
  readonly envelope: string | null
  readonly field: string
  readonly value: AttributeValue
  readonly flipped: (Range & { readonly xor: number[] })[]
  readonly cut: Range[]
  readonly appended: { readonly target: Range['target']; readonly bytes: string; readonly error: string }[]
}

const positive = loadVectors<{ wrappingKeys: WrappingKey[]; items: VectorItem[] }>('envelope/positive.json')
const negative = loadVectors<{ items: VectorItem[]; changes: Change[] }>('envelope/negative.json')
const keyring = vectorKeyring(positive.wrappingKeys[0]!)

const formatOf = ({ encryptionContext }: VectorPlace) => createFormat({ keyring, encryptionContext })

function bytesOf(stored: Stored): Buffer {
  const parts = typeof stored === 'string' ? [stored] : stored
  return Buffer.concat(
    parts.map(part => (typeof part === 'string' ? Buffer.from(part, 'hex') : Buffer.alloc(part))),
  )
}

function itemOf(
  { table, key }: VectorPlace,
  fields: ItemToOpen['fields'],
  envelope: Uint8Array | undefined,
): ItemToOpen {
  return {
    table,
    key: valuesFromJson(key),
    fields,
    attributes: envelope === undefined ? {} : { dynaseal: envelope },
  }
}

function readItem(item: VectorItem): ItemToOpen {
  const fields = item.fields.map(({ path, field }) => ({ path, value: bytesOf(field) }))
  return itemOf(item, fields, item.envelope === null ? undefined : bytesOf(item.envelope))
}

describe('vectors of format 2', () => {
  it.each([...positive.items, ...negative.items])('$name', async item => {
    const expected = item.fields.map(({ value, error }) => error ?? fromJson(value!))
    expect(await outcomes(formatOf(item), readItem(item))).toEqual(expected)
  })

  it.each(negative.changes)('$name', async change => {
    const field = Buffer.from(change.field, 'hex')
    const envelope = change.envelope === null ? undefined : Buffer.from(change.envelope, 'hex')
    const of = (target: Range['target']) => (target === 'field' ? field : envelope!)
    const variants: { target: Range['target']; bytes: Buffer; error: string }[] = []
    for (const { target, from, to, xor, error } of change.flipped) {
      for (let at = from; at < to; at++) {
        for (const bits of xor) {
          const bytes = Buffer.from(of(target))
          bytes[at]! ^= bits
          variants.push({ target, bytes, error })
        }
      }
    }
    for (const { target, from, to, error } of change.cut) {
      for (let length = from; length < to; length++) {
        variants.push({ target, bytes: of(target).subarray(0, length), error })
      }
    }
    for (const { target, bytes, error } of change.appended) {
      variants.push({ target, bytes: Buffer.concat([of(target), Buffer.from(bytes, 'hex')]), error })
    }
    const format = formatOf(change)
    const one = (value: Buffer, attribute: Buffer | undefined) =>
      itemOf(change, [{ path: change.path, value }], attribute)
    expect(await outcomes(format, one(field, envelope))).toEqual([fromJson(change.value)])
    const opened = await format.open(
      variants.map(({ target, bytes }) =>
        one(target === 'field' ? bytes : field, target === 'envelope' ? bytes : envelope),
      ),
    )
    const codes = opened.map(({ fields: [result] }) => ('error' in result! ? result.error.code : 'opened'))
    expect(codes).toEqual(variants.map(({ error }) => error))
    expect(variants.length).toBeGreaterThan(100)
  })

  it.each(positive.items)('plaintexts and keys: $name', item => {
    const { table, key, encryptionContext: added } = item
    const location = new ItemLocation(table, valuesFromJson(key))
    for (const { field, value, spellings = [], plaintext, dataKey, itemKey } of item.fields) {
      // Of a message it is the content.
      if (itemKey === undefined) continue
      for (const spelling of [value!, ...spellings]) {
        expect(Buffer.from(serializeValue(fromJson(spelling))).toString('hex')).toBe(plaintext)
      }
      const bytes = bytesOf(field)
      const envelope = bytes[2] === 0x22 ? bytes : bytesOf(item.envelope!)
      const commitment = bytes[2] === 0x22 ? envelopeEnd(envelope) - 32 : envelope.length - 32
      const keys = new EnvelopeKeys(
        Buffer.from(dataKey!, 'hex'),
        encryptionContext('envelope', table, added),
        envelope.subarray(7, commitment),
      )
      expect(envelope.subarray(commitment, commitment + 32)).toEqual(keys.commitment)
      const derived = Buffer.alloc(ITEM_KEY_BYTES)
      keys.deriveItemKey(location.item, derived)
      expect(derived.toString('hex')).toBe(itemKey)
    }
  })
})

/** Where an envelope in a full field ends. */
function envelopeEnd(bytes: Buffer): number {
  let position = 9
  for (let part = 0; part < bytes.readUInt16BE(7) * 3; part++) position += 2 + bytes.readUInt16BE(position)
  return position + 32
}
