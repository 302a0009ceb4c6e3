import { describe, expect, it } from 'vitest'
import { keyringOf } from '../src/dataKeyCache/keyringOf.js'
import {
  ConfigurationError,
  combineKeyrings,
  createFormat,
  dataKeySource,
  type FormatOptions,
  type Keyring,
  NoKeyringOpensError,
} from '../src/index.js'
import { PermanentError } from './support/dataKeyCache.js'
import { openItem, outcomes, sealAll, sealItem, wholeItem } from './support/fields.js'
import { type CountingKeyring, countingKeyring, rawKeyring } from './support/keyrings.js'

const tenantOf: FormatOptions['encryptionContext'] = (_, { id }) => ({ tenant: String(id).split('#')[0]! })

const itemOf = (tenant: number | string, index = 0) =>
  wholeItem({ a: { S: `${tenant} ${index}` } }, { key: { id: { S: `${tenant}#${index}` } } })

describe('an encryption context for each tenant', () => {
  const format = (keyring: Keyring, options: Partial<FormatOptions> = {}) =>
    createFormat({ keyring, encryptionContext: tenantOf, ...options })

  it('costs a call for each tenant, and not for each item', async () => {
    const keyring = countingKeyring()
    const items = Array.from({ length: 1000 }, (_, index) => itemOf(index % 50, index))
    const stored = await sealAll(format(keyring), items)
    expect(keyring.encrypts).toBe(50)
    const reader = format(keyring)
    const opened = await reader.open(stored)
    expect(opened.map(({ fields }) => fields[0])).toEqual(
      items.map(({ fields }) => ({ value: fields[0]!.value })),
    )
    expect(keyring.decrypts).toBe(50)
  })

  it('keeps data keys for as many as the cache may have, those used last', async () => {
    const keyring = countingKeyring()
    const writer = format(keyring, { cache: { maxKeys: 2 } })
    for (const tenant of ['a', 'b', 'a', 'c', 'a', 'b']) await sealItem(writer, itemOf(tenant))
    expect(keyring.encrypts).toBe(4)
    expect(writer.statistics().keys.length).toBeLessThanOrEqual(4)
  })

  it('opens nothing under another tenant', async () => {
    const keyring = countingKeyring()
    const stored = await sealItem(format(keyring), itemOf('a'))
    const other = format(keyring, { encryptionContext: () => ({ tenant: 'b' }) })
    expect(await outcomes(other, stored)).toEqual(['wrong-context'])
    expect(keyring.decrypts).toBe(0)
    expect(await outcomes(format(keyring), { ...stored, key: { id: { S: 'b#0' } } })).toEqual([
      'wrong-context',
    ])
  })

  it.each<[string, unknown]>([
    ['a promise', Promise.resolve({ tenant: 'a' })],
    ['undefined', undefined],
    ['a number', { tenant: 7 }],
    ['a map', new Map([['tenant', 'a']])],
    ['a reserved pair', { 'aws:tenant': 'a' }],
  ])('is refused when the function gives %s', async (_, pairs) => {
    const wrong = format(rawKeyring(), { encryptionContext: () => pairs as Record<string, string> })
    await expect(wrong.seal([itemOf('a')])).rejects.toThrow(ConfigurationError)
    const stored = await sealItem(format(rawKeyring()), itemOf('a'))
    expect(await outcomes(wrong, stored)).toEqual(['invalid-context'])
  })

  it('fails the item whose key it has nothing for, and no other', async () => {
    const keyring = rawKeyring()
    const picky = format(keyring, {
      encryptionContext: (_, { id }) => {
        if (id === 'x#0') throw new Error('no tenant x')
        return { tenant: String(id).split('#')[0]! }
      },
    })
    const stored = await sealAll(format(keyring), [itemOf('a'), itemOf('x')])
    const [a, x] = await picky.open(stored)
    expect(a!.fields[0]).toEqual({ value: { S: 'a 0' } })
    expect(x!.fields[0]).toMatchObject({
      error: { code: 'invalid-context', cause: new Error('no tenant x') },
    })
    await expect(picky.seal([itemOf('x')])).rejects.toMatchObject({ code: 'invalid-context' })
  })

  it('is told the key as text, and bytes as bytes', async () => {
    const seen: unknown[] = []
    const one = format(rawKeyring(), {
      encryptionContext: (table, key) => {
        seen.push([table, key])
        return {}
      },
    })
    await one.seal([
      wholeItem({ a: { S: 'a' } }, { table: 'T', key: { pk: { B: Uint8Array.of(1) }, sk: { N: '1.50' } } }),
    ])
    expect(seen).toEqual([['T', { pk: Uint8Array.of(1), sk: '1.5' }]])
  })
})

it('that format 2 has no room for fails the fields of format 2 alone', async () => {
  const encryptionContext = Object.fromEntries(
    Array.from({ length: 63 }, (_, index) => [`pair ${index}`, 'x']),
  )
  const message = createFormat({ keyring: rawKeyring(), encryptionContext, format: 'message' })
  const stored = await sealItem(message, itemOf('a'))
  const planted = { path: ['b'], value: Buffer.from('da5e22', 'hex') }
  expect(await outcomes(message, { ...stored, fields: [...stored.fields, planted] })).toEqual([
    { S: 'a 0' },
    'invalid-context',
  ])
  await expect(
    createFormat({ keyring: rawKeyring(), encryptionContext }).seal([itemOf('a')]),
  ).rejects.toThrow('more than 64 pairs')
})

describe('a keyring for each tenant', () => {
  const setUp = () => {
    const keyrings = new Map<string, CountingKeyring>()
    const asked: string[] = []
    const keyring = async (context: Readonly<Record<string, string>>) => {
      asked.push(context.tenant!)
      const own = keyrings.get(context.tenant!) ?? countingKeyring(rawKeyring(context.tenant!))
      keyrings.set(context.tenant!, own)
      return own
    }
    const format = () => createFormat({ keyring, encryptionContext: tenantOf })
    return { keyrings, asked, format }
  }

  it('wraps what is of the tenant, and is asked for once', async () => {
    const { keyrings, asked, format } = setUp()
    const writer = format()
    await sealAll(writer, [itemOf('a'), itemOf('bb')])
    writer.clear()
    const stored = await sealAll(writer, [itemOf('a'), itemOf('bb')])
    expect(asked).toEqual(['a', 'bb'])
    expect([...keyrings.values()].map(({ encrypts }) => encrypts)).toEqual([2, 2])
    expect(await openItem(format(), stored[1]!)).toEqual([{ S: 'bb 0' }])
    const wrong = createFormat({ keyring: rawKeyring('a'), encryptionContext: tenantOf })
    expect(await outcomes(wrong, stored[0]!)).toEqual([{ S: 'a 0' }])
    expect(await outcomes(wrong, stored[1]!)).toEqual(['key-unavailable'])
  })

  it('refuses its own tenant alone', async () => {
    const { keyrings, format } = setUp()
    const stored = await sealAll(format(), [itemOf('a'), itemOf('bb'), itemOf('a', 1)])
    keyrings.get('a')!.failure = new PermanentError('disabled')
    const reader = format()
    const [a, b, again] = await reader.open(stored)
    expect(a!.fields[0]).toMatchObject({ error: { code: 'key-unavailable' } })
    expect(again!.fields[0]).toMatchObject({ error: { code: 'key-unavailable' } })
    expect(b!.fields[0]).toEqual({ value: { S: 'bb 0' } })
    await expect(reader.seal([itemOf('a')])).rejects.toMatchObject({ code: 'key-unavailable' })
    await expect(reader.seal([itemOf('bb')])).resolves.toHaveLength(1)
  })

  it('is asked for again after it could not be had', async () => {
    let failures = 1
    const format = createFormat({
      keyring: () => {
        if (failures-- > 0) throw new Error('directory is down')
        return rawKeyring()
      },
    })
    await expect(format.seal([itemOf('a')])).rejects.toMatchObject({
      code: 'key-unavailable',
      cause: new Error('directory is down'),
    })
    await expect(format.seal([itemOf('a')])).resolves.toHaveLength(1)
  })
})

describe('keyrings of a function', () => {
  const setUp = (maxKeys: number) => {
    const asked: string[] = []
    const failing = new Set<string>()
    const format = createFormat({
      keyring: context => {
        asked.push(context.tenant!)
        // What the function does to it is nobody's concern.
        for (const name of Object.keys(context)) delete (context as Record<string, string>)[name]
        if (failing.has(asked.at(-1)!)) throw new Error('directory is down')
        return rawKeyring()
      },
      encryptionContext: tenantOf,
      cache: { maxKeys },
    })
    const use = async (...tenants: string[]) => {
      for (const tenant of tenants) {
        format.clear()
        await format.seal([itemOf(tenant)]).catch(() => {})
      }
      return asked.splice(0)
    }
    return { use, failing }
  }

  it('are kept for as many contexts as the cache may have, those used last', async () => {
    const { use } = setUp(2)
    expect(await use('a', 'b', 'a', 'c', 'a', 'b')).toEqual(['a', 'b', 'c', 'b'])
  })

  it('are kept when another could not be had', async () => {
    const { use, failing } = setUp(10)
    failing.add('x')
    expect(await use('a', 'x', 'a', 'x', 'a')).toEqual(['a', 'x', 'x'])
  })

  it('are told apart by all pairs, in any order', () => {
    const asked: object[] = []
    const keyring = keyringOf(context => {
      asked.push(context)
      return rawKeyring()
    }, 10)[dataKeySource]!
    const ask = (encryptionContext: Record<string, string>) =>
      keyring.generateDataKey({ encryptionContext, length: 32, signal: new AbortController().signal })
    return Promise.all([
      ask({ a: '1', b: '2' }),
      ask({ b: '2', a: '1' }),
      ask({ a: '2', b: '1' }),
      ask({ a: '1' }),
    ]).then(() => expect(asked).toEqual([{ a: '1', b: '2' }, { a: '2', b: '1' }, { a: '1' }]))
  })

  it.each<[string, unknown]>([
    ['nothing', undefined],
    ['no keyring', {}],
    ['half a keyring', { onEncrypt() {} }],
    ['the other half of one', { onDecrypt() {} }],
  ])('are refused when it gives %s', async (_, given) => {
    const format = createFormat({ keyring: () => given as Keyring })
    const refused = format.seal([itemOf('a')])
    await expect(refused).rejects.toMatchObject({
      code: 'key-unavailable',
      cause: { code: 'invalid-option', message: expect.stringContaining('The function keyring') },
    })
  })
})

describe('a change of the key', () => {
  it.each<[string, unknown]>([
    ['nothing', undefined],
    ['a list', [rawKeyring()]],
    ['other names', { seal: rawKeyring(), open: [rawKeyring()] }],
    ['a function', { sealWith: () => rawKeyring(), openWith: [] }],
    ['a promise', { sealWith: Promise.resolve(rawKeyring()), openWith: [] }],
    ['nothing to open with', { sealWith: rawKeyring() }],
    ['no list to open with', { sealWith: rawKeyring(), openWith: rawKeyring() }],
    ['half a keyring to open with', { sealWith: rawKeyring(), openWith: [{ onDecrypt() {} }] }],
  ])('is refused with %s', (_, keyrings) => {
    expect(() => combineKeyrings(keyrings as Parameters<typeof combineKeyrings>[0])).toThrow(
      expect.objectContaining({ name: 'ConfigurationError', code: 'invalid-option' }),
    )
  })

  const old = () => createFormat({ keyring: rawKeyring('old') })
  const changed = (openWith: Keyring[] = [rawKeyring('old')]) =>
    createFormat({ keyring: combineKeyrings({ sealWith: rawKeyring('new one'), openWith }) })

  it('opens what both keys wrapped, and writes under the new one alone', async () => {
    const before = await sealItem(old(), itemOf('a'))
    const after = await sealItem(changed(), itemOf('a', 1))
    expect(await openItem(changed(), before)).toEqual([{ S: 'a 0' }])
    expect(await openItem(changed(), after)).toEqual([{ S: 'a 1' }])
    expect(await openItem(createFormat({ keyring: rawKeyring('new one') }), after)).toEqual([{ S: 'a 1' }])
    expect(await outcomes(old(), after)).toEqual(['key-unavailable'])
  })

  it('has its keyrings from when it was made', async () => {
    const openWith: Keyring[] = [rawKeyring('old')]
    const keyring = combineKeyrings({ sealWith: rawKeyring('new one'), openWith })
    openWith.pop()
    expect(await openItem(createFormat({ keyring }), await sealItem(old(), itemOf('a')))).toEqual([
      { S: 'a 0' },
    ])
  })

  it('goes on when the old key has ended', async () => {
    const gone = countingKeyring()
    gone.failure = new PermanentError('pending deletion')
    const before = await sealItem(old(), itemOf('a'))
    const after = await sealItem(changed([gone]), itemOf('a', 1))
    const reader = changed([gone])
    expect(await openItem(reader, after)).toEqual([{ S: 'a 1' }])
    const [refused] = await reader.open([before])
    const { error } = refused!.fields[0] as { error: Error }
    expect(error).toMatchObject({ code: 'key-unavailable', cause: { code: 'no-keyring-opens' } })
    expect((error.cause as Error).message).toContain('pending deletion')
  })

  it('is a refusal for good only when each of them refuses for good', async () => {
    const permanent = () => {
      const keyring = countingKeyring()
      keyring.failure = new PermanentError('no')
      return keyring
    }
    const transient = countingKeyring()
    transient.failure = new Error('time-out')
    const stored = await sealItem(old(), itemOf('a'))
    for (const [second, isPermanent] of [
      [permanent(), true],
      [transient, false],
    ] as const) {
      const format = createFormat({ keyring: combineKeyrings({ sealWith: permanent(), openWith: [second] }) })
      const [opened] = await format.open([stored])
      expect(opened!.fields[0]).toMatchObject({ error: { cause: { permanent: isPermanent } } })
    }
  })

  it('asks the old key only for what the new one does not open, in the order given', async () => {
    const asked: string[] = []
    const named = (name: string, opens: string) => {
      const keyring = countingKeyring(rawKeyring(opens))
      const { onDecrypt } = keyring
      keyring.onDecrypt = (material, keys) => {
        asked.push(name)
        return onDecrypt(material, keys)
      }
      return keyring
    }
    const format = () =>
      createFormat({
        keyring: combineKeyrings({
          sealWith: named('new', 'new one'),
          openWith: [named('other', 'other key'), named('old', 'old')],
        }),
      })
    const after = await sealItem(format(), itemOf('a'))
    const before = await sealItem(old(), itemOf('a'))
    expect(await openItem(format(), after)).toEqual([{ S: 'a 0' }])
    expect(asked.splice(0)).toEqual(['new'])
    expect(await openItem(format(), before)).toEqual([{ S: 'a 0' }])
    expect(asked).toEqual(['new', 'other', 'old'])
  })

  it('tells the errors of all, and the one when there is one', () => {
    const [one, two] = [new Error('first'), 'second']
    expect(new NoKeyringOpensError([one])).toMatchObject({ cause: one, errors: [one] })
    const both = new NoKeyringOpensError([one, two])
    expect(both.cause).toEqual(new AggregateError([one, two]))
    expect(both.message).toBe('None of the 2 keyrings decrypts the data key: first | second')
  })

  it('asks no further keyring when nobody waits any more', async () => {
    const controller = new AbortController()
    const oldKeyring = countingKeyring(rawKeyring('old'))
    const newKeyring = countingKeyring(rawKeyring('new one'))
    newKeyring.onDecrypt = async () => {
      controller.abort()
      throw new Error('aborted')
    }
    const before = await sealItem(old(), itemOf('a'))
    const keyring = combineKeyrings({ sealWith: newKeyring, openWith: [oldKeyring] })
    const opening = createFormat({ keyring }).open([before], { signal: controller.signal })
    await expect(opening).rejects.toHaveProperty('name', 'AbortError')
    expect(oldKeyring.decrypts).toBe(0)
  })
})
