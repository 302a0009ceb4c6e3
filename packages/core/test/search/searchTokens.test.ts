// What search tokens are made with, and how they come.
import { describe, expect, it } from 'vitest'
import { createSearchKey, SearchError, type TokenSubject } from '../../src/index.js'
import { rawKeyring } from '../support/keyrings.js'
import { ada, define, errorOf, setUp, subject, tagsOf } from '../support/searching.js'

const SECRET = 'the value that no error may have'

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

  it.each([
    ['text in base64', { writeWith: 'abc=' }, "Buffer.from(text, 'base64')"],
    ['a promise of a search key', { writeWith: Promise.resolve() }, 'await createSearchKey()'],
    ['a name in the place of a keyring', { keyring: 'alias/a' }, 'new MrkKeyring({ keyArns })'],
  ])('say the way out of %s', async (_name, options, wayOut) => {
    const { create } = await setUp()
    expect(() => create(options as object)).toThrow(wayOut)
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
    const of = (value: TokenSubject['values'][0]) => ({ definition: tagsOf, table: 'Users', values: [value] })
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
