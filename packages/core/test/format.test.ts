import { runInNewContext } from 'node:vm'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import {
  type AttributePath,
  type AttributeValue,
  type CodecName,
  ConfigurationError,
  createFormat as createFormatItself,
  type ItemFields,
} from '../src/index.js'
import { encryptionContext } from '../src/materials/context.js'
import { isMessage, parseHeader } from '../src/message/header.js'
import { createFormat } from './support/codec.js'
import { customer, item, openOne, refusal, sealOne } from './support/fields.js'
import { countingKeyring, multiKeyring, rawKeyring, unboundKeyring } from './support/keyrings.js'

describe.each<CodecName>(['own', 'client-node'])('with codec %s', codec => {
  describe('sealing and opening', () => {
    it.each<AttributeValue>([
      { S: 'text' },
      { N: '12.5' },
      { B: Uint8Array.of(0, 1, 2) },
      { BOOL: false },
      { NULL: true },
      { SS: ['a', 'b'] },
      { NS: ['1', '2'] },
      { BS: [Uint8Array.of(1), Uint8Array.of(2)] },
      { M: { street: { S: 'Main St' }, number: { N: '7' } } },
      { L: [{ S: 'a' }, { M: {} }] },
    ])('gives %j back', async value => {
      const format = createFormat({ keyring: rawKeyring(), codec })
      const message = await sealOne(format, item(value))
      expect(isMessage(message)).toBe(true)
      expect(await openOne(format, item(message))).toEqual(value)
    })

    it('keeps items and fields in their order', async () => {
      const format = createFormat({ keyring: rawKeyring(), codec })
      const items: ItemFields<AttributeValue>[] = [3, 0, 2].map((count, row) => ({
        table: row === 2 ? 'Orders' : 'Customers',
        key: { id: { N: String(row) } },
        fields: Array.from({ length: count }, (_, index) => ({
          path: ['list', index],
          value: { S: `${row}.${index}` },
        })),
      }))
      const sealed = await format.seal(items)
      expect(sealed.map(messages => messages.length)).toEqual([3, 0, 2])
      const opened = await format.open(
        items.map((one, row) => ({
          ...one,
          fields: one.fields.map((field, index) => ({ ...field, value: sealed[row]![index]! })),
        })),
      )
      expect(opened).toEqual([
        [{ value: { S: '0.0' } }, { value: { S: '0.1' } }, { value: { S: '0.2' } }],
        [],
        [{ value: { S: '2.0' } }, { value: { S: '2.1' } }],
      ])
    })

    it('gives each field of a page its own outcome', async () => {
      const format = createFormat({ keyring: rawKeyring(), codec })
      const message = await sealOne(format, item({ S: 'a' }))
      const place = item(message)
      const [fields] = await format.open([
        {
          ...place,
          fields: [
            ...place.fields,
            { path: ['ssn'], value: Buffer.from('plain') },
            { path: ['other'], value: message },
            { path: ['ssn'], value: 'text' as unknown as Uint8Array },
            ...place.fields,
          ],
        },
      ])
      expect(fields).toEqual([
        { value: { S: 'a' } },
        { error: expect.objectContaining({ code: 'not-a-message' }) },
        { error: expect.objectContaining({ code: 'wrong-location' }) },
        { error: expect.objectContaining({ code: 'not-a-message' }) },
        { value: { S: 'a' } },
      ])
    })

    it('asks for no key when there is nothing to seal or open', async () => {
      const keyring = countingKeyring()
      const format = createFormat({ keyring, codec })
      const empty = { table: 'Customers', key: customer, fields: [] }
      expect(await format.seal([])).toEqual([])
      expect(await format.seal([empty])).toEqual([[]])
      expect(await format.open([])).toEqual([])
      expect(await format.open([empty])).toEqual([[]])
      expect(keyring.encrypts + keyring.decrypts).toBe(0)
    })
  })

  describe('a sealed field that was moved', () => {
    const format = createFormat({ keyring: rawKeyring(), codec })
    const here = {
      table: 'Customers',
      key: { id: { S: '1' }, sort: { N: '10' } },
      path: ['address', 'city'] as AttributePath,
    }

    it.each([
      ['another item', { ...here, key: { id: { S: '2' }, sort: { N: '10' } } }, 'wrong-location'],
      ['another sort key', { ...here, key: { id: { S: '1' }, sort: { N: '11' } } }, 'wrong-location'],
      ['a key of another type', { ...here, key: { id: { S: '1' }, sort: { S: '10' } } }, 'wrong-location'],
      ['an item without a sort key', { ...here, key: { id: { S: '1' } } }, 'wrong-location'],
      ['another attribute', { ...here, path: ['address', 'street'] }, 'wrong-location'],
      ['the container', { ...here, path: ['address'] }, 'wrong-location'],
      ['a list', { ...here, path: ['address', 0] }, 'wrong-location'],
      ['another table', { ...here, table: 'Orders' }, 'wrong-context'],
    ])('to %s does not open', async (_where, there, code) => {
      const message = await sealOne(format, item({ S: 'Basel' }, here))
      expect((await refusal(format, item(message, there))).code).toBe(code)
    })

    it('opens where it was, however the key is spelled or ordered', async () => {
      const message = await sealOne(format, item({ S: 'Basel' }, here))
      const key = { sort: { N: '1e1' }, id: { S: '1' } }
      expect(await openOne(format, item(message, { ...here, key }))).toEqual({ S: 'Basel' })
    })

    it('opens elsewhere in the same list', async () => {
      const message = await sealOne(format, item({ S: 'a' }, { path: ['list', 0, 'x'] }))
      expect(await openOne(format, item(message, { path: ['list', 5, 'x'] }))).toEqual({ S: 'a' })
    })

    it.each<[string, object]>([
      ['a key that is inherited', { key: Object.create(customer) }],
      [
        'a key that is inherited in part',
        { key: Object.assign(Object.create(customer), { sort: { S: 'a' } }) },
      ],
      ['a path that is a text', { path: 'ssn' }],
    ])('has a place, and not %s', async (_name, there) => {
      const sealing = sealOne(format, item({ S: 'a' }, there))
      await expect(sealing).rejects.toMatchObject({ code: 'invalid-location' })
      const message = await sealOne(format, item({ S: 'a' }))
      expect((await refusal(format, item(message, there))).code).toBe('invalid-location')
    })

    it('says so when it is given as an attribute value', async () => {
      const message = await sealOne(format, item({ S: 'a' }))
      const error = await refusal(format, item({ B: message } as unknown as Uint8Array))
      expect(error).toMatchObject({ code: 'not-a-message' })
      expect(error.message).toContain('{ B }. Give its bytes')
      const clear = await refusal(format, item({ B: 'text' } as unknown as Uint8Array))
      expect(clear.message).toContain('not binary')
    })

    it('says so when the key is not known', async () => {
      const message = await sealOne(format, item({ S: 'a' }))
      expect((await refusal(format, item(message, { key: {} }))).code).toBe('invalid-location')
    })
  })

  describe('the encryption context', () => {
    const seal = (encryptionContext: Record<string, string>) =>
      sealOne(createFormat({ keyring: rawKeyring(), encryptionContext, codec }), item({ S: 'a' }))

    it.each([
      ['a pair more', { tenant: 'a', more: 'b' }],
      ['a pair less', {}],
      ['another value', { tenant: 'b' }],
      ['another case', { Tenant: 'a' }],
    ])('with %s does not open', async (_name, encryptionContext) => {
      const message = await seal({ tenant: 'a' })
      const format = createFormat({ keyring: rawKeyring(), encryptionContext, codec })
      expect((await refusal(format, item(message))).code).toBe('wrong-context')
    })

    it('may have its pairs in any order', async () => {
      const message = await seal({ a: '1', b: '2' })
      expect(
        await openOne(
          createFormat({ keyring: rawKeyring(), encryptionContext: { b: '2', a: '1' }, codec }),
          item(message),
        ),
      ).toEqual({ S: 'a' })
    })

    it('is copied, so that the caller may change the object', async () => {
      const encryptionContext = { tenant: 'a' }
      const format = createFormat({ keyring: rawKeyring(), encryptionContext, codec })
      encryptionContext.tenant = 'b'
      expect(await openOne(format, item(await seal({ tenant: 'a' })))).toEqual({ S: 'a' })
    })

    it.each<[string, unknown]>([
      ['a promise for it', Promise.resolve({ tenant: 'a' })],
      ['a function that returns it', () => ({ tenant: 'a' })],
      ['a map', new Map([['tenant', 'a']])],
      ['a string', 'tenant'],
      ['a list of pairs', [['tenant', 'a']]],
      ['nothing', null],
      [
        'an instance of a class',
        new (class {
          tenant = 'a'
        })(),
      ],
      ['inherited pairs', Object.create({ tenant: 'a' })],
      [
        'pairs inherited of what has no prototype',
        Object.create(Object.assign(Object.create(null), { tenant: 'a' })),
      ],
      ['pairs that are not enumerable', Object.defineProperty({}, 'tenant', { value: 'a' })],
      ['a key that is a symbol', { [Symbol('tenant')]: 'a' }],
      ['a value that is an object', { tenant: new String('a') }],
      ['a value that is missing', { tenant: undefined }],
      ['a reserved key of the Encryption SDK', { 'aws-crypto-public-key': 'a' }],
      ['a reserved key of AWS', { 'aws:replica': 'us-west-2' }],
      ['a reserved key of ours', { 'dynaseal:table': 'Other' }],
      ['an empty key', { '': 'a' }],
      ['a value that is no string', { a: 1 }],
      ['a lone surrogate', { a: '\ud800' }],
      [
        'more pairs than allowed',
        Object.fromEntries(Array.from({ length: 65 }, (_, index) => [`k${index}`, 'v'])),
      ],
      ['more bytes than allowed', { a: 'x'.repeat(8192) }],
    ])('with %s is refused at construction', (_name, encryptionContext) => {
      const create = () =>
        createFormat({
          keyring: rawKeyring(),
          encryptionContext: encryptionContext as Record<string, string>,
        })
      expect(create).toThrow(ConfigurationError)
      expect(create).toThrow(expect.objectContaining({ code: 'invalid-context' }))
    })

    it.each<[string, object]>([
      ['without a prototype', Object.assign(Object.create(null), { tenant: 'a' })],
      ['of another realm', runInNewContext("({ tenant: 'a' })")],
      ['that is frozen', Object.freeze({ tenant: 'a' })],
    ])('may be an object %s', async (_name, encryptionContext) => {
      const format = createFormat({
        keyring: rawKeyring(),
        encryptionContext: encryptionContext as Record<string, string>,
        codec,
      })
      expect(await openOne(format, item(await seal({ tenant: 'a' })))).toEqual({ S: 'a' })
    })

    it.each<[string, unknown, string]>([
      ['a text', 'tenant-4711', 'a value of type String'],
      ['a promise', Promise.resolve({ tenant: 'tenant-4711' }), 'a value of type Promise'],
      ['an instance', Object.create({ tenant: 'tenant-4711' }), 'an object with a prototype of its own'],
    ])('says that it was given %s, and not its content', (_name, encryptionContext, kind) => {
      const create = () =>
        createFormat({
          keyring: rawKeyring(),
          encryptionContext: encryptionContext as Record<string, string>,
        })
      expect(create).toThrow(
        `The encryption context cannot be used: it must be a plain object, and not ${kind}.`,
      )
    })

    it('is read once', async () => {
      const values = ['a', 'b', 1]
      const encryptionContext = {
        get tenant() {
          return values.shift() as string
        },
      }
      const format = createFormat({ keyring: rawKeyring(), encryptionContext, codec })
      expect(await openOne(format, item(await seal({ tenant: 'a' })))).toEqual({ S: 'a' })
    })

    it('cannot hold a table name that is empty or too long', async () => {
      const format = createFormat({ keyring: rawKeyring(), codec })
      for (const table of ['', 'T'.repeat(8192), '\ud800']) {
        await expect(format.seal([item({ S: 'a' }, { table })])).rejects.toThrow(ConfigurationError)
      }
    })
  })
})

describe('options', () => {
  it.each<[string, object]>([
    ['no object', undefined as unknown as object],
    ['no keyring', {}],
    [
      'an instance of a class',
      new (class {
        keyring = rawKeyring()
      })(),
    ],
    ['inherited ones', Object.create({ keyring: rawKeyring() })],
    ['a promise for the keyring', { keyring: Promise.resolve(rawKeyring()) }],
    ['nothing as the cache', { keyring: rawKeyring(), cache: null }],
    ['a promise for the cache', { keyring: rawKeyring(), cache: Promise.resolve({}) }],
    ['a map for the cache', { keyring: rawKeyring(), cache: new Map([['maxAge', 1]]) }],
    ['a number for the cache', { keyring: rawKeyring(), cache: 1000 }],
    ['nothing as the maximum age', { keyring: rawKeyring(), cache: { maxAge: null } }],
    ['a maximum age as text', { keyring: rawKeyring(), cache: { maxAge: '1000' } }],
    ['a time for the clock', { keyring: rawKeyring(), cache: { now: 0 } }],
    ['no data keys for a call', { keyring: rawKeyring(), cache: { maxKeysPerOpen: 0 } }],
    ['a text for suites', { keyring: rawKeyring(), allowSuites: '0x0578' }],
    ['half a keyring', { keyring: { onEncrypt() {} } }],
    ['an unknown codec', { keyring: rawKeyring(), codec: 'other' }],
    ['a maximum age of zero', { keyring: rawKeyring(), cache: { maxAge: 0 } }],
    ['no maximum age', { keyring: rawKeyring(), cache: { maxAge: Number.POSITIVE_INFINITY } }],
    ['half a message', { keyring: rawKeyring(), cache: { maxMessages: 1.5 } }],
    ['zero messages', { keyring: rawKeyring(), cache: { maxMessages: 0 } }],
    [
      'more messages than the specification allows',
      { keyring: rawKeyring(), cache: { maxMessages: 2 ** 32 + 1 } },
    ],
    ['zero keys', { keyring: rawKeyring(), cache: { maxKeys: 0 } }],
    ['a negative memory', { keyring: rawKeyring(), cache: { refusalAge: -1 } }],
    ['a grace that is no number', { keyring: rawKeyring(), cache: { openingGrace: Number.NaN } }],
  ])('with %s are refused', (_name, options) => {
    const create = () => createFormatItself(options as Parameters<typeof createFormat>[0])
    expect(create).toThrow(expect.objectContaining({ name: 'ConfigurationError', code: 'invalid-option' }))
  })
})

describe('an option that there is none of', () => {
  it.each<[string, object, RegExp]>([
    [
      'of a format',
      { encryptioncontext: {} },
      /no option encryptioncontext\. The options are keyring, encryptionContext, /,
    ],
    [
      'of the cache',
      { cache: { maxage: 1, maxkeys: 1 } },
      /no option cache.maxage, cache.maxkeys\. The options are cache.maxAge, /,
    ],
  ])('%s is refused by its name', (_name, options, message) => {
    const create = () => createFormat({ keyring: rawKeyring(), ...options })
    expect(create).toThrow(expect.objectContaining({ name: 'ConfigurationError', code: 'invalid-option' }))
    expect(create).toThrow(message)
  })

  it('is no option that is not given', async () => {
    const format = createFormat({
      keyring: rawKeyring(),
      encryptionContext: undefined,
      cache: { maxAge: undefined },
    } as unknown as Parameters<typeof createFormat>[0])
    const message = await sealOne(format, item({ S: 'a' }))
    expect(await openOne(format, item(message))).toEqual({ S: 'a' })
  })
})

describe('calls into the keyring', () => {
  const manyItems = (count: number): ItemFields<AttributeValue>[] =>
    Array.from({ length: count }, (_, row) => ({
      table: 'Customers',
      key: { id: { N: String(row) } },
      fields: ['a', 'b', 'c', 'd', 'e'].map(name => ({ path: [name], value: { S: `${name}${row}` } })),
    }))
  const stored = (items: ItemFields<AttributeValue>[], sealed: Uint8Array[][]): ItemFields<Uint8Array>[] =>
    items.map((one, row) => ({
      ...one,
      fields: one.fields.map((field, index) => ({ ...field, value: sealed[row]![index]! })),
    }))

  it('200 parallel cold seals make one', async () => {
    const keyring = countingKeyring()
    const format = createFormat({ keyring })
    await Promise.all(Array.from({ length: 200 }, (_, index) => sealOne(format, item({ N: String(index) }))))
    expect(keyring.encrypts).toBe(1)
  })

  it('1,000 items with 5,000 fields, opened cold, make one', async () => {
    const items = manyItems(1000)
    const sealed = await createFormat({ keyring: rawKeyring() }).seal(items)
    const keyring = countingKeyring()
    const opened = await createFormat({ keyring }).open(stored(items, sealed))
    expect(JSON.stringify(opened)).toBe(
      JSON.stringify(items.map(one => one.fields.map(({ value }) => ({ value })))),
    )
    expect(keyring.decrypts).toBe(1)
    expect(keyring.encrypts).toBe(0)
  })

  it('1,000 parallel cold opens make one', async () => {
    const items = manyItems(1000)
    const places = stored(items, await createFormat({ keyring: rawKeyring() }).seal(items))
    const keyring = countingKeyring()
    const format = createFormat({ keyring })
    await Promise.all(places.map(place => format.open([place])))
    expect(keyring.decrypts).toBe(1)
  })

  it('one, too, when the Encryption SDK writes and reads', async () => {
    const keyring = countingKeyring()
    const format = createFormat({ keyring, codec: 'client-node' })
    const items = manyItems(20)
    const opened = await format.open(stored(items, await format.seal(items)))
    expect(opened.flat().every(field => 'value' in field)).toBe(true)
    expect([keyring.encrypts, keyring.decrypts]).toEqual([1, 0])
  })

  it('as many as there are data keys, in any mixture', async () => {
    const items = manyItems(30)
    const writers = [1, 2, 3].map(() => createFormat({ keyring: multiKeyring('a', 'bb') }))
    const sealed = await Promise.all(items.map(async (one, row) => (await writers[row % 3]!.seal([one]))[0]!))
    const keyring = countingKeyring(rawKeyring('bb'))
    const format = createFormat({ keyring })
    const opened = await format.open(stored(items, sealed))
    expect(opened.flat().every(field => 'value' in field)).toBe(true)
    expect(keyring.decrypts).toBe(3)
    await format.open(stored(items, sealed))
    expect(keyring.decrypts).toBe(3)
  })

  it('one per table, though the tables share encrypted data keys', async () => {
    const keyring = countingKeyring(unboundKeyring())
    const places = await Promise.all(
      ['Customers', 'Orders', 'Customers'].map(async table => {
        const format = createFormat({ keyring: unboundKeyring() })
        return item(await sealOne(format, item({ S: table }, { table })), { table })
      }),
    )
    const opened = await createFormat({ keyring }).open(places)
    expect(opened.flat()).toEqual([
      { value: { S: 'Customers' } },
      { value: { S: 'Orders' } },
      { value: { S: 'Customers' } },
    ])
    expect(keyring.decrypts).toBe(2)
  })

  it('none to open what this process sealed', async () => {
    const keyring = countingKeyring()
    const format = createFormat({ keyring })
    await openOne(format, item(await sealOne(format, item({ S: 'a' }))))
    expect(keyring.decrypts).toBe(0)
  })

  it('one per table', async () => {
    const keyring = countingKeyring()
    const format = createFormat({ keyring })
    await format.seal([item({ S: 'a' }), item({ S: 'b' }, { table: 'Orders' }), item({ S: 'c' })])
    expect(keyring.encrypts).toBe(2)
  })

  it('none for what is no message of this table', async () => {
    const keyring = countingKeyring()
    const format = createFormat({ keyring })
    const message = await sealOne(
      createFormat({ keyring: rawKeyring() }),
      item({ S: 'a' }, { table: 'Other' }),
    )
    await format.open([item(message), item<Uint8Array>(Buffer.from('plain'))])
    expect(keyring.decrypts).toBe(0)
  })
})

it('a message that is overwritten while its data key is fetched takes no other message along', async () => {
  const writer = createFormat({ keyring: rawKeyring() })
  const first = await sealOne(writer, item({ S: 'first' }))
  writer.clear()
  const second = await sealOne(writer, item({ S: 'second' }))
  expect(second).toHaveLength(first.length + 1)
  const reader = createFormat({ keyring: rawKeyring() })
  const buffer = Buffer.alloc(second.length)
  buffer.set(first)
  const opening = reader.open([item(buffer.subarray(0, first.length))])
  buffer.set(second)
  await opening
  expect(await openOne(reader, item(first))).toEqual({ S: 'first' })
  expect(await openOne(reader, item(second))).toEqual({ S: 'second' })
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
})

describe('the event loop', () => {
  // By this clock each piece of work takes a millisecond, however fast or busy the machine is.
  beforeEach(async () => {
    // The slice of the test before comes to its end.
    await new Promise(setImmediate)
    let now = 0
    vi.spyOn(performance, 'now').mockImplementation(() => now++)
  })
  afterEach(() => vi.restoreAllMocks())

  it('turns while hundreds of fields are sealed and opened', async () => {
    const format = createFormat({ keyring: rawKeyring() })
    const fields = Array.from({ length: 300 }, () => ({ path: ['a'], value: { S: 'x' } }))
    const loop = countTurns()
    const [messages] = await format.seal([{ table: 'T', key: customer, fields }])
    const sealTurns = loop.turns()
    await format.open([
      { table: 'T', key: customer, fields: messages!.map(value => ({ path: ['a'], value })) },
    ])
    const turns = loop.stop()
    expect(sealTurns).toBeGreaterThanOrEqual(30)
    expect(turns - sealTurns).toBeGreaterThanOrEqual(30)
  })

  it('turns while hundreds of callers seal one field each', async () => {
    const format = createFormat({ keyring: rawKeyring() })
    const loop = countTurns()
    await Promise.all(Array.from({ length: 300 }, () => sealOne(format, item({ S: 'x' }))))
    expect(loop.stop()).toBeGreaterThanOrEqual(30)
  })
})

function countTurns() {
  let turns = 0
  let counting = true
  const count = () => {
    turns++
    if (counting) setImmediate(count)
  }
  setImmediate(count)
  return {
    turns: () => turns,
    stop: () => {
      counting = false
      return turns
    },
  }
}
