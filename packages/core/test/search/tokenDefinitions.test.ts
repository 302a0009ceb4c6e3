// What tokens are of.
import { describe, expect, it } from 'vitest'
import { createSearchKey, createSearchTokens, SearchError } from '../../src/index.js'
import { rawKeyring } from '../support/keyrings.js'
import { ada, define, setUp, subject, tagsOf } from '../support/searching.js'

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
    expect(tagsOf.matches([{ NS: ['1', '2'] }], [{ N: '2.0' }])).toBe(true)
    expect(tagsOf.matches([{ L: [{ S: 'a' }, { S: 'b' }] }], [{ S: 'c' }])).toBe(false)
    expect(tagsOf.matches([{ S: 'a' }], [{ S: 'a' }])).toBe(false)
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
