import { subscribe, unsubscribe } from 'node:diagnostics_channel'
import { inspect } from 'node:util'
import { RawAesKeyringNode } from '@aws-crypto/client-node'
import { type AttributeValue, ConfigurationError, channelNames, FieldError, SealError } from '@dynaseal/core'
import { describe, expect, it, test } from 'vitest'
import { createItemEncryptor, type Item, type ItemEncryptorOptions } from '../src/index.js'
import { canonical } from './support/canonical.js'
import { actions, bytesOf, customer, customers, rawKeyring, rejection, SUITES } from './support/items.js'

describe('an item', () => {
  it.each(SUITES)('is encrypted and decrypted with suite %s', async algorithmSuite => {
    const encryptor = customers({ algorithmSuite })
    const stored = await encryptor.encryptItem(customer)
    expect(Object.keys(stored).sort()).toEqual(
      [...Object.keys(customer), 'aws_dbe_foot', 'aws_dbe_head'].sort(),
    )
    expect(stored).toMatchObject({ id: customer.id, plan: customer.plan, visits: customer.visits })
    expect(bytesOf(stored, 'ssn').length).toBe('078-05-1120'.length + 18)
    expect(inspect(stored)).not.toContain('078-05')
    expect(await encryptor.decryptItem(stored)).toEqual(customer)
  })

  it('has another key each time, so that equal values are stored as others', async () => {
    const encryptor = customers()
    const [one, two] = [await encryptor.encryptItem(customer), await encryptor.encryptItem(customer)]
    expect(bytesOf(one, 'ssn')).not.toEqual(bytesOf(two, 'ssn'))
    expect(bytesOf(one, 'aws_dbe_head')).not.toEqual(bytesOf(two, 'aws_dbe_head'))
  })

  it('opens with the other suite configured, and with other actions', async () => {
    const stored = await customers({ algorithmSuite: '0x6700' }).encryptItem(customer)
    const other = customers({ attributeActionsOnEncrypt: { plan: 'ENCRYPT_AND_SIGN' } })
    expect(await other.decryptItem(stored)).toEqual(customer)
  })

  it('may have its unsigned attributes changed, and no others', async () => {
    const encryptor = customers()
    const stored = await encryptor.encryptItem(customer)
    const changed = await encryptor.decryptItem({ ...stored, visits: { N: '4' } })
    expect(changed.visits).toEqual({ N: '4' })
    const refused = await rejection(() => encryptor.decryptItem({ ...stored, plan: { S: 'free' } }))
    expect(refused).toMatchObject({ code: 'not-authentic', table: 'Customers', keyNames: ['id'] })
  })

  it('leaves what it is given as it is', async () => {
    const encryptor = customers()
    const item = structuredClone(customer)
    const stored = await encryptor.encryptItem(item)
    const kept = canonical(stored)
    await encryptor.decryptItem(stored)
    expect(item).toEqual(customer)
    expect(canonical(stored)).toEqual(kept)
  })

  it('is encrypted as it was when it was given', async () => {
    const encryptor = customers()
    const item = structuredClone(customer) as Item & { cards: { L: AttributeValue[] } }
    const sealing = encryptor.encryptItem(item)
    item.cards.L.push({ S: 'later' })
    item.plan = { S: 'later' }
    item.more = { S: 'later' }
    expect(await encryptor.decryptItem(await sealing)).toEqual(customer)
  })

  type Texts = { M: { text: { S: string } } }
  type Bytes = { BS: Uint8Array[] }
  const parts = () => ({
    ...structuredClone(customer),
    plan: { S: 'pro' },
    photo: { B: Uint8Array.of(1, 2, 3) },
    notes: { L: [{ M: { text: { S: 'a' } } }, { BS: [Uint8Array.of(1)] }] as [Texts, Bytes] },
  })
  const changeParts = ({ plan, photo, notes }: ReturnType<typeof parts>) => {
    plan.S = 'later'
    photo.B[0] = 9
    notes.L[0].M.text.S = 'later'
    notes.L[1].BS[0]![0] = 9
  }
  const itemWithParts = (given: ReturnType<typeof parts>) => given as unknown as Item

  it('is signed and stored as it was when it was given, in each of its parts', async () => {
    const encryptor = customers()
    const item = parts()
    const sealing = encryptor.encryptItem(itemWithParts(item))
    changeParts(item)
    expect(await encryptor.decryptItem(await sealing)).toEqual(parts())
  })

  it('is handed out as it was when it was verified, in each of its parts', async () => {
    const encryptor = customers()
    const stored = await encryptor.encryptItem(itemWithParts(parts()))
    const opening = encryptor.decryptItem(stored)
    changeParts(stored as unknown as ReturnType<typeof parts>)
    expect(await opening).toEqual(parts())
  })

  it('has each of its parts read once, so that nothing else is stored than what was signed', async () => {
    let reads = 0
    const plan = {
      get S() {
        return `read ${++reads} times`
      },
    }
    const encryptor = customers()
    const stored = await encryptor.encryptItem({ ...customer, plan })
    expect((await encryptor.decryptItem(stored)).plan).toEqual({ S: 'read 1 times' })
  })

  it('loses beacons and whatever else the format has for its own', async () => {
    const encryptor = customers()
    const stored = await encryptor.encryptItem(customer)
    expect(await encryptor.decryptItem({ ...stored, aws_dbe_b_ssn: { S: 'ab' } })).toEqual(customer)
  })

  it('may have an attribute __proto__', async () => {
    const item: Item = JSON.parse('{"id":{"S":"1"},"__proto__":{"S":"x"}}')
    const attributeActionsOnEncrypt = JSON.parse('{"__proto__":"ENCRYPT_AND_SIGN"}')
    const encryptor = customers({ attributeActionsOnEncrypt })
    const stored = await encryptor.encryptItem(item)
    expect(Object.keys(stored)).toContain('__proto__')
    expect(Object.entries(stored).find(([name]) => name === '__proto__')?.[1]).toHaveProperty('B')
    expect(Object.entries(await encryptor.decryptItem(stored))).toEqual(Object.entries(item))
  })

  it('of one binary value is handed out in memory of its own', async () => {
    const encryptor = customers()
    const { ssn } = await encryptor.decryptItem(
      await encryptor.encryptItem({ ...customer, ssn: { B: Uint8Array.of(1, 2) } }),
    )
    expect((ssn as { B: Uint8Array }).B.buffer.byteLength).toBe(2)
  })
})

describe('is not encrypted:', () => {
  test.each<[string, Item, object]>([
    ['an item without its key', { ssn: { S: 'secret' } }, { code: 'invalid-location', path: ['id'] }],
    [
      'what is no attribute value',
      { ...customer, ssn: 'secret' as never },
      { code: 'invalid-value', path: ['ssn'] },
    ],
    [
      'an attribute that is undefined',
      { ...customer, ssn: undefined as never },
      { code: 'invalid-value', path: ['ssn'] },
    ],
    [
      'a number that is none',
      { ...customer, plan: { N: 'secret' } },
      { code: 'invalid-value', path: ['plan'] },
    ],
    ['an empty set', { ...customer, plan: { SS: [] } }, { code: 'invalid-value', path: ['plan'] }],
    [
      'a lone surrogate',
      { ...customer, ssn: { S: 'secret\ud800' } },
      { code: 'invalid-value', path: ['ssn'] },
    ],
    ['a name that has one', { ...customer, 'secret\ud800': { S: 'x' } }, { code: 'invalid-value', path: [] }],
    ['what is too deep', { ...customer, ssn: nested(32) }, { code: 'too-deep', path: ['ssn'] }],
    [
      'a header',
      { ...customer, aws_dbe_head: { S: 'x' } },
      { code: 'invalid-value', path: ['aws_dbe_head'] },
    ],
    ['a beacon', { ...customer, aws_dbe_b_x: { S: 'x' } }, { code: 'invalid-value', path: ['aws_dbe_b_x'] }],
    ['a pair of the context', { ...customer, 'aws-crypto-x': { S: 'x' } }, { code: 'invalid-value' }],
    ['a promise', Promise.resolve(customer) as never, { code: 'invalid-value', path: [] }],
    [
      'a key that does not fit',
      { ...customer, id: { S: 'x'.repeat(70_000) } },
      { code: 'too-large', path: [] },
    ],
  ])('%s', async (_name, item, expected) => {
    const error = await rejection(() => customers().encryptItem(item))
    expect(error).toBeInstanceOf(SealError)
    expect(error).toMatchObject({ table: 'Customers', keyNames: ['id'], ...expected })
    expect(inspect(error, { depth: 9 }).replaceAll(/\n\s+at .*/g, '')).not.toContain('secret')
  })

  test('an item that lacks an attribute of the encryption context', async () => {
    const attributeActionsOnEncrypt = { plan: 'SIGN_AND_INCLUDE_IN_ENCRYPTION_CONTEXT' } as const
    const { plan: _, ...item } = customer
    const error = await rejection(() => customers({ attributeActionsOnEncrypt }).encryptItem(item))
    expect(error).toMatchObject({ code: 'invalid-value', path: ['plan'] })
  })

  test('thirty-one levels are', async () => {
    const item = { ...customer, ssn: nested(31), plan: nested(31) }
    const encryptor = customers()
    expect(await encryptor.decryptItem(await encryptor.encryptItem(item))).toEqual(item)
  })
})

describe('is not decrypted:', () => {
  test.each<[string, (stored: Item) => Item, string]>([
    ['an item in clear', () => customer, 'not-a-message'],
    ['one without its header', ({ aws_dbe_head: _, ...item }) => item, 'missing-envelope'],
    ['one without its footer', ({ aws_dbe_foot: _, ...item }) => item, 'missing-envelope'],
    ['one whose header is text', item => ({ ...item, aws_dbe_head: { S: 'x' } }), 'malformed-message'],
    ['one whose key is missing', ({ id: _, ...item }) => item, 'invalid-location'],
    ['one with another key', item => ({ ...item, id: { S: 'customer-2' } }), 'key-unavailable'],
    ['one with an attribute more', item => ({ ...item, more: { S: 'x' } }), 'not-authentic'],
    ['one with an attribute less', ({ plan: _, ...item }) => item, 'not-authentic'],
    ['one whose encrypted attribute is text', item => ({ ...item, ssn: { S: 'x' } }), 'not-a-message'],
    [
      'one whose encrypted attribute is short',
      item => ({ ...item, ssn: { B: new Uint8Array(17) } }),
      'malformed-message',
    ],
    [
      'one whose signed attribute is no value',
      item => ({ ...item, plan: 'pro' as never }),
      'malformed-value',
    ],
    ['a list', () => [] as never, 'malformed-value'],
  ])('%s', async (_name, change, code) => {
    const encryptor = customers()
    const stored = change(await encryptor.encryptItem(customer))
    const error = await rejection(() => encryptor.decryptItem(stored))
    expect(error).toBeInstanceOf(FieldError)
    expect(error).toMatchObject({ code, table: 'Customers', keyNames: ['id'] })
  })

  test('one whose key has been left out, and its name is signed by nobody', async () => {
    const sorted = customers({ sortKeyName: 'plan' })
    const stored = await sorted.encryptItem(customer)
    const { plan: _, ...rest } = stored
    const error = await rejection(() => sorted.decryptItem({ ...rest, other: { S: 'x' } }))
    expect(error).toMatchObject({ code: 'invalid-location', path: ['plan'], keyNames: ['id', 'plan'] })
  })

  test('one of another table', async () => {
    const stored = await customers().encryptItem(customer)
    const error = await rejection(() => customers({ logicalTableName: 'Others' }).decryptItem(stored))
    expect(error).toMatchObject({ code: 'key-unavailable', table: 'Others' })
  })
})

describe('items in clear', () => {
  const read = { plaintextOverride: 'FORBID_PLAINTEXT_WRITE_ALLOW_PLAINTEXT_READ' } as const
  const write = { plaintextOverride: 'FORCE_PLAINTEXT_WRITE_ALLOW_PLAINTEXT_READ' } as const

  it.each([read, write])('are read with $plaintextOverride, and encrypted ones as well', async override => {
    const stored = await customers().encryptItem(customer)
    const encryptor = customers(override)
    expect(await encryptor.decryptItem(customer)).toEqual(customer)
    expect(await encryptor.decryptItem(stored)).toEqual(customer)
    const { aws_dbe_foot: _, ...half } = stored
    expect((await rejection(() => encryptor.decryptItem(half))).code).toBe('missing-envelope')
  })

  it('are neither read nor written without their key, as in the official releases', async () => {
    const { id: _, ...keyless } = customer
    for (const item of [keyless, {}]) {
      const reading = await rejection(() => customers(read).decryptItem(item))
      expect(reading).toMatchObject({ name: 'FieldError', code: 'invalid-location', path: ['id'] })
      const writing = await rejection(() => customers(write).encryptItem(item))
      expect(writing).toMatchObject({ name: 'SealError', code: 'invalid-location', path: ['id'] })
    }
  })

  it('are written by FORCE_PLAINTEXT_WRITE_ALLOW_PLAINTEXT_READ alone', async () => {
    expect(await customers(write).encryptItem(customer)).toEqual(customer)
    expect(await customers(read).encryptItem(customer)).toHaveProperty('aws_dbe_head')
  })
})

describe('options that nothing can be made of:', () => {
  const unsigned = { allowedUnsignedAttributes: ['visits'] }

  test.each<[string, object]>([
    ['no keyring', { keyring: undefined }],
    ['a promise of a keyring', { keyring: Promise.resolve(rawKeyring()) }],
    ['the class of a keyring', { keyring: RawAesKeyringNode }],
    ['an empty list of keyrings', { keyring: [] }],
    ['no name of the table', { logicalTableName: '' }],
    ['no partition key', { partitionKeyName: undefined }],
    ['the same key twice', { sortKeyName: 'id' }],
    ['another suite', { algorithmSuite: '0x0578' }],
    ['another override', { plaintextOverride: 'ALLOW' }],
    ['a misspelt option', { attributeActions: actions }],
    ['an unknown action', { attributeActionsOnEncrypt: { ssn: 'ENCRYPT' } }],
    ['actions in a map', { attributeActionsOnEncrypt: new Map([['ssn', 'ENCRYPT_AND_SIGN']]) }],
    ['actions in a list', { attributeActionsOnEncrypt: [] }],
    ['no actions at all', { attributeActionsOnEncrypt: null }],
    ['an encrypted key', { attributeActionsOnEncrypt: { id: 'ENCRYPT_AND_SIGN' } }],
    ['a key that is not signed', { allowedUnsignedAttributes: ['id'] }],
    ['a key that is not signed by its prefix', { allowedUnsignedAttributePrefix: 'i' }],
    ['an empty prefix', { allowedUnsignedAttributePrefix: '' }],
    ['an empty list', { allowedUnsignedAttributes: [] }],
    ['nothing done without the others knowing', { attributeActionsOnEncrypt: { plan: 'DO_NOTHING' } }],
    [
      'what is unsigned and encrypted',
      { ...unsigned, attributeActionsOnEncrypt: { visits: 'ENCRYPT_AND_SIGN' } },
    ],
    ['an action for a header', { attributeActionsOnEncrypt: { aws_dbe_head: 'SIGN_ONLY' } }],
    ['an action for a pair of the context', { attributeActionsOnEncrypt: { 'aws-crypto-x': 'SIGN_ONLY' } }],
    [
      'a sort key in the context alone',
      {
        sortKeyName: 'plan',
        attributeActionsOnEncrypt: { plan: 'SIGN_ONLY', ssn: 'SIGN_AND_INCLUDE_IN_ENCRYPTION_CONTEXT' },
      },
    ],
    ['a cache of nothing', { cache: { maxKeys: 0 } }],
  ])('%s', (_name, options) => {
    const make = () => customers({ ...options } as Partial<ItemEncryptorOptions>)
    expect(make).toThrow(ConfigurationError)
  })

  test('no object', () => {
    expect(() => createItemEncryptor(undefined as never)).toThrow(ConfigurationError)
  })
})

describe('what fails', () => {
  it('is published without a value', async () => {
    const events: unknown[] = []
    const note = (event: unknown) => events.push(event)
    for (const name of [channelNames.notOpened, channelNames.notSealed]) subscribe(name, note)
    const encryptor = customers()
    await rejection(() => encryptor.encryptItem({ ...customer, ssn: { N: 'secret' } }))
    await rejection(() => encryptor.decryptItem(customer))
    const stored = await encryptor.encryptItem(customer)
    await rejection(() => encryptor.decryptItem({ ...stored, plan: { S: 'secret' } }))
    for (const name of [channelNames.notOpened, channelNames.notSealed]) unsubscribe(name, note)
    const place = { table: 'Customers', keyNames: ['id'] }
    expect(events).toEqual([
      { ...place, code: 'invalid-value', path: ['ssn'] },
      { ...place, code: 'not-a-message', path: [] },
      { ...place, code: 'not-authentic', path: [] },
    ])
  })

  it('says in words where', async () => {
    const { message } = await rejection(() => customers().decryptItem(customer))
    expect(message).toMatch(/^Cannot open an item in table Customers \(key: id\): the item is in clear/)
  })
})

function nested(levels: number): AttributeValue {
  return levels === 0 ? { S: 'deep' } : { L: [nested(levels - 1)] }
}
