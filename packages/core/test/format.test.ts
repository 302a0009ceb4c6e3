import { describe, expect, it } from 'vitest'
import { type AttributePath, type AttributeValue, type ItemFields, MAX_MESSAGE_BYTES } from '../src/index.js'
import { encryptionContext } from '../src/materials/context.js'
import { parseHeader } from '../src/message/header.js'
import { createFormat } from './support/codec.js'
import {
  customer,
  item,
  openItem,
  openOne,
  outcomes,
  refusal,
  sealAll,
  sealItem,
  sealOne,
} from './support/fields.js'
import { bytesOf, FORMS, FORMS_AND_CODECS, movedTo, withValue } from './support/forms.js'
import { countingKeyring, rawKeyring } from './support/keyrings.js'

describe.each(FORMS_AND_CODECS)('$name', form => {
  describe('sealed and opened', () => {
    it.each<AttributeValue>([
      { S: 'text' },
      { S: '' },
      { N: '12.5' },
      { B: Uint8Array.of(0, 1, 2) },
      { BOOL: false },
      { NULL: true },
      { SS: ['a', 'b'] },
      { NS: ['1', '2'] },
      { BS: [Uint8Array.of(1), Uint8Array.of(2)] },
      { M: { street: { S: 'Main St' }, number: { N: '7' } } },
      { L: [{ S: 'a' }, { M: {} }] },
    ])('give %j back', async value => {
      const format = form.create({ keyring: rawKeyring() })
      const stored = await sealItem(format, form.item(value))
      expect(format.looksSealed(bytesOf(stored))).toBe(true)
      expect(format.isSealed(bytesOf(stored), stored.attributes!)).toBe(true)
      expect(await openOne(format, stored)).toEqual(value)
      expect(await openOne(form.create({ keyring: rawKeyring() }), stored)).toEqual(value)
    })

    it('keep items and fields in their order', async () => {
      const format = form.create({ keyring: rawKeyring() })
      const items = [3, 0, 2].map(
        (count, row): ItemFields<AttributeValue> => ({
          table: row === 2 ? 'Orders' : 'Customers',
          key: { id: { N: String(row) } },
          fields: Array.from({ length: count }, (_, index) => ({
            path: ['list', index],
            value: { S: `${row}.${index}` },
          })),
        }),
      )
      const sealed = await format.seal(items.map(form.items))
      expect(sealed.map(({ values }) => values.length)).toEqual([3, 0, 2])
      const stored = await sealAll(format, items.map(form.items))
      expect(await format.open(stored)).toEqual([
        { fields: [{ value: { S: '0.0' } }, { value: { S: '0.1' } }, { value: { S: '0.2' } }] },
        { fields: [] },
        { fields: [{ value: { S: '2.0' } }, { value: { S: '2.1' } }] },
      ])
    })

    it('have outcomes of their own in a page', async () => {
      const format = form.create({ keyring: rawKeyring() })
      const stored = await sealItem(format, form.item({ S: 'a' }))
      const [field] = stored.fields
      const fields = [
        field!,
        { path: ['ssn'], value: Buffer.from('plain') },
        { path: ['other'], value: field!.value },
        { path: ['ssn'], value: 'text' as unknown as Uint8Array },
        field!,
      ]
      expect(await outcomes(format, { ...stored, fields })).toEqual([
        { S: 'a' },
        'not-a-message',
        form.codes.moved,
        'not-a-message',
        { S: 'a' },
      ])
    })

    it('take no key when there is nothing to seal or open', async () => {
      const keyring = countingKeyring()
      const format = form.create({ keyring })
      const empty = form.items({ table: 'Customers', key: customer, fields: [] })
      expect(await format.seal([])).toEqual([])
      expect(await format.seal([empty])).toEqual([{ values: [], attributes: {} }])
      expect(await format.open([])).toEqual([])
      expect(await format.open([{ ...empty, fields: [] }])).toEqual([{ fields: [] }])
      expect(keyring.encrypts + keyring.decrypts).toBe(0)
    })
  })

  describe('moved', () => {
    const format = form.create({ keyring: rawKeyring() })
    const here = {
      table: 'Customers',
      key: { id: { S: '1' }, sort: { N: '10' } },
      path: ['address', 'city'] as AttributePath,
    }

    it.each([
      ['another item', { key: { id: { S: '2' }, sort: { N: '10' } } }],
      ['another sort key', { key: { id: { S: '1' }, sort: { N: '11' } } }],
      ['a key of another type', { key: { id: { S: '1' }, sort: { S: '10' } } }],
      ['an item without a sort key', { key: { id: { S: '1' } } }],
      ['another attribute', { path: ['address', 'street'] }],
      ['the container', { path: ['address'] }],
      ['a list', { path: ['address', 0] }],
    ])('to %s do not open', async (_where, there) => {
      const stored = await sealItem(format, form.item({ S: 'Basel' }, here))
      expect((await refusal(format, movedTo(stored, there))).code).toBe(form.codes.moved)
    })

    it('to another table do not open', async () => {
      const stored = await sealItem(format, form.item({ S: 'Basel' }, here))
      expect((await refusal(format, movedTo(stored, { table: 'Orders' }))).code).toBe('wrong-context')
    })

    it('to where they were do open, however the key is spelled or ordered', async () => {
      const stored = await sealItem(format, form.item({ S: 'Basel' }, here))
      const key = { sort: { N: '1e1' }, id: { S: '1' } }
      expect(await openOne(format, movedTo(stored, { key }))).toEqual({ S: 'Basel' })
    })

    it('within a list do open', async () => {
      const stored = await sealItem(format, form.item({ S: 'a' }, { path: ['list', 0, 'x'] }))
      expect(await openOne(format, movedTo(stored, { path: ['list', 5, 'x'] }))).toEqual({ S: 'a' })
    })

    it.each<[string, object]>([
      ['a key that is inherited', { key: Object.create(customer) }],
      [
        'a key that is inherited in part',
        { key: Object.assign(Object.create(customer), { sort: { S: 'a' } }) },
      ],
      ['no key', { key: {} }],
      ['a path that is a text', { path: 'ssn' }],
      ['no path', { path: [] }],
    ])('to %s have no place', async (_name, there) => {
      const sealing = format.seal([form.item({ S: 'a' }, there)])
      await expect(sealing).rejects.toMatchObject({ code: 'invalid-location' })
      const stored = await sealItem(format, form.item({ S: 'a' }))
      expect((await refusal(format, movedTo(stored, there))).code).toBe('invalid-location')
    })

    it('say so when they are given as attribute values', async () => {
      const stored = await sealItem(format, form.item({ S: 'a' }))
      const given = (value: unknown) => refusal(format, withValue(stored, value as Uint8Array))
      const error = await given({ B: bytesOf(stored) })
      expect(error).toMatchObject({ code: 'not-a-message' })
      expect(error.message).toContain('{ B }. Give its bytes')
      expect((await given({ B: 'text' })).message).toContain('not binary')
    })
  })

  it('opens beside all others in one item', async () => {
    const keyring = rawKeyring()
    const stored = await sealItem(form.create({ keyring }), form.item({ S: 'a' }, { path: ['own'] }))
    const others = FORMS.filter(({ shape }) => shape !== 'short')
    const fields = await Promise.all(
      others.map(async (other, index) => {
        const one = other.item({ S: other.name }, { path: [`f${index}`] })
        return (await sealItem(other.create({ keyring }), one)).fields[0]!
      }),
    )
    const mixed = { ...stored, fields: [...fields, ...stored.fields, ...fields] }
    const values = others.map(({ name }) => ({ S: name }))
    expect(await openItem(form.create({ keyring }), mixed)).toEqual([...values, { S: 'a' }, ...values])
  })

  it('opens from any view of memory', async () => {
    const format = form.create({ keyring: rawKeyring() })
    const stored = await sealItem(format, form.item({ S: 'a' }))
    const view = (bytes: Uint8Array) => {
      const padded = new Uint8Array(bytes.length + 7)
      padded.set(bytes, 5)
      return padded.subarray(5, 5 + bytes.length)
    }
    const attributes = Object.fromEntries(
      Object.entries(stored.attributes!).map(([name, bytes]) => [name, view(bytes as Uint8Array)]),
    )
    expect(await openOne(format, { ...withValue(stored, view(bytesOf(stored))), attributes })).toEqual({
      S: 'a',
    })
  })
})

describe.each(FORMS)('$name', form => {
  it('overwritten while their data key is fetched take no others along', async () => {
    const writer = form.create({ keyring: rawKeyring() })
    const first = await sealItem(writer, form.item({ S: 'first' }))
    writer.clear()
    const second = await sealItem(writer, form.item({ S: 'second' }))
    expect(bytesOf(second)).toHaveLength(bytesOf(first).length + 1)
    const reader = form.create({ keyring: rawKeyring() })
    const buffer = Buffer.alloc(bytesOf(second).length)
    buffer.set(bytesOf(first))
    const attributes = Object.fromEntries(
      Object.entries(first.attributes!).map(([name, bytes]) => [name, Buffer.from(bytes as Uint8Array)]),
    )
    const read = { ...withValue(first, buffer.subarray(0, bytesOf(first).length)), attributes }
    const opening = reader.open([read])
    buffer.set(bytesOf(second))
    for (const [name, bytes] of Object.entries(attributes)) bytes.set(second.attributes![name] as Uint8Array)
    await opening
    expect(await openOne(reader, first)).toEqual({ S: 'first' })
    expect(await openOne(reader, second)).toEqual({ S: 'second' })
  })
})

describe.each(FORMS)('$name', form => {
  it('may have as many bytes as a message may, and no more', async () => {
    const keyring = countingKeyring()
    const format = form.create({ keyring })
    const least = bytesOf(await sealItem(format, form.item({ B: new Uint8Array() }))).length
    const value = { B: new Uint8Array(MAX_MESSAGE_BYTES - least) }
    const stored = await sealItem(format, form.item(value))
    expect(bytesOf(stored)).toHaveLength(MAX_MESSAGE_BYTES)
    const opened = (await openOne(format, stored)) as { B: Uint8Array }
    expect(opened.B).toHaveLength(value.B.length)
    const larger = { B: new Uint8Array(value.B.length + 1) }
    await expect(format.seal([form.item(larger)])).rejects.toMatchObject({ code: 'too-large' })
    const longer = withValue(stored, Buffer.concat([bytesOf(stored), Buffer.of(0)]))
    expect((await refusal(form.create({ keyring }), longer)).code).toBe('malformed-message')
    expect(keyring.decrypts).toBe(0)
  })
})

it('a message that ends in the tag of its header costs no call', async () => {
  const message = (await sealOne(createFormat({ keyring: rawKeyring() }), item({ S: 'a' }))) as Buffer
  const keyring = countingKeyring()
  const { end } = parseHeader(message)
  const error = await refusal(createFormat({ keyring }), item<Uint8Array>(message.subarray(0, end + 15)))
  expect(error.code).toBe('malformed-message')
  expect(keyring.decrypts).toBe(0)
})

it('the table of a context is the one that is written to, whatever else the context says', () => {
  expect(encryptionContext('message', 'Customers', { 'dynaseal:table': 'Orders' }).pairs).toEqual({
    'dynaseal:table': 'Customers',
  })
  expect(
    encryptionContext('envelope', 'Customers', { 'dynaseal:table': 'Orders', 'dynaseal:format': '1' }).pairs,
  ).toEqual({ 'dynaseal:table': 'Customers', 'dynaseal:format': '2' })
})
