import {
  type AttributeValue,
  ConfigurationError,
  type ItemToOpen,
  type ItemToSeal,
  SealError,
} from '@dynaseal/core'
import { sourceAsKeyring } from '@dynaseal/core/formats'
import { afterEach, describe, expect, it, test, vi } from 'vitest'
import { shortSlices } from '../../core/test/support/slices.js'
import { type DbEsdkFormatOptions, dbEsdkFormat, type Item } from '../src/index.js'
import { bytesOf, customer, customers, rawKeyring, rejection } from './support/items.js'

afterEach(() => vi.restoreAllMocks())

const { ssn, cards, ...others } = customer as Required<Item>
const unsigned = { tables: { Customers: { allowedUnsignedAttributes: ['visits'] } } }
const format = (options: Partial<DbEsdkFormatOptions> = {}) =>
  dbEsdkFormat({ keyring: rawKeyring(), ...unsigned, ...options })
const key = { id: customer.id! }

const toSeal = (changes: Partial<ItemToSeal> = {}): ItemToSeal => ({
  table: 'Customers',
  key,
  whole: true,
  fields: [
    { path: ['ssn'], value: ssn! },
    { path: ['cards'], value: cards! },
  ],
  others,
  ...changes,
})

/** As a client stores it. */
async function store(item = toSeal(), writer = format()): Promise<Item> {
  const [sealed] = await writer.seal([item])
  const stored: Item = { ...item.others }
  for (const [index, { path }] of item.fields.entries())
    stored[path[0] as string] = { B: sealed!.values[index]! }
  for (const [name, B] of Object.entries(sealed!.attributes)) stored[name] = { B }
  return stored
}

/** As a client reads it, which has these names marked. */
function toOpen(
  stored: Item,
  marked: readonly string[] = ['ssn', 'cards'],
  changes: Partial<ItemToOpen> = {},
): ItemToOpen {
  const { aws_dbe_head, aws_dbe_foot, ...item } = stored
  const isMarked = ([name]: [string, AttributeValue]) => marked.includes(name)
  const isOwn = ([, value]: [string, AttributeValue | undefined]) => value !== undefined
  return {
    table: 'Customers',
    key,
    fields: Object.entries(item)
      .filter(isMarked)
      .map(([name, value]) => ({ path: [name], value: (value as { B: Uint8Array }).B })),
    others: Object.fromEntries(Object.entries(item).filter(entry => !isMarked(entry))),
    attributes: Object.fromEntries(
      Object.entries({ aws_dbe_head, aws_dbe_foot })
        .filter(isOwn)
        .map(([name, value]) => [name, (value as { B: Uint8Array }).B]),
    ),
    ...changes,
  }
}

const codeOf = async (item: ItemToOpen, reader = format()) => {
  const [outcome] = await reader.open([item])
  expect(outcome!.fields).toEqual(item.fields.map(() => ({ error: outcome!.error })))
  return outcome!.error?.code
}

describe('the format', () => {
  it('seals items as wholes, with a header and a footer', async () => {
    const { attributes, wholeItems } = format()
    expect([attributes, wholeItems]).toEqual([['aws_dbe_head', 'aws_dbe_foot'], true])
    const [opened] = await format().open([toOpen(await store())])
    expect(opened).toEqual({ fields: [{ value: ssn }, { value: cards }] })
  })

  it('is that of the item encryptor', async () => {
    expect(await customers().decryptItem(await store())).toEqual(customer)
    const [opened] = await format().open([toOpen(await customers().encryptItem(customer))])
    expect(opened).toEqual({ fields: [{ value: ssn }, { value: cards }] })
  })

  it('opens what is encrypted without a mark as well, and takes out what is none of the application\u2019s', async () => {
    const stored: Item = { ...(await store()), aws_dbe_b_ssn: { S: 'beacon' } }
    const [opened] = await format().open([toOpen(stored, ['ssn'])])
    expect(opened!.fields).toEqual([{ value: ssn }])
    expect(opened!.others).toEqual({ ...others, cards })
    expect(opened!.others!.plan).toBe(stored.plan)
  })

  it('hands out what is marked and was only signed as it is', async () => {
    const B = Uint8Array.of(1, 2, 3)
    const stored = await store(toSeal({ others: { ...others, photo: { B } } }))
    const [opened] = await format().open([toOpen(stored, ['photo', 'cards', 'ssn'])])
    expect(opened!.fields).toContainEqual({ value: { B } })
  })

  it('has attributes in the encryption context, and others unsigned, by table', async () => {
    const tables = {
      Customers: {
        attributeActionsOnEncrypt: { plan: 'SIGN_AND_INCLUDE_IN_ENCRYPTION_CONTEXT' },
        allowedUnsignedAttributePrefix: 'vis',
      },
    } as const
    const stored = await store(toSeal(), format({ tables }))
    expect(bytesOf(stored, 'aws_dbe_head')[0]).toBe(2)
    const visits = { N: '77' }
    expect((await format({ tables }).open([toOpen({ ...stored, visits })]))[0]!.error).toBeUndefined()
    expect(await codeOf(toOpen(stored), format({ tables: {} }))).toBe('not-authentic')
  })

  it('tells partition from sort key by what it is told', async () => {
    const sorted = { key: { 2: { S: 'b' }, id: customer.id! }, others: { ...others, 2: { S: 'b' } } }
    const stored = await store(toSeal({ ...sorted, partitionKey: 'id' }))
    const options = { sortKeyName: '2' }
    expect(await customers(options).decryptItem(stored)).toEqual({ ...customer, 2: { S: 'b' } })
    const place = { key: sorted.key, partitionKey: 'id' }
    expect((await format().open([toOpen(stored, ['ssn', 'cards'], place)]))[0]!.error).toBeUndefined()
    const error = await rejection(() => format().seal([toSeal(sorted)]))
    expect(error).toBeInstanceOf(ConfigurationError)
  })

  it('opens each item for itself', async () => {
    const stored = await store()
    const bad = toOpen({ ...stored, plan: { S: 'free' } })
    const outcomes = await format().open([toOpen(stored), bad, toOpen(stored)])
    expect(outcomes.map(({ error }) => error?.code)).toEqual([undefined, 'not-authentic', undefined])
  })

  it('may have __proto__ as a field', async () => {
    const fields = [{ path: ['__proto__'], value: ssn! }]
    const [sealed] = await format().seal([toSeal({ fields })])
    const read = { table: 'Customers', key, others, attributes: sealed!.attributes }
    const [opened] = await format().open([
      { ...read, fields: [{ path: ['__proto__'], value: sealed!.values[0]! }] },
    ])
    expect(opened).toEqual({ fields: [{ value: ssn }] })
  })

  it('asks for no more keys in one call than it may', async () => {
    const stored = await Promise.all(Array.from({ length: 3 }, () => store()))
    const reader = format({ cache: { maxKeysPerOpen: 2 } })
    const outcomes = await reader.open(stored.map(item => toOpen(item)))
    expect(outcomes.map(({ error }) => error?.code)).toEqual([undefined, undefined, 'too-many-data-keys'])
  })

  it('binds to the key that was asked for', async () => {
    const stored = await store()
    expect(await codeOf(toOpen(stored, undefined, { key: { id: { S: 'customer-2' } } }))).toBe(
      'key-unavailable',
    )
    expect(await codeOf(toOpen(stored, undefined, { table: 'Others' }), format({ tables: {} }))).toBeDefined()
  })

  test.each<[string, (stored: Item) => ItemToOpen, string]>([
    ['a header that is missing', ({ aws_dbe_head: _, ...stored }) => toOpen(stored), 'missing-envelope'],
    [
      'a header that is text',
      stored => toOpen(stored, undefined, { attributes: { aws_dbe_head: 'x' } }),
      'malformed-message',
    ],
    [
      'something inside of an attribute',
      stored => toOpen(stored, undefined, { fields: [{ path: ['cards', 0], value: Uint8Array.of(1) }] }),
      'wrong-location',
    ],
    ['an attribute more', stored => toOpen({ ...stored, more: { S: 'x' } }), 'not-authentic'],
  ])('refuses %s', async (_name, change, code) => {
    expect(await codeOf(change(await store()))).toBe(code)
  })

  test.each<[string, Partial<ItemToSeal>, object]>([
    ['a part of an item', { whole: false }, { code: 'invalid-value', path: [] }],
    ['an item of which nothing else is told', { others: undefined }, { code: 'invalid-value', path: [] }],
    [
      'something inside of an attribute',
      { fields: [{ path: ['cards', 0], value: ssn! }] },
      { path: ['cards'], message: expect.stringContaining('encrypted(map(') },
    ],
    ['a key', { fields: [{ path: ['id'], value: ssn! }], others: {} }, { path: ['id'] }],
    [
      'what is to be unsigned',
      { fields: [{ path: ['visits'], value: ssn! }], others: { id: customer.id! } },
      { path: ['visits'] },
    ],
    ['an attribute twice', { others: { ...others, ssn: ssn! } }, { code: 'invalid-location' }],
    ['a name of its own', { others: { ...others, aws_dbe_b_x: ssn! } }, { path: ['aws_dbe_b_x'] }],
    [
      'a value that is none',
      { fields: [{ path: ['ssn'], value: { N: 'secret' } }] },
      { code: 'invalid-value', path: ['ssn'] },
    ],
  ])('does not seal %s, and then nothing', async (_name, change, expected) => {
    const error = await rejection(() => format().seal([toSeal(), toSeal(change)]))
    expect(error).toBeInstanceOf(SealError)
    expect(error).toMatchObject({ table: 'Customers', keyNames: ['id'], ...expected })
    expect(error.message).not.toContain('secret')
  })

  it('knows what it has sealed, for a batch that is sent again', async () => {
    const [sealed] = await format().seal([toSeal()])
    const { values, attributes } = sealed!
    for (const value of values) expect(format().isSealed(value, attributes)).toBe(true)
    const { aws_dbe_head, aws_dbe_foot } = attributes
    expect(format().isSealed(values[0]!, { aws_dbe_head })).toBe(false)
    expect(format().isSealed(values[0]!, { aws_dbe_head, aws_dbe_foot: aws_dbe_foot!.subarray(1) })).toBe(
      false,
    )
    expect(format().isSealed(values[0]!, { aws_dbe_head: Uint8Array.of(1), aws_dbe_foot })).toBe(false)
    expect(format().isSealed(values[0]!.subarray(0, 17), attributes)).toBe(false)
    expect(format().isSealed(new Uint8Array(30).fill(7), attributes)).toBe(false)
    expect(format().looksSealed()).toBe(false)
  })

  test.each<[string, object]>([
    ['a misspelt option', { table: {} }],
    ['a table\u2019s misspelt option', { tables: { Customers: { actions: {} } } }],
    [
      'an encrypted attribute',
      { tables: { Customers: { attributeActionsOnEncrypt: { ssn: 'ENCRYPT_AND_SIGN' } } } },
    ],
    ['tables in a map', { tables: new Map([['Customers', {}]]) }],
    ['no tables at all', { tables: null }],
    [
      'a table\u2019s actions in a map',
      { tables: { Customers: { attributeActionsOnEncrypt: new Map([['plan', 'DO_NOTHING']]) } } },
    ],
    ['no keyring', { keyring: undefined }],
  ])('cannot be made with %s', (_name, options) => {
    expect(() => format(options)).toThrow(ConfigurationError)
  })

  it('says of options that do not fit a key when it first sees the key', async () => {
    const tables = {
      Customers: {
        attributeActionsOnEncrypt: { id: 'DO_NOTHING' as const },
        allowedUnsignedAttributes: ['id'],
      },
    }
    const error = await rejection(() => format({ tables }).seal([toSeal()]))
    expect(error).toBeInstanceOf(ConfigurationError)
  })

  it('lets other events have their turn while a page is opened', async () => {
    const stored = await store()
    const page = Array.from({ length: 100 }, () => toOpen(stored))
    await shortSlices()
    let turns = 0
    const count = () => {
      turns++
      if (turns < 10_000) next = setImmediate(count)
    }
    let next = setImmediate(count)
    await format().open(page)
    clearImmediate(next)
    expect(turns).toBeGreaterThan(10)
  })
})

it('a keyring that refuses at once, while other items are still taken apart, fails items and not the process', async () => {
  const unhandled: unknown[] = []
  const note = (error: unknown) => unhandled.push(error)
  process.on('unhandledRejection', note)
  const stored = await store()
  const refuse = () => Promise.reject(new Error('refused'))
  const reader = format({ keyring: sourceAsKeyring({ generateDataKey: refuse, decryptDataKey: refuse }) })
  const taking = Array.from({ length: 100 }, () => toOpen(stored))
  // More than one slice's work.
  await shortSlices()
  const opened = await reader.open(taking)
  await new Promise(setImmediate)
  process.off('unhandledRejection', note)
  expect(unhandled).toEqual([])
  expect(opened.every(({ error }) => error?.code === 'key-unavailable')).toBe(true)
})
