import { createHash, createHmac, hkdfSync } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { DataKey } from '../../src/dataKeyCache/dataKey.js'
import { ItemKey } from '../../src/envelope/itemKey.js'
import { EnvelopeKeys, envelopeKeys, ITEM_KEY_BYTES } from '../../src/envelope/keys.js'
import { canonicalLocation } from '../../src/index.js'
import { ItemLocation } from '../../src/location.js'
import { encryptionContext } from '../../src/materials/context.js'

const secret = Buffer.alloc(32, 7)
const context = encryptionContext('envelope', 'Customers', { tenant: 'a' })
const encryptedDataKeys = Buffer.from('000100016100026262000363636363', 'hex')
const keys = () => new EnvelopeKeys(secret, context, encryptedDataKeys)

/** As docs/format.md has it, by other functions of Node.js than the package uses. */
function byHand(label: string): Buffer {
  const binding = createHash('sha256').update(context.bytes).update(encryptedDataKeys).digest()
  const info = Buffer.concat([Buffer.from(label), binding])
  return Buffer.from(hkdfSync('sha256', secret, Buffer.alloc(32), info, 32))
}

function itemKeyByHand(location: Uint8Array): Buffer {
  return createHmac('sha256', byHand('dynaseal:v2:encrypt'))
    .update(Buffer.of(0, 0, 0, 1))
    .update('dynaseal:v2:item')
    .update(Buffer.of(0))
    .update(location)
    .update(Buffer.of(0, 0, 1, 0))
    .digest()
}

function itemKey(keys: EnvelopeKeys, location: Uint8Array): Buffer {
  const key = Buffer.alloc(ITEM_KEY_BYTES)
  keys.deriveItemKey(location, key)
  return key
}

describe('the keys of an envelope', () => {
  it('commit to data key, context and encrypted data keys', () => {
    expect(keys().commitment).toEqual(byHand('dynaseal:v2:commit'))
    const other = (change: Partial<{ secret: Buffer; table: string; encryptedDataKeys: Buffer }>) =>
      new EnvelopeKeys(
        change.secret ?? secret,
        encryptionContext('envelope', change.table ?? 'Customers', { tenant: 'a' }),
        change.encryptedDataKeys ?? encryptedDataKeys,
      ).commitment
    expect(other({})).toEqual(keys().commitment)
    expect(other({ secret: Buffer.alloc(32, 8) })).not.toEqual(keys().commitment)
    expect(other({ table: 'Orders' })).not.toEqual(keys().commitment)
    expect(other({ encryptedDataKeys: Buffer.alloc(15) })).not.toEqual(keys().commitment)
  })

  // With 886 bytes what is hashed is 1,024 bytes long, for which there is memory that is used again.
  it.each([1, 70, 885, 886, 887, 888, 5000])('derive the key of an item whose key has %d bytes', length => {
    const { item } = new ItemLocation('Customers', { id: { S: 'x'.repeat(length) } })
    expect(itemKey(keys(), item)).toEqual(itemKeyByHand(item))
  })

  it('take as location what stands before the path', () => {
    const key = { id: { S: 'customer-1' } }
    const { item } = new ItemLocation('Customers', key)
    const whole = Buffer.from(canonicalLocation('Customers', key, ['ssn']))
    expect(Uint8Array.from(whole.subarray(0, item.length))).toEqual(item)
  })

  it('derive the same again, and another for another item', () => {
    const one = keys()
    const [a, b] = ['a', 'b'].map(id => new ItemLocation('Customers', { id: { S: id } }).item)
    expect(itemKey(one, a!)).toEqual(itemKey(one, a!))
    expect(itemKey(one, a!)).not.toEqual(itemKey(one, b!))
  })

  it('are zeroed with their data key, and not before', () => {
    const dataKey = new DataKey(Buffer.from(secret), encryptedDataKeys, 0)
    const derived = envelopeKeys(dataKey, context)
    expect(envelopeKeys(dataKey, context)).toBe(derived)
    dataKey.hold().release()
    const { item } = new ItemLocation('Customers', { id: { S: 'a' } })
    expect(itemKey(derived, item)).toEqual(itemKeyByHand(item))
    dataKey.release()
    const nothing = createHash('sha256')
      .update(Buffer.alloc(64))
      .update(
        createHash('sha256')
          .update(Buffer.alloc(64))
          .update(
            Buffer.concat([
              Buffer.of(0, 0, 0, 1),
              Buffer.from('dynaseal:v2:item'),
              Buffer.of(0),
              item,
              Buffer.of(0, 0, 1, 0),
            ]),
          )
          .digest(),
      )
    // What is left of the root are zeros, with which anybody can compute.
    expect(itemKey(derived, item)).toEqual(nothing.digest())
    expect(() => envelopeKeys(dataKey, context)).toThrow('after it had been zeroed')
    expect(() => dataKey.keep(derived)).toThrow('after it had been zeroed')
    expect(dataKey.derived).toBeUndefined()
  })
})

it('the key of an item is zeroed when it is given back, and derived again for the next call', () => {
  const one = keys()
  const location = new ItemLocation('Customers', { id: { S: 'a' } })
  const inUse = ItemKey.take()
  const key = inUse.of(one, location)
  expect(key).toEqual(itemKeyByHand(location.item))
  expect(ItemKey.take()).not.toBe(inUse)
  inUse.giveBack()
  expect(key).toEqual(Buffer.alloc(32))
  expect(ItemKey.take()).toBe(inUse)
  expect(inUse.of(one, location)).toEqual(itemKeyByHand(location.item))
})
