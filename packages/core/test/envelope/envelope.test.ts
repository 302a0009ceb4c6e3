import { describe, expect, it } from 'vitest'
import { type AttributeValue, createFormat, type FormatOptions, type ItemToOpen } from '../../src/index.js'
import {
  customer,
  item,
  openItem,
  outcomes,
  refusal,
  sealAll,
  sealItem,
  sealOne,
  wholeItem,
} from '../support/fields.js'
import { countingKeyring, multiKeyring, rawKeyring } from '../support/keyrings.js'

const envelope = (options: Partial<FormatOptions> = {}) => createFormat({ keyring: rawKeyring(), ...options })

const VALUES: AttributeValue[] = [
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
]
const named = Object.fromEntries(VALUES.map((value, index) => [`a${index}`, value]))

describe('an item that is written as a whole', () => {
  it('comes back', async () => {
    const format = envelope()
    const stored = await sealItem(format, wholeItem(named))
    expect(await openItem(format, stored)).toEqual(VALUES)
    expect(await openItem(envelope(), stored)).toEqual(VALUES)
  })

  it('has one envelope beside short fields of 36 bytes more than their values', async () => {
    const { attributes, fields } = await sealItem(
      envelope(),
      wholeItem({ a: { S: 'x'.repeat(30) }, b: { B: new Uint8Array(9) } }),
    )
    expect(Object.keys(attributes!)).toEqual(['dynaseal'])
    expect(fields.map(({ value }) => value.length)).toEqual([66, 45])
    expect(fields.every(({ value }) => Buffer.from(value).toString('hex').startsWith('da5e21'))).toBe(true)
    expect(Buffer.from(attributes!.dynaseal as Uint8Array).toString('hex')).toMatch(/^da5e20/)
  })

  it('has the envelope of every other item under the data key', async () => {
    const format = envelope()
    const stored = await sealAll(
      format,
      ['1', '2'].map(id => wholeItem({ a: { S: id } }, { key: { id: { S: id } } })),
    )
    expect(stored[0]!.attributes).toEqual(stored[1]!.attributes)
    expect(stored[0]!.attributes).not.toEqual(
      (await sealItem(envelope(), wholeItem({ a: { S: '' } }))).attributes,
    )
  })

  it('takes no envelope when it has no field', async () => {
    const keyring = countingKeyring()
    expect(await envelope({ keyring }).seal([wholeItem({})])).toEqual([{ values: [], attributes: {} }])
    expect(keyring.encrypts).toBe(0)
  })

  it('keeps its fields under one data key, whatever is left of the one before', async () => {
    const keyring = countingKeyring()
    const format = envelope({ keyring, cache: { maxMessages: 5 } })
    const items = Array.from({ length: 4 }, (_, id) =>
      wholeItem({ a: { S: 'a' }, b: { S: 'b' }, c: { S: 'c' } }, { key: { id: { N: String(id) } } }),
    )
    const stored = await sealAll(format, items)
    expect(keyring.encrypts).toBe(4)
    for (const one of stored)
      expect(await openItem(envelope(), one)).toEqual([{ S: 'a' }, { S: 'b' }, { S: 'c' }])
    const keys = format.statistics().keys
    expect(keys.every(({ sealed }) => sealed <= 5)).toBe(true)
  })

  it('has full fields when it has more than one data key may seal', async () => {
    const format = envelope({ cache: { maxMessages: 2 } })
    const stored = await sealItem(format, wholeItem({ a: { S: 'a' }, b: { S: 'b' }, c: { S: 'c' } }))
    expect(stored.attributes).toEqual({})
    expect(await openItem(envelope(), stored)).toEqual([{ S: 'a' }, { S: 'b' }, { S: 'c' }])
    expect(format.statistics().keys.every(({ sealed }) => sealed <= 2)).toBe(true)
  })

  it('has full fields where the table asks for them', async () => {
    const format = envelope({ fields: { Orders: 'full' } })
    const [customers, orders] = await sealAll(format, [
      wholeItem({ a: { S: 'a' } }),
      wholeItem({ a: { S: 'a' } }, { table: 'Orders' }),
    ])
    expect(Object.keys(customers!.attributes!)).toEqual(['dynaseal'])
    expect(orders!.attributes).toEqual({})
    expect(await openItem(envelope(), orders!)).toEqual([{ S: 'a' }])
  })

  it('stores the envelope under the name that was chosen', async () => {
    const format = envelope({ envelopeAttribute: '_keys' })
    const stored = await sealItem(format, wholeItem({ a: { S: 'a' } }))
    expect(Object.keys(stored.attributes!)).toEqual(['_keys'])
    expect(format.attributes).toEqual(['_keys'])
    expect(await openItem(format, stored)).toEqual([{ S: 'a' }])
    expect(await outcomes(envelope(), stored)).toEqual(['missing-envelope'])
  })
})

describe('a field that is written alone', () => {
  it('has its envelope inside and opens whatever envelope the item has', async () => {
    const format = envelope()
    const value = await sealOne(format, item({ S: 'text' }))
    expect(Buffer.from(value).toString('hex').startsWith('da5e22')).toBe(true)
    const other = await sealItem(envelope(), wholeItem({ a: { S: 'a' } }))
    for (const attributes of [undefined, {}, other.attributes!, { dynaseal: 'text' }]) {
      const read: ItemToOpen = { ...item(value), ...(attributes && { attributes }) }
      expect(await openItem(envelope(), read)).toEqual([{ S: 'text' }])
    }
  })

  it('opens beside short fields and messages of format 1', async () => {
    const short = await sealItem(envelope(), wholeItem({ short: { S: 'short' } }))
    const full = await sealOne(envelope(), item({ S: 'full' }, { path: ['full'] }))
    const message = await sealOne(
      envelope({ format: 'message' }),
      item({ S: 'message' }, { path: ['message'] }),
    )
    const mixed: ItemToOpen = {
      ...short,
      fields: [...short.fields, { path: ['full'], value: full }, { path: ['message'], value: message }],
    }
    const keyring = countingKeyring()
    expect(await openItem(envelope({ keyring }), mixed)).toEqual([
      { S: 'short' },
      { S: 'full' },
      { S: 'message' },
    ])
    expect(keyring.decrypts).toBe(3)
  })
})

describe('what was moved or changed', () => {
  const two = () => wholeItem({ a: { S: 'one' }, b: { S: 'two' } })

  it('does not open in another field, item or table', async () => {
    const format = envelope()
    const stored = await sealItem(format, two())
    const [a, b] = stored.fields
    const swapped = {
      ...stored,
      fields: [
        { ...a!, path: ['b'] },
        { ...b!, path: ['a'] },
      ],
    }
    expect(await outcomes(format, swapped)).toEqual(['not-authentic', 'not-authentic'])
    expect(await outcomes(format, { ...stored, key: { id: { S: 'other' } } })).toEqual([
      'not-authentic',
      'not-authentic',
    ])
    expect(await outcomes(format, { ...stored, table: 'Orders' })).toEqual(['wrong-context', 'wrong-context'])
  })

  it('does not open in the other form', async () => {
    const format = envelope()
    const stored = await sealItem(format, wholeItem({ a: { S: 'one' } }))
    const short = Buffer.from(stored.fields[0]!.value)
    const attribute = Buffer.from(stored.attributes!.dynaseal as Uint8Array)
    const asFull = Buffer.concat([Buffer.from('da5e22', 'hex'), attribute.subarray(3), short.subarray(6)])
    expect(await outcomes(format, { ...stored, fields: [{ path: ['a'], value: asFull }] })).toEqual([
      'not-authentic',
    ])
  })

  it('does not open with the envelope of another data key', async () => {
    const format = envelope()
    const stored = await sealItem(format, two())
    const { attributes } = await sealItem(envelope(), two())
    expect(await outcomes(format, { ...stored, attributes: attributes! })).toEqual([
      'wrong-envelope',
      'wrong-envelope',
    ])
  })

  it('costs no call to the keyring where its parts do not add up or its envelope is missing', async () => {
    const stored = await sealItem(envelope(), two())
    const attribute = Buffer.from(stored.attributes!.dynaseal as Uint8Array)
    const keyring = countingKeyring()
    const format = envelope({ keyring })
    const with_ = (dynaseal: unknown) => outcomes(format, { ...stored, attributes: { dynaseal } })
    expect(await with_(undefined)).toEqual(['missing-envelope', 'missing-envelope'])
    expect(await with_(attribute.toString('base64'))).toEqual(['malformed-message', 'malformed-message'])
    expect(await with_(stored.fields[0]!.value)).toEqual(['malformed-message', 'malformed-message'])
    for (let length = 0; length < attribute.length; length++) {
      expect(await with_(attribute.subarray(0, length))).toEqual(['malformed-message', 'malformed-message'])
    }
    expect(await with_(Buffer.concat([attribute, Buffer.of(0)]))).toEqual([
      'malformed-message',
      'malformed-message',
    ])
    for (const value of [attribute, Buffer.from('da5e21', 'hex'), Buffer.from('da5e22', 'hex')]) {
      expect(await outcomes(format, { ...stored, fields: [{ path: ['a'], value }] })).toEqual([
        'malformed-message',
      ])
    }
    const unknown = Buffer.from('da5e23', 'hex')
    expect(await outcomes(format, { ...stored, fields: [{ path: ['a'], value: unknown }] })).toEqual([
      'unsupported-version',
    ])
    expect(keyring.decrypts).toBe(0)
  })

  it('is refused in every byte', { timeout: 60_000 }, async () => {
    const format = envelope({ keyring: multiKeyring('one', 'second') })
    const stored = await sealItem(format, wholeItem({ a: { S: 'one' } }))
    const attribute = stored.attributes!.dynaseal as Uint8Array
    const full = await sealOne(format, item({ S: 'one' }, { path: ['a'] }))
    const flips = (bytes: Uint8Array) =>
      Array.from({ length: bytes.length }, (_, at) =>
        bytes.map((byte, index) => (index === at ? byte ^ 1 : byte)),
      )
    const items: ItemToOpen[] = [
      ...flips(attribute).map(dynaseal => ({ ...stored, attributes: { dynaseal } })),
      ...flips(stored.fields[0]!.value).map(value => ({ ...stored, fields: [{ path: ['a'], value }] })),
      ...flips(full).map(value => item(value, { path: ['a'] })),
    ]
    for (const { fields } of await format.open(items)) expect(fields[0]).toHaveProperty('error')
  })

  it('says both ways out when the envelope was not read', async () => {
    const stored = await sealItem(envelope(), wholeItem({ ssn: { S: 'one' } }))
    const error = await refusal(envelope(), { ...stored, attributes: {} })
    expect(error.message).toContain("add 'dynaseal' to what it projects")
    expect(error.message).toContain("fields: 'full'")
    expect(error).toMatchObject({
      code: 'missing-envelope',
      table: 'Customers',
      path: ['ssn'],
      keyNames: ['id'],
    })
  })
})

describe('data keys of the formats', () => {
  it('are never shared', async () => {
    const keyring = countingKeyring()
    const short = await sealItem(envelope({ keyring }), wholeItem({ a: { S: 'a' } }))
    const message = await sealOne(envelope({ keyring, format: 'message' }), item({ S: 'a' }, { path: ['a'] }))
    expect(keyring.encrypts).toBe(2)
    // The encrypted data key of a message, in an envelope with the context tag that belongs there.
    const attribute = Buffer.from(short.attributes!.dynaseal as Uint8Array)
    const header = Buffer.from(message)
    const context = header.readUInt16BE(35)
    const keys = header.subarray(37 + context, header.length)
    const length = attribute.length - 39
    const forged = Buffer.concat([
      attribute.subarray(0, 7),
      keys.subarray(0, length),
      attribute.subarray(7 + length),
    ])
    expect(await outcomes(envelope(), { ...short, attributes: { dynaseal: forged } })).toEqual([
      'key-unavailable',
    ])
  })
})

describe('the option', () => {
  it.each<[string, object, string]>([
    ['format', { format: 'both' }, 'The option format'],
    ['envelopeAttribute', { envelopeAttribute: '' }, 'The option envelopeAttribute'],
    ['envelopeAttribute', { envelopeAttribute: 7 }, 'The option envelopeAttribute'],
    ['envelopeAttribute', { envelopeAttribute: ['dynaseal'] }, 'The option envelopeAttribute'],
    ['envelopeAttribute', { envelopeAttribute: 'ü'.repeat(128) }, 'The option envelopeAttribute'],
    ['envelopeAttribute', { envelopeAttribute: '__proto__' }, 'The option envelopeAttribute'],
    ['envelopeAttribute', { envelopeAttribute: 'toString' }, 'The option envelopeAttribute'],
    ['envelopeAttribute', { envelopeAttribute: 'key\ud800' }, 'The option envelopeAttribute'],
    ['fields', { fields: 'long' }, 'The option fields'],
    ['fields', { fields: { Customers: true } }, 'The option fields'],
    ['fields', { fields: null }, 'The option fields'],
    ['fields', { fields: new Map([['Customers', 'full']]) }, 'The option fields'],
    ['fields', { fields: ['full'] }, 'The option fields'],
    ['fields', { fields: 7 }, 'The option fields'],
    ['fields', { fields: '' }, 'The option fields'],
    ['keyring', { keyring: {} }, 'The option keyring'],
    ['keyring', { keyring: undefined }, 'The option keyring'],
    ['keyring', { keyring: { onDecrypt() {} } }, 'The option keyring'],
  ])('%s is checked', (_, options, message) => {
    expect(() => envelope(options)).toThrow(message)
  })
})

it('no two fields have a nonce or a ciphertext in common', async () => {
  const format = envelope()
  const same = wholeItem(Object.fromEntries(Array.from({ length: 1000 }, (_, at) => [`a${at}`, { S: 'x' }])))
  const short = (await sealAll(format, [same, same])).flatMap(({ fields }) => fields)
  const full = (await sealAll(format, [{ ...same, whole: false }])).flatMap(({ fields }) => fields)
  const box = 12 + 2 + 4 + 1 + 16
  const boxes = [...short, ...full].map(({ value }) => Buffer.from(value).subarray(-box))
  expect(boxes).toHaveLength(3000)
  expect(new Set(boxes.map(bytes => bytes.toString('hex', 0, 12))).size).toBe(3000)
  expect(new Set(boxes.map(bytes => bytes.toString('hex', 12))).size).toBe(3000)
})

it('the name of the envelope attribute may have 255 bytes', async () => {
  const envelopeAttribute = `${'ü'.repeat(127)}u`
  const stored = await sealItem(envelope({ envelopeAttribute }), wholeItem({ a: { S: 'a' } }))
  expect(Object.keys(stored.attributes!)).toEqual([envelopeAttribute])
})

it('the option fields is copied, and of each table alone', async () => {
  const fields: Record<string, 'short' | 'full'> = { Orders: 'full', Customers: 'short' }
  const format = envelope({ fields })
  Object.assign(fields, { Orders: 'short', Customers: 'full' })
  const tables = ['Orders', 'Customers', 'Others']
  expect(tables.map(table => format.standsAlone(table))).toEqual([true, false, false])
  for (const [table, names] of [
    ['Orders', []],
    ['Customers', ['dynaseal']],
    ['Others', ['dynaseal']],
  ] as const) {
    const stored = await sealItem(format, wholeItem({ a: { S: 'a' } }, { table }))
    expect(Object.keys(stored.attributes!)).toEqual(names)
  }
})

it('binds to the primary key, whatever the order of its attributes', async () => {
  const key = { ...customer, at: { N: '1.0' } }
  const stored = await sealItem(envelope(), wholeItem({ a: { S: 'a' } }, { key }))
  const read = { ...stored, key: { at: { N: '1' }, ...customer } }
  expect(await openItem(envelope(), read)).toEqual([{ S: 'a' }])
})
