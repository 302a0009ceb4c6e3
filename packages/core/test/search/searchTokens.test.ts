import { describe, expect, it } from 'vitest'
import {
  createSearchKey,
  createSearchTokens,
  SearchError,
  type SearchKeyOptions,
  type TokenSubject,
  type VersionedToken,
} from '../../src/index.js'
import { countingKeyring, rawKeyring } from '../support/keyrings.js'
import { ada, define, setUp, subject } from '../support/searching.js'

const SECRET = 'the value that no error may have'
const set = define({ of: [{ path: ['tags'] }], members: true })

async function errorOf(work: Promise<unknown>): Promise<unknown> {
  return work.then(
    () => {
      throw new Error('It worked.')
    },
    error => error,
  )
}

describe('createSearchKey', () => {
  it('makes bytes that work with the same keyring, version and context alone', async () => {
    const encryptionContext = { tenant: 'acme' }
    const writeWith = await createSearchKey(rawKeyring(), { version: 7, encryptionContext })
    const tokens = createSearchTokens({ keyring: rawKeyring(), writeWith, encryptionContext })
    expect(await tokens.write([ada])).toEqual([[expect.stringMatching(/^7\.[\w-]{22}$/)]])
    expect(tokens.versions).toEqual([7])
    const other = createSearchTokens({ keyring: rawKeyring('other'), writeWith, encryptionContext })
    await expect(other.write([ada])).rejects.toMatchObject({ code: 'key-unavailable' })
    expect(() => createSearchTokens({ keyring: rawKeyring(), writeWith })).toThrow(
      expect.objectContaining({ code: 'wrong-context' }),
    )
  })

  it('makes another one each time, by one call', async () => {
    const keyring = countingKeyring()
    const [one, two] = [await createSearchKey(keyring), await createSearchKey(keyring)]
    expect(keyring.encrypts).toBe(2)
    expect(keyring.decrypts).toBe(0)
    const token = async (writeWith: Uint8Array) => createSearchTokens({ keyring, writeWith }).write([ada])
    expect(await token(one)).not.toEqual(await token(two))
  })

  it.each([0, 256, 1.5, '1', null])('refuses version %s', async version => {
    await expect(createSearchKey(rawKeyring(), { version: version as number })).rejects.toMatchObject({
      code: 'invalid-option',
    })
  })

  it.each([
    [{ versoin: 1 }, 'invalid-option'],
    [{ encryptionContext: { 'dynaseal:search': '1' } }, 'invalid-context'],
    [{ encryptionContext: { 'dynaseal:table': 'Users' } }, 'invalid-context'],
    [{ encryptionContext: Promise.resolve({}) as never }, 'invalid-context'],
  ])('refuses %o', async (options, code) => {
    await expect(createSearchKey(rawKeyring(), options as SearchKeyOptions)).rejects.toMatchObject({ code })
  })

  it('says what the keyring failed with, and no more where it was aborted', async () => {
    const keyring = countingKeyring()
    keyring.failure = new Error('denied')
    expect(await errorOf(createSearchKey(keyring))).toMatchObject({
      name: 'SearchError',
      code: 'key-unavailable',
      cause: keyring.failure,
    })
    await expect(createSearchKey(keyring, { signal: AbortSignal.abort('too late') })).rejects.toBe('too late')
    expect(keyring.encrypts).toBe(1)
    keyring.gate = new Promise(() => {})
    const controller = new AbortController()
    const call = createSearchKey(keyring, { signal: controller.signal })
    controller.abort('gone')
    await expect(call).rejects.toBe('gone')
  })
})

describe('the options', () => {
  it.each<[string, object, string]>([
    ['an option that there is none of', { writeWiht: 1 }, 'invalid-option'],
    ['no keyring', { keyring: {} }, 'invalid-option'],
    ['a search key in base64', { writeWith: 'abc=' }, 'malformed-search-key'],
    ['no search key', { writeWith: undefined }, 'malformed-search-key'],
    ['other search keys that are no list', { findWith: new Uint8Array(3) }, 'invalid-option'],
    ['another search key that is none', { findWith: [new Uint8Array(3)] }, 'malformed-search-key'],
    ['no age', { cache: { maxAge: 0 } }, 'invalid-option'],
    ['an option of the cache that is for fields', { cache: { maxMessages: 1 } }, 'invalid-option'],
    ['no keys of tokens', { cache: { maxKeys: 0 } }, 'invalid-option'],
    ['half a key', { cache: { maxKeys: 1.5 } }, 'invalid-option'],
    ['a reserved pair', { encryptionContext: { 'aws:x': 'y' } }, 'invalid-context'],
  ])('are refused with %s', async (_name, options, code) => {
    const { create } = await setUp()
    expect(() => create(options)).toThrow(expect.objectContaining({ code }))
  })

  it('are refused where two search keys have one version', async () => {
    const { create, first } = await setUp()
    const again = await createSearchKey(rawKeyring())
    for (const findWith of [[first], [again]])
      expect(() => create({ findWith })).toThrow(/Two of the search keys have one version/)
  })

  it('may be changed afterwards: search keys are copied', async () => {
    const { create, first, second } = await setUp()
    const [own, other] = [Uint8Array.from(first), Uint8Array.from(second)]
    const tokens = create({ writeWith: own, findWith: [other] })
    const expected = await create().find([ada])
    own.fill(0)
    other.fill(0)
    expect(await tokens.find([ada])).toEqual(expected)
  })
})

describe('tokens', () => {
  it('are written under one version and found under all, in the order of the search keys', async () => {
    const { tokens, create, first, second } = await setUp()
    const turned = create({ writeWith: second, findWith: [first] })
    const [[one]] = (await tokens.write([ada])) as [[string]]
    const [[two]] = (await turned.write([ada])) as [[string]]
    expect(await tokens.find([ada])).toEqual([
      [
        { token: one, version: 1 },
        { token: two, version: 2 },
      ],
    ])
    expect(await turned.find([ada])).toEqual([
      [
        { token: two, version: 2 },
        { token: one, version: 1 },
      ],
    ])
    expect(
      await turned.check([
        { ...ada, stored: [one] },
        { ...ada, stored: [two] },
      ]),
    ).toEqual([
      { fits: true, versions: [1], current: false },
      { fits: true, versions: [2], current: true },
    ])
    expect(turned.versions).toEqual([2, 1])
  })

  it('stand in the order of what they are of, and are none of each other', async () => {
    const { tokens } = await setUp()
    const many = Array.from({ length: 300 }, (_, index) => subject({ N: String(index) }))
    const made = (await tokens.write(many)).flat()
    expect(new Set(made).size).toBe(300)
    const singly = await Promise.all(many.map(async one => (await tokens.write([one])).flat()))
    expect(singly.flat()).toEqual(made)
    expect((await tokens.find(many)).map(([found]) => found!.token)).toEqual(made)
    const fits = await tokens.check(many.map((one, index) => ({ ...one, stored: [made[index]] })))
    expect(fits.every(fit => fit.fits && fit.current)).toBe(true)
  })

  it('of members come sorted, whatever their order, each once', async () => {
    const { tokens } = await setUp()
    const of = (value: TokenSubject['values'][0]) => ({ definition: set, table: 'Users', values: [value] })
    const L = ['c', 'a', 'b', 'a', 'd', 'e'].map(S => ({ S }))
    const [made, reversed] = await tokens.write([of({ L }), of({ L: L.toReversed() })])
    expect(made).toEqual([...made!].sort())
    expect(made).toEqual(reversed)
    expect(made).toHaveLength(5)
    const [found] = await tokens.find([of({ S: 'd' })])
    expect(made).toContain(found![0]!.token)
  })

  it('of an empty page are none, and take no call', async () => {
    const { tokens, keyring } = await setUp()
    expect(await tokens.check([])).toEqual([])
    expect(keyring.decrypts).toBe(0)
  })

  it('are the same though their key had to leave and be derived again', async () => {
    const { create } = await setUp()
    const tenants = Array.from({ length: 20 }, (_, index) => ({ ...ada, tenant: `t${index % 4}` }))
    const expected = await create().write(tenants)
    expect(new Set(expected.flat()).size).toBe(4)
    for (const maxKeys of [1, 3, 4])
      expect(await create({ cache: { maxKeys } }).write(tenants)).toEqual(expected)
  })

  it('of a table and a tenant are none of what is written alike', async () => {
    const { tokens } = await setUp()
    const places = [
      { table: 'ab', tenant: 'c' },
      { table: 'a', tenant: 'bc' },
      { table: 'abc' },
      { table: 'a', tenant: 'b' },
      { table: 'ab' },
      { table: 'a1:b' },
      { table: 'ab', tenant: 'c' },
    ]
    const made = (await tokens.write(places.map(place => ({ ...ada, ...place })))).flat()
    expect(new Set(made).size).toBe(places.length - 1)
    expect(made.at(-1)).toBe(made[0])
  })

  it.each([
    ['no table', { table: '' }],
    ['a table that is no text', { table: 1 }],
    ['a table with a lone surrogate', { table: 'a\ud800' }],
    ['an empty tenant', { tenant: '' }],
    ['a tenant that is no text', { tenant: null }],
    ['a tenant with a lone surrogate', { tenant: '\udc00' }],
  ])('are refused with %s', async (_name, of) => {
    const { tokens } = await setUp()
    const wrong = { ...ada, ...of } as TokenSubject
    for (const work of [
      tokens.write([wrong]),
      tokens.find([wrong]),
      tokens.check([{ ...wrong, stored: ['1.AAAAAAAAAAAAAAAAAAAAAA'] }]),
    ])
      await expect(work).rejects.toMatchObject({ code: 'invalid-location' })
  })

  it('are refused with names, and without values', async () => {
    const { tokens } = await setUp()
    const throws = () => {
      throw new Error(SECRET)
    }
    const pair = define({ of: [{ path: ['a'] }, { path: ['b', 0, 'c'], normalize: throws }] })
    const wrong: TokenSubject[] = [
      subject({ M: { x: { S: SECRET } } }),
      subject({ N: SECRET }),
      subject({ S: `${SECRET}\ud800` }),
      subject({ S: SECRET }, { definition: define({ of: [{ path: ['email'], normalize: throws }] }) }),
      subject(
        { S: SECRET },
        { definition: define({ of: [{ path: ['email'], normalize: () => 1 as never }] }) },
      ),
      subject({ S: SECRET }, { values: [{ S: SECRET }, { S: SECRET }], definition: pair }),
      subject({ S: SECRET } as never, { values: SECRET as never }),
      subject({
        get S(): string {
          throw new Error(SECRET)
        },
      }),
    ]
    for (const one of wrong) {
      const error = await errorOf(tokens.write([ada, { ...one, keyNames: ['pk', 'sk'] }]))
      expect(error).toBeInstanceOf(SearchError)
      expect((error as Error).cause).toBeUndefined()
      expect(error).toMatchObject({
        code: 'invalid-value',
        table: 'Users',
        keyNames: ['pk', 'sk'],
      })
      expect((error as Error).message).toMatch(
        /^Cannot make a token of (email|a) of an item in table Users \(key: pk, sk\): /,
      )
      expect(`${(error as Error).stack}${JSON.stringify(error)}`).not.toContain(SECRET)
    }
    const error = await errorOf(tokens.write([wrong[5]!]))
    expect((error as Error).message).toContain(': b[0].c: normalize')
    const reasons = await Promise.all(wrong.map(async one => (await errorOf(tokens.write([one]))) as Error))
    expect(reasons.map(({ message }) => message.split(': ').slice(1).join(': '))).toEqual([
      expect.stringMatching(/^it is a map/),
      expect.stringMatching(/^a number is not one that DynamoDB can hold/),
      expect.stringMatching(/^a string has a lone surrogate/),
      expect.stringMatching(/^normalize is for texts/),
      expect.stringMatching(/^normalize is for texts/),
      expect.stringMatching(/^b\[0\]\.c: normalize is for texts/),
      expect.stringMatching(/^values must be a list of as many values/),
      expect.stringMatching(/^the value could not be read/),
    ])
  })
})

describe('a check', () => {
  it('says other-value where the value has no token, and never fails for what is stored', async () => {
    const { tokens } = await setUp()
    const [[stored]] = (await tokens.write([ada])) as [[string]]
    const strange = [
      undefined,
      null,
      '',
      stored,
      {},
      { 0: stored, length: 1 },
      [[stored]],
      [new String(stored)],
    ]
    const fits = await tokens.check(strange.map(one => ({ ...ada, stored: one as unknown[] })))
    expect(fits).toEqual(strange.map(() => ({ fits: false, reason: 'malformed' })))
    const lists = { definition: set, table: 'Users', values: [{ S: 'no list' }] }
    expect(await tokens.check([{ ...lists, stored: [stored] }])).toEqual([
      { fits: false, reason: 'other-value' },
    ])
  })

  it('is of what was stored when it began', async () => {
    const { tokens } = await setUp()
    const [token] = (await tokens.write([ada]))[0]!
    const stored: unknown[] = [token]
    const checking = tokens.check([{ ...ada, stored }])
    stored[0] = 'changed'
    expect(await checking).toMatchObject([{ fits: true }])
  })

  it('unwraps the search keys whose versions it meets, and no others', async () => {
    const { create, keyring, second, first } = await setUp()
    const [stored] = await create().write([ada])
    const turned = create({ writeWith: second, findWith: [first] })
    keyring.decrypts = 0
    expect(await turned.check([{ ...ada, stored: ['9.AAAAAAAAAAAAAAAAAAAAAA'] }])).toEqual([
      { fits: false, reason: 'unknown-version' },
    ])
    expect(keyring.decrypts).toBe(0)
    expect(await turned.check([{ ...ada, stored: stored! }])).toEqual([
      { fits: true, versions: [1], current: false },
    ])
    expect(keyring.decrypts).toBe(1)
  })

  it('names versions in their order, and takes no key for none', async () => {
    const { tokens } = await setUp()
    const of = (S: string) => ({ definition: set, table: 'Users', values: [{ S }] })
    const [[, old]] = (await tokens.find([of('a')])) as [[VersionedToken, VersionedToken]]
    const [[current]] = (await tokens.find([of('b')])) as [[VersionedToken]]
    const claim = { ...of('a'), values: [{ SS: ['a', 'b'] }], stored: [old.token, current.token] }
    expect(await tokens.check([claim])).toEqual([{ fits: true, versions: [1, 2], current: false }])
    const signal = AbortSignal.abort('gone')
    await expect(tokens.check([{ ...ada, stored: [] }], { signal })).rejects.toBe('gone')
  })

  it('of a page says of each what it is', async () => {
    const { tokens } = await setUp()
    const bob = subject({ S: 'bob@example.com' })
    const [[adas], [bobs]] = (await tokens.write([ada, bob])) as [[string], [string]]
    const fits = await tokens.check([
      { ...ada, stored: [adas] },
      { ...ada, stored: [bobs] },
      { ...bob, stored: [`3${bobs.slice(1)}`] },
      { ...bob, stored: [bobs] },
    ])
    expect(fits.map(fit => (fit.fits ? fit.current : fit.reason))).toEqual([
      true,
      'other-value',
      'unknown-version',
      true,
    ])
  })
})

describe('a definition', () => {
  it.each<[string, unknown]>([
    ['nothing', undefined],
    ['an option that there is none of', { of: [{ path: ['a'] }], bit: 8 }],
    ['no attributes', { of: [] }],
    ['an attribute that is no list', { of: { path: ['a'] } }],
    ['an attribute by its name', { of: ['email'] }],
    ['an option of an attribute that there is none of', { of: [{ path: ['a'], normalise: 'trim' }] }],
    ['an empty path', { of: [{ path: [] }] }],
    ['a path that is a text', { of: [{ path: 'email' }] }],
    ['a path that begins with a position', { of: [{ path: [0] }] }],
    ['a path with an empty name', { of: [{ path: ['a', ''] }] }],
    ['a normalizer that there is none of', { of: [{ path: ['a'], normalize: 'lower' }] }],
    ['a normalizer that objects inherit', { of: [{ path: ['a'], normalize: 'toString' }] }],
    ['a normalizer that is none', { of: [{ path: ['a'], normalize: [null] }] }],
    ['members of several attributes', { of: [{ path: ['a'] }, { path: ['b'] }], members: true }],
    ['members that are neither true nor false', { of: [{ path: ['a'] }], members: 1 }],
    ...[0, 257, 12.5, '8', Number.NaN].map(
      bits => [`${bits} bits`, { of: [{ path: ['a'] }], bits }] as [string, unknown],
    ),
  ])('is refused with %s', (_name, options) => {
    expect(() => define((options as never) ?? { of: undefined as never })).toThrow(
      expect.objectContaining({ code: 'invalid-option' }),
    )
  })

  it('of fewer than 8 bits is for tokens of other makers', async () => {
    const definition = define({ bits: 7 })
    const keyring = rawKeyring()
    const tokens = createSearchTokens({ keyring, writeWith: await createSearchKey(keyring) })
    const error = { code: 'invalid-option', message: expect.stringMatching(/from 8 to 256/) }
    const short = { ...ada, definition }
    await expect(tokens.write([ada, short])).rejects.toMatchObject(error)
    await expect(tokens.find([short])).rejects.toMatchObject(error)
    await expect(tokens.check([{ ...short, stored: ['1.AA'] }])).rejects.toMatchObject(error)
    const use = { table: 'users', attribute: ['a'], encrypted: [true] }
    expect(tokens.faultOf({ ...use, definition })).toMatch(/from 8 to 256/)
    expect(tokens.faultOf({ ...use, definition: define({ bits: 8 }) })).toBeUndefined()
  })

  it('says what it is of', () => {
    const path = ['a', 0]
    const { paths, members, bits } = define({ of: [{ path }, { path: ['b'] }] })
    path.push('changed')
    expect({ paths, members, bits }).toEqual({ paths: [['a', 0], ['b']], members: false, bits: 128 })
  })

  it('takes a function, and several in order', async () => {
    const { tokens } = await setUp()
    const withoutPlus = (text: string) => text.replace(/\+.*@/, '@')
    const definition = define({ of: [{ path: ['email'], normalize: ['email', withoutPlus] }] })
    const [one, other] = await tokens.write([ada, subject({ S: ' Ada+list@Example.com' }, { definition })])
    expect(one).toEqual(other)
  })

  it('matches what is equal once it is normalized', () => {
    const email = define({ of: [{ path: ['email'], normalize: 'email' }] })
    expect(email.matches([{ S: 'Ada@example.com' }], [{ S: ' ADA@EXAMPLE.COM' }])).toBe(true)
    expect(email.matches([{ S: 'ada@example.com' }], [{ S: 'bob@example.com' }])).toBe(false)
    expect(define().matches([{ N: '1.0' }], [{ N: '1' }])).toBe(true)
    expect(define().matches([{ S: '1' }], [{ N: '1' }])).toBe(false)
    expect(define().matches([{ M: {} }], [{ N: '1' }])).toBe(false)
    expect(set.matches([{ NS: ['1', '2'] }], [{ N: '2.0' }])).toBe(true)
    expect(set.matches([{ L: [{ S: 'a' }, { S: 'b' }] }], [{ S: 'c' }])).toBe(false)
    expect(set.matches([{ S: 'a' }], [{ S: 'a' }])).toBe(false)
    const pair = define({ of: [{ path: ['a'] }, { path: ['b'] }] })
    const picky = define({
      of: [{ path: ['email'], normalize: text => (text === 'x' ? (undefined as never) : text) }],
    })
    expect(picky.matches([{ S: 'x' }], [{ S: 'y' }])).toBe(false)
    expect(() => picky.matches([{ S: 'y' }], [{ S: 'x' }])).toThrow(SearchError)
    expect(define().matches([{ S: '\ud800' }], [{ S: 'y' }])).toBe(false)
    expect(() => define().matches([{ S: '\ud800' }], [{ S: '\ud800' }])).toThrow(SearchError)
    expect(pair.matches([{ S: 'ab' }, { S: 'c' }], [{ S: 'a' }, { S: 'bc' }])).toBe(false)
    expect(pair.matches([{ S: 'a' }, { BOOL: true }], [{ S: 'a' }, { BOOL: true }])).toBe(true)
    expect(() => define().matches([{ S: 'a' }], [{ BOOL: true }])).toThrow(SearchError)
  })
})
