import { subscribe, unsubscribe } from 'node:diagnostics_channel'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { channelNames, type FieldFormat, type ItemToOpen } from '../src/index.js'
import { type FieldInMemory, formatParts } from '../src/parts.js'
import { customer, openItem, sealItem } from './support/fields.js'
import { FORMS_AND_CODECS } from './support/forms.js'
import { countingKeyring, rawKeyring } from './support/keyrings.js'
import { endlessSlices, shortSlices } from './support/slices.js'

const openNow = (format: FieldFormat, items: readonly ItemToOpen[]) => formatParts(format)!.openNow(items)
const damaged = (stored: ItemToOpen): ItemToOpen => ({
  ...stored,
  fields: [...stored.fields, { path: ['clear'], value: Buffer.from('clear') }],
})

describe.each(FORMS_AND_CODECS)('opening at once, $name', form => {
  const fields = ['a', 'b'].map(name => ({ path: [name], value: { S: name } }))
  const items = form.items({ table: 'T', key: customer, fields })
  const events: unknown[] = []
  const listen = (event: unknown) => void events.push(event)
  beforeEach(async () => {
    await endlessSlices()
    events.length = 0
    subscribe(channelNames.notOpened, listen)
  })
  afterEach(() => {
    unsubscribe(channelNames.notOpened, listen)
    vi.restoreAllMocks()
  })

  it('gives what open gives, where the data key is in memory', async () => {
    const format = form.create({ keyring: rawKeyring() })
    const stored = damaged(await sealItem(format, items))
    await new Promise(setImmediate)
    const { hits } = format.statistics().opening
    const opened = openNow(format, [stored, stored])
    if (!form.name.includes('client-node')) expect(opened).not.toBeInstanceOf(Promise)
    const expected = [{ value: { S: 'a' } }, { value: { S: 'b' } }, { error: { code: 'not-a-message' } }]
    expect(await opened).toMatchObject([{ fields: expected }, { fields: expected }])
    expect(events).toHaveLength(2)
    expect(format.statistics().opening.hits).toBe(hits + 1)
    expect(await format.open([stored, stored])).toEqual(await opened)
  })

  it('does nothing where one data key has to be asked for, and tells nobody', async () => {
    const keyring = countingKeyring()
    const [writer, reader] = [form.create({ keyring: rawKeyring() }), form.create({ keyring })]
    const one = damaged(await sealItem(writer, items))
    writer.clear()
    const other = await sealItem(writer, items)
    await openItem(reader, other)
    await new Promise(setImmediate)
    const before = reader.statistics().opening
    for (const page of [[one], [other, one]]) expect(openNow(reader, page)).toBeUndefined()
    expect(events).toEqual([])
    expect(reader.statistics().opening).toEqual(before)
    expect(keyring.decrypts).toBe(1)
    expect(await openNow(reader, [other])).toMatchObject([{ fields: [{ value: { S: 'a' } }, {}] }])
  })

  it('begins when others have had their turn', async () => {
    const [writer, reader] = [form.create({ keyring: rawKeyring() }), form.create({ keyring: rawKeyring() })]
    const stored = await sealItem(writer, items)
    await new Promise(setImmediate)
    // Its slice begins, and is over.
    const first = openNow(writer, [stored])
    vi.mocked(performance.now).mockReturnValue(1000)
    let isTurn = false
    setImmediate(() => {
      isTurn = true
    })
    const opened = openNow(writer, [stored])
    const unknown = openNow(reader, [stored])
    expect(opened).toBeInstanceOf(Promise)
    expect(unknown).toBeInstanceOf(Promise)
    expect(isTurn).toBe(false)
    expect(await opened).toMatchObject([{ fields: [{ value: { S: 'a' } }, { value: { S: 'b' } }] }])
    expect(isTurn).toBe(true)
    expect(await unknown).toBeUndefined()
    expect(await first).toEqual(await opened)
  })

  it('reads fields where they stand in memory with others, as open does', async () => {
    const format = form.create({ keyring: rawKeyring() })
    const stored = await sealItem(format, items)
    const [one, other] = stored.fields as [ItemToOpen['fields'][0], ItemToOpen['fields'][0]]
    const isHere = (memory: Buffer, start: number, end: number): FieldInMemory => ({
      path: one.path,
      memory,
      start,
      end,
      value: memory.subarray(start, end),
    })
    const { length } = one.value
    const memory = Buffer.concat([other.value, one.value, other.value])
    const starts = other.value.length
    const fields = [isHere(memory, starts, starts + length)]
    // As long as, and shorter and longer than it should be: what stands around it is none of its own.
    for (const end of [3, 5, 6, 20, 30, length - 1, length + 1])
      fields.push(isHere(memory, starts, starts + end))
    fields.push(isHere(memory, 0, starts), isHere(memory, starts + 1, starts + length))
    for (const bytes of ['da5e', 'da5e20', 'da5e21', 'da5e22', 'da5e23', '02047800', '000000'])
      fields.push(
        isHere(Buffer.concat([Buffer.from(bytes, 'hex'), one.value]), 0, Math.max(3, bytes.length / 2)),
      )
    const asBytes = { ...stored, fields: fields.map(({ path, value }) => ({ path, value })) }
    const expected = await format.open([asBytes])
    expect(expected[0]!.fields[0]).toEqual({ value: { S: 'a' } })
    for (const field of expected[0]!.fields.slice(1)) expect(field).toHaveProperty('error')
    await new Promise(setImmediate)
    expect(await openNow(format, [{ ...stored, fields }])).toEqual(expected)
    expect(await format.open([{ ...stored, fields }])).toEqual(expected)
  })

  it('lets others have their turn', async () => {
    const format = form.create({ keyring: rawKeyring() })
    const many = Array.from({ length: 50 }, (_, n) => ({ path: ['a', n], value: { S: `${n}` } }))
    const stored = await sealItem(format, form.items({ table: 'T', key: customer, fields: many }))
    await shortSlices()
    const opened = openNow(format, [stored])
    expect(opened).toBeInstanceOf(Promise)
    expect(await opened).toEqual([{ fields: many.map(({ value }) => ({ value })) }])
    // Zeroed after the last of those who held it, and not before.
    format.clear()
  })
})

it('takes bytes that are no Buffer, also where a subclass says that they are others', async () => {
  class Liar extends Uint8Array {
    override get length() {
      return 3
    }
    override subarray() {
      return new Uint8Array(40) as Uint8Array<ArrayBuffer> as this
    }
  }
  for (const form of FORMS_AND_CODECS) {
    const format = form.create({ keyring: rawKeyring() })
    const stored = await sealItem(format, form.item({ S: 'x' }))
    for (const Bytes of [Uint8Array, Liar]) {
      const [{ path, value }] = stored.fields as [ItemToOpen['fields'][0]]
      const memory = Uint8Array.from(value)
      const bytes = new Bytes(memory.buffer, 0, memory.byteLength)
      expect(await openItem(format, { ...stored, fields: [{ path, value: bytes }] })).toEqual([{ S: 'x' }])
    }
  }
})
