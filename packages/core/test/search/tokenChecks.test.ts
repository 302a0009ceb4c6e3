// Whether stored tokens fit what an item holds.
import { describe, expect, it } from 'vitest'
import type { VersionedToken } from '../../src/index.js'
import { ada, setUp, subject, tagsOf } from '../support/searching.js'

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
    const lists = { definition: tagsOf, table: 'Users', values: [{ S: 'no list' }] }
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
    const of = (S: string) => ({ definition: tagsOf, table: 'Users', values: [{ S }] })
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
