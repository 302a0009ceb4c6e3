import { beforeAll, describe, expect, it } from 'vitest'
import { isSealedField } from '../../src/envelope/isSealed.js'
import { createFormat } from '../../src/index.js'
import { item, sealItem, sealOne, wholeItem } from '../support/fields.js'
import { rawKeyring } from '../support/keyrings.js'

/** Bytes of nonce, shortest plaintext and tag. */
const BOX = 12 + 2 + 16

let short: Buffer
let full: Buffer
let envelope: Buffer
let other: Buffer

beforeAll(async () => {
  const seal = async () => sealItem(createFormat({ keyring: rawKeyring() }), wholeItem({ a: { NULL: true } }))
  const stored = await seal()
  short = Buffer.from(stored.fields[0]!.value)
  envelope = Buffer.from(stored.attributes!.dynaseal as Uint8Array)
  other = Buffer.from((await seal()).attributes!.dynaseal as Uint8Array)
  full = Buffer.from(await sealOne(createFormat({ keyring: rawKeyring() }), item({ NULL: true })))
})

describe('a field is told to be sealed', () => {
  it('in short form, beside its envelope alone', () => {
    expect(short).toHaveLength(6 + BOX)
    expect(isSealedField(short, envelope)).toBe(true)
    expect(isSealedField(short.subarray(0, -1), envelope)).toBe(false)
    const view = new DataView(envelope.buffer, envelope.byteOffset, envelope.length)
    for (const attribute of [view, other, undefined, null, 'text', {}, short, Array.from(envelope)])
      expect(isSealedField(short, attribute)).toBe(false)
    for (let length = 0; length < envelope.length; length++)
      expect(isSealedField(short, envelope.subarray(0, length))).toBe(false)
    expect(isSealedField(short, Buffer.concat([envelope, Buffer.of(0)]))).toBe(false)
  })

  it('in full form, whatever stands beside it', () => {
    for (const attribute of [other, undefined, 'text']) expect(isSealedField(full, attribute)).toBe(true)
    for (let length = 0; length < full.length; length++)
      expect(isSealedField(full.subarray(0, length), envelope)).toBe(false)
  })

  it('and nothing else is', () => {
    for (const start of ['', 'da', 'da5e', 'da5e20', 'da5e23', '00da5e21', 'da0021', '005e21', '005e22']) {
      for (const rest of [short.subarray(3), full.subarray(3), Buffer.alloc(0)])
        expect(isSealedField(Buffer.concat([Buffer.from(start, 'hex'), rest]), envelope)).toBe(false)
    }
    expect(isSealedField(envelope, envelope)).toBe(false)
    const format = createFormat({ keyring: rawKeyring() })
    for (const start of ['da5e23', 'da0021', '005e21', 'da5e'])
      expect(format.looksSealed(Buffer.from(start, 'hex'))).toBe(false)
    for (const bytes of [short, full, envelope]) expect(format.looksSealed(bytes)).toBe(true)
  })
})
