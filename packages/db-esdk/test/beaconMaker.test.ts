import { type AttributeValue, TokenDefinition, type TokenOptions, type TokenSubject } from '@dynaseal/core'
import { describe, expect, test } from 'vitest'
import { BranchKey } from '../../branch-keyring/src/cache/branchKey.js'
import { type BeaconKeySource, createBeacons, transforms } from '../src/index.js'

const KEY = Buffer.alloc(32, 7)

/** Beacon keys by their ids, which the test can look at, and what they were asked for. */
function sourceOf(fail?: unknown) {
  const keys: BranchKey[] = []
  const asked: unknown[] = []
  const source: BeaconKeySource = {
    async beaconKey(id, options) {
      asked.push({ id, ...options })
      if (fail !== undefined) throw fail
      const key = new BranchKey(id, 'beacon:ACTIVE', new Uint8Array(KEY), 0)
      keys.push(key)
      return key
    },
  }
  return { source, keys, asked }
}

const subject = (value: AttributeValue, options: Partial<TokenOptions> = {}): TokenSubject => ({
  definition: new TokenDefinition({ of: [{ path: ['email'] }], bits: 32, ...options }),
  table: 'customers',
  attribute: ['aws_dbe_b_email'],
  values: [value],
  keyNames: ['id'],
})

const makerOf = (source: BeaconKeySource) => createBeacons({ keyring: source, branchKeyId: 'a' })

describe('the key', () => {
  test('is asked for once a call, and let go of', async () => {
    const { source, keys, asked } = sourceOf()
    const maker = makerOf(source)
    await maker.write([subject({ S: 'a' }), subject({ S: 'b' })])
    await maker.find([subject({ S: 'a' })])
    await maker.check([{ ...subject({ S: 'a' }), stored: ['00000000'] }])
    expect(asked).toEqual(
      [true, false, false].map(forWriting => ({ id: 'a', signal: undefined, forWriting })),
    )
    // Held by nobody else in this test: so it is zeroed, and what was derived of it.
    for (const key of keys) expect(() => key.secret).toThrow('zeroed')
  })

  test('is let go of when something fails, too', async () => {
    const { source, keys } = sourceOf()
    await expect(makerOf(source).write([subject({ L: [] }, { members: true })])).rejects.toThrow()
    expect(keys).toHaveLength(1)
    for (const key of keys) expect(() => key.secret).toThrow('zeroed')
  })

  test('gives what is derived of it once, and zeroes that with it', async () => {
    const { source, keys } = sourceOf()
    const held: BeaconKeySource = {
      beaconKey: async (id, options) => {
        const [known] = keys
        return known === undefined
          ? ((await source.beaconKey(id, options)) as BranchKey).hold()
          : known.hold()
      },
    }
    const maker = makerOf(held)
    const [[text]] = (await maker.write([subject({ S: 'a' })])) as [[string]]
    const [key] = keys as [BranchKey]
    const { derived } = key
    expect(derived).toBeDefined()
    expect(await maker.write([subject({ S: 'a' })])).toEqual([[text]])
    expect(key.derived).toBe(derived)
    const bytes = (derived as { ofBeacon(name: string): Uint8Array }).ofBeacon('email')
    expect(bytes.some(byte => byte !== 0)).toBe(true)
    key.release()
    expect(bytes.every(byte => byte === 0)).toBe(true)
  })

  test('that cannot be had is no reason to go without', async () => {
    const cause = new Error('no region answers')
    const { source } = sourceOf(cause)
    await expect(makerOf(source).write([subject({ S: 'a' })])).rejects.toMatchObject({
      name: 'SearchError',
      code: 'key-unavailable',
      cause,
    })
    const reason = new Error('enough')
    await expect(
      makerOf(source).find([subject({ S: 'a' })], { signal: AbortSignal.abort(reason) }),
    ).rejects.toBe(reason)
  })

  test('is that of the branch key that the item names, in a multi key store', async () => {
    const { source, asked } = sourceOf()
    const maker = createBeacons({ keyring: source, keyFieldName: 'tenant' })
    const of = (tenant: string) => ({ ...subject({ S: 'x' }), tenant })
    await maker.write([of('a'), of('b'), of('a')])
    expect(asked.map(each => (each as { id: string }).id)).toEqual(['a', 'b'])
    for (const tenant of [undefined, '', 1])
      await expect(maker.write([{ ...subject({ S: 'a' }), tenant } as never])).rejects.toMatchObject({
        code: 'invalid-location',
      })
    await expect(makerOf(source).write([of('a')])).rejects.toMatchObject({ code: 'invalid-location' })
  })
})

describe('what is stored is checked', () => {
  const { source } = sourceOf()
  const maker = makerOf(source)

  test('beacons of the value fit, and no others', async () => {
    const given = subject({ S: 'ada@example.com' })
    const [[text]] = (await maker.write([given])) as [[string]]
    const check = async (stored: readonly unknown[]) => (await maker.check([{ ...given, stored }]))[0]
    expect(await check([text])).toEqual({ fits: true, versions: [0], current: true })
    const other = text.replace(/./, digit => (digit === '0' ? '1' : '0'))
    expect(await check([other])).toEqual({ fits: false, reason: 'other-value' })
    for (const stored of [
      [],
      [text, text],
      [`${text.toUpperCase()}A`],
      [`${text}0`],
      [text.slice(1)],
      [7],
      [undefined],
    ])
      expect(await check(stored)).toEqual({ fits: false, reason: 'malformed' })
    const inUpperCase = [text.toUpperCase()]
    if (inUpperCase[0] !== text)
      expect(await check(inUpperCase)).toEqual({ fits: false, reason: 'malformed' })
  })

  test('those of members fit in any order, all together', async () => {
    const given = subject({ SS: ['a', 'b', 'c'] }, { members: true })
    const [texts] = (await maker.write([given])) as [string[]]
    expect(texts).toHaveLength(3)
    const check = async (stored: readonly unknown[]) => (await maker.check([{ ...given, stored }]))[0]!.fits
    expect(await check([...texts].reverse())).toBe(true)
    expect(await check(texts.slice(1))).toBe(false)
    expect(await check([...texts, '00000000'])).toBe(false)
    expect((await maker.check([{ ...given, values: [{ S: 'a' }], stored: texts }]))[0]!.fits).toBe(false)
  })
})

describe('what is searched for', () => {
  const { source } = sourceOf()
  const maker = makerOf(source)

  test.each([
    [{ BOOL: true }, /so few values/],
    [{ NULL: true }, /so few values/],
    [{ M: {} }, /map/],
    [{ SS: ['a'] }, /members/],
  ] as const)('is not %j, which is written all the same', async (value, reason) => {
    await expect(maker.find([subject(value as AttributeValue)])).rejects.toMatchObject({
      code: 'invalid-value',
      reason: expect.stringMatching(reason),
    })
    expect((await maker.write([subject(value as AttributeValue)]))[0]).toHaveLength(1)
  })

  test('is normalized as what is stored', async () => {
    const definition = { of: [{ path: ['email'], normalize: transforms.lower }] }
    const [[found] = []] = await maker.find([subject({ S: 'ADA' }, definition)])
    expect(await maker.write([subject({ S: 'Ada' }, definition)])).toEqual([[found?.token]])
    expect(await maker.write([subject({ S: 'ada' })])).toEqual([[found?.token]])
  })
})

test('errors name the place, and quote no value', async () => {
  const { source } = sourceOf()
  const hostile = {
    get S(): string {
      throw new Error('the secret value')
    },
  }
  const error = await makerOf(source)
    .write([subject(hostile)])
    .catch(error => error)
  expect(error).toMatchObject({
    code: 'invalid-value',
    table: 'customers',
    keyNames: ['id'],
    path: ['email'],
  })
  expect(`${error.message} ${error.cause}`).not.toContain('secret')
})

test.each([
  ['nested', { attribute: ['map', 'aws_dbe_b_email'] }],
  ['called otherwise', { attribute: ['emailToken'] }],
  ['called nothing', { attribute: ['aws_dbe_b_'] }],
  ['nowhere', { attribute: undefined }],
  ['of too many bits', subject({ S: 'a' }, { bits: 64 })],
])('no beacon is %s', async (_, change) => {
  const { source, asked } = sourceOf()
  const made = makerOf(source).write([{ ...subject({ S: 'a' }), ...change } as TokenSubject])
  await expect(made).rejects.toMatchObject({ code: 'invalid-location' })
  expect(asked).toEqual([])
})

test.each<[options: unknown, message: RegExp]>([
  [{}, /keyring must have beacon keys/],
  [{ keyring: sourceOf().source }, /either branchKeyId/],
  [{ keyring: sourceOf().source, branchKeyId: 'a', keyFieldName: 'b' }, /either branchKeyId/],
  [{ keyring: sourceOf().source, branchKeyId: '' }, /branchKeyId must be a text/],
  [{ keyring: sourceOf().source, branchKeyId: 'a', table: {} }, /no option table/],
  [
    { keyring: sourceOf().source, branchKeyId: 'a', tables: { t: { share: {} } } },
    /no option tables.t.share/,
  ],
  [{ keyring: sourceOf().source, branchKeyId: 'a', tables: { t: { shared: { a: 1 } } } }, /name of a beacon/],
  [{ keyring: sourceOf().source, branchKeyId: 'a', tables: null }, /tables must be a plain object/],
  ...['shared', 'numberOfPartitions'].map((name): [unknown, RegExp] => [
    { keyring: sourceOf().source, branchKeyId: 'a', tables: { t: { [name]: new Map([['a', 'b']]) } } },
    new RegExp(`tables.t.${name} must be a plain object`),
  ]),
])('options that cannot be are refused', (options, message) => {
  expect(() => createBeacons(options as never)).toThrow(
    expect.objectContaining({ name: 'ConfigurationError', message: expect.stringMatching(message) }),
  )
})
