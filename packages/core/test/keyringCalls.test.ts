import { describe, expect, it } from 'vitest'
import { createFormat, type ItemToSeal } from '../src/index.js'
import { item, openOne, sealAll, sealItem } from './support/fields.js'
import { FORMS, movedTo } from './support/forms.js'
import { countingKeyring, multiKeyring, rawKeyring, unboundKeyring } from './support/keyrings.js'

describe.each(FORMS)('calls into the keyring for $name', form => {
  const { create } = form
  const manyItems = (count: number): ItemToSeal[] =>
    Array.from({ length: count }, (_, row) =>
      form.items({
        table: 'Customers',
        key: { id: { N: String(row) } },
        fields: ['a', 'b', 'c', 'd', 'e'].map(name => ({ path: [name], value: { S: `${name}${row}` } })),
      }),
    )
  const valuesOf = (items: ItemToSeal[]) =>
    items.map(({ fields }) => ({ fields: fields.map(({ value }) => ({ value })) }))

  it('200 parallel cold seals make one', async () => {
    const keyring = countingKeyring()
    const format = create({ keyring })
    await Promise.all(
      Array.from({ length: 200 }, (_, index) => format.seal([form.item({ N: String(index) })])),
    )
    expect(keyring.encrypts).toBe(1)
  })

  it('1,000 items with 5,000 fields, opened cold, make one', async () => {
    const items = manyItems(1000)
    const stored = await sealAll(create({ keyring: rawKeyring() }), items)
    const keyring = countingKeyring()
    const opened = await create({ keyring }).open(stored)
    expect(JSON.stringify(opened)).toBe(JSON.stringify(valuesOf(items)))
    expect(keyring.decrypts).toBe(1)
    expect(keyring.encrypts).toBe(0)
  })

  it('1,000 parallel cold opens make one', async () => {
    const items = manyItems(1000)
    const places = await sealAll(create({ keyring: rawKeyring() }), items)
    const keyring = countingKeyring()
    const format = create({ keyring })
    await Promise.all(places.map(place => format.open([place])))
    expect(keyring.decrypts).toBe(1)
  })

  it('as many as there are data keys, in any mixture', async () => {
    const items = manyItems(30)
    const writers = [1, 2, 3].map(() => create({ keyring: multiKeyring('a', 'bb') }))
    const stored = await Promise.all(items.map((one, row) => sealItem(writers[row % 3]!, one)))
    const keyring = countingKeyring(rawKeyring('bb'))
    const format = create({ keyring })
    for (let read = 0; read < 2; read++) expect(await format.open(stored)).toEqual(valuesOf(items))
    expect(keyring.decrypts).toBe(3)
  })

  it('one per table, though the tables share encrypted data keys', async () => {
    const keyring = countingKeyring(unboundKeyring())
    const places = await Promise.all(
      ['Customers', 'Orders', 'Customers'].map(async table => {
        const format = create({ keyring: unboundKeyring() })
        return sealItem(format, form.item({ S: table }, { table }))
      }),
    )
    const opened = await create({ keyring }).open(places)
    expect(opened.map(({ fields: [field] }) => field)).toEqual([
      { value: { S: 'Customers' } },
      { value: { S: 'Orders' } },
      { value: { S: 'Customers' } },
    ])
    expect(keyring.decrypts).toBe(2)
  })

  it('none to open what this process sealed', async () => {
    const keyring = countingKeyring()
    const format = create({ keyring })
    await openOne(format, await sealItem(format, form.item({ S: 'a' })))
    expect(keyring.decrypts).toBe(0)
  })

  it('one per table', async () => {
    const keyring = countingKeyring()
    const format = create({ keyring })
    await format.seal([
      form.item({ S: 'a' }),
      form.item({ S: 'b' }, { table: 'Orders' }),
      form.item({ S: 'c' }),
    ])
    expect(keyring.encrypts).toBe(2)
  })

  it('none for what is none of this table', async () => {
    const keyring = countingKeyring()
    const writer = create({ keyring: rawKeyring() })
    const stored = await sealItem(writer, form.item({ S: 'a' }, { table: 'Other' }))
    await create({ keyring }).open([
      movedTo(stored, { table: 'Customers' }),
      item<Uint8Array>(Buffer.from('plain')),
    ])
    expect(keyring.decrypts).toBe(0)
  })
})

it('calls into the keyring are few when the Encryption SDK writes and reads, too', async () => {
  const keyring = countingKeyring()
  const format = createFormat({ keyring, format: 'message', codec: 'client-node' })
  const items = Array.from({ length: 100 }, (_, index) => item({ N: String(index) }))
  const stored = await sealAll(format, items)
  expect(await format.open(stored)).toEqual(items.map(one => ({ fields: [{ value: one.fields[0]!.value }] })))
  expect([keyring.encrypts, keyring.decrypts]).toEqual([1, 0])
})
