import { beforeEach, describe, expect, it } from 'vitest'
import { EnvelopeAttributes } from '../../src/envelope/envelopeAttributes.js'
import { createFormat, type ItemToOpen } from '../../src/index.js'
import { encryptionContext } from '../../src/materials/context.js'
import { outcomes, sealItem, wholeItem } from '../support/fields.js'
import { encryptedDataKey } from '../support/forged.js'
import { underDataKeys } from '../support/forgedItems.js'
import { rawKeyring } from '../support/keyrings.js'

const context = encryptionContext('envelope', 'Customers', {})
const keyring = rawKeyring()
const envelopeOf = (stored: ItemToOpen) => Buffer.from(stored.attributes!.dynaseal as Uint8Array)
const withEnvelope = (stored: ItemToOpen, dynaseal: Uint8Array): ItemToOpen => ({
  ...stored,
  attributes: { dynaseal },
})

let stored: ItemToOpen
beforeEach(async () => {
  stored = await sealItem(createFormat({ keyring }), wholeItem({ a: { S: 'one' }, b: { S: 'other' } }))
})

describe('reading envelope attributes', () => {
  it('reads one that comes again once, in memory of its own', () => {
    const attributes = new EnvelopeAttributes()
    const given = envelopeOf(stored)
    const first = attributes.read(given, context)
    expect(attributes.read(Uint8Array.from(given), context)).toBe(first)
    const before = envelopeOf(stored)
    given.fill(0)
    expect(first.bytes.equals(before)).toBe(true)
    expect(attributes.read(before, context)).toBe(first)
  })

  it('reads one again that differs in any byte, and none for another context', () => {
    const attributes = new EnvelopeAttributes()
    const first = attributes.read(envelopeOf(stored), context)
    const { commitmentStart } = first
    const changed = envelopeOf(stored)
    changed[commitmentStart] = changed[commitmentStart]! ^ 1
    expect(attributes.read(changed, context)).not.toBe(first)
    const other = encryptionContext('envelope', 'Orders', {})
    attributes.read(envelopeOf(stored), context)
    expect(() => attributes.read(envelopeOf(stored), other)).toThrow(
      expect.objectContaining({ code: 'wrong-context' }),
    )
    expect(() => attributes.read(Buffer.alloc(0), context)).toThrow(
      expect.objectContaining({ code: 'malformed-message' }),
    )
  })

  it('keeps no long one', () => {
    const attributes = new EnvelopeAttributes()
    const long = envelopeOf(
      underDataKeys(stored, [encryptedDataKey('dynaseal-tests', 'key', new Uint8Array(3000))]),
    )
    expect(attributes.read(long, context)).not.toBe(attributes.read(long, context))
  })
})

describe('an envelope whose commitment was changed', () => {
  it.each([0, 31])('opens nothing (byte %d), before and after the genuine one has', async byte => {
    const format = createFormat({ keyring })
    const changed = envelopeOf(stored)
    const start = new EnvelopeAttributes().read(changed, context).commitmentStart
    changed[start + byte] = changed[start + byte]! ^ 1
    const forged = withEnvelope(stored, changed)
    const refused = Array(2).fill(byte === 0 ? 'wrong-envelope' : 'not-authentic')
    for (let round = 0; round < 2; round++) {
      expect(await outcomes(format, forged)).toEqual(refused)
      expect(await outcomes(format, stored)).toEqual([{ S: 'one' }, { S: 'other' }])
    }
    format.clear()
    expect(await outcomes(format, stored)).toEqual([{ S: 'one' }, { S: 'other' }])
    expect(await outcomes(format, forged)).toEqual(refused)
  })
})
