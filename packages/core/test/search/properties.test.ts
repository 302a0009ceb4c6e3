import { createHmac } from 'node:crypto'
import fc from 'fast-check'
import { beforeAll, describe, expect, it } from 'vitest'
import {
  type AttributePath,
  type AttributeValue,
  createSearchKey,
  createSearchTokens,
  type NormalizerName,
  normalizeNumber,
  type SearchTokens,
  serializeValue,
  TokenDefinition,
  type TokenSubject,
} from '../../src/index.js'
import { NORMALIZER_NAMES, normalizerOf } from '../../src/search/normalize.js'
import { rootOf } from '../../src/search/searchKey.js'
import { rawKeyring, unboundKeyring, unboundSecret } from '../support/keyrings.js'
import { numberText } from '../support/values.js'

let tokens: SearchTokens
/** Of a data key that is known. */
let known: SearchTokens
beforeAll(async () => {
  tokens = createSearchTokens({ keyring: rawKeyring(), writeWith: await createSearchKey(rawKeyring()) })
  const writeWith = await createSearchKey(unboundKeyring(), { version: 5 })
  known = createSearchTokens({ keyring: unboundKeyring(), writeWith })
})

// Few letters, so that names and values often are the same, or the beginning of one another.
const name = fc.string({
  unit: fc.constantFrom('a', 'b', '1', ':', '#', '\u0000', 'é'),
  minLength: 1,
  maxLength: 3,
})
const path: fc.Arbitrary<AttributePath> = fc
  .tuple(name, fc.array(fc.oneof(name, fc.constant(0)), { maxLength: 2 }))
  .map(([first, others]) => [first, ...others])
const text = fc.string({ unit: fc.constantFrom('a', 'b', '1', '.', '\u0000'), maxLength: 3 })
const scalar: fc.Arbitrary<AttributeValue> = fc.oneof(
  fc.record({ S: text }),
  fc.record({ N: fc.oneof(numberText, fc.constantFrom('1', '1.0', '1e0', '11')) }),
  fc.record({ B: text.map(characters => Uint8Array.from(Buffer.from(characters))) }),
)
const part = fc.oneof(scalar, fc.record({ BOOL: fc.boolean() }), fc.constant({ NULL: true }))
const anySubject: fc.Arbitrary<TokenSubject> = fc
  .record({
    parts: fc.array(fc.tuple(path, part), { maxLength: 2 }),
    last: fc.tuple(path, scalar),
    table: name,
    tenant: fc.option(name, { nil: undefined }),
  })
  .map(({ parts, last, table, tenant }) => {
    const all = [...parts, last]
    const definition = new TokenDefinition({ of: all.map(([path]) => ({ path })), bits: 256 })
    return { definition, table, tenant, values: all.map(([, value]) => value) }
  })

/** What tells subjects apart, in words. */
const meaning = ({ definition, table, tenant, values }: TokenSubject) =>
  JSON.stringify([
    table,
    tenant ?? null,
    definition.paths.map(path => path.map(step => (typeof step === 'number' ? 0 : step))),
    values.map(value =>
      'N' in value ? { N: normalizeNumber(value.N) } : 'B' in value ? { B: [...value.B] } : value,
    ),
  ])

describe('properties of tokens', () => {
  it('equal for what is the same, and for nothing else', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(anySubject, { minLength: 2, maxLength: 8 }), async subjects => {
        const made = (await tokens.write(subjects)).flat()
        const byMeaning = new Map(subjects.map((one, index) => [meaning(one), made[index]]))
        for (const [index, one] of subjects.entries()) expect(made[index]).toBe(byMeaning.get(meaning(one)))
        expect(new Set(byMeaning.values()).size).toBe(byMeaning.size)
      }),
    )
  })

  it('as one computes them from the specification', async () => {
    const u32 = (value: number) => Buffer.of(value >>> 24, value >>> 16, value >>> 8, value)
    const sized = (bytes: Uint8Array) => Buffer.concat([u32(bytes.length), bytes])
    const root = rootOf(unboundSecret(), 5)
    await fc.assert(
      fc.asyncProperty(anySubject, fc.integer({ min: 8, max: 256 }), async (one, bits) => {
        const { paths } = one.definition
        const definition = new TokenDefinition({ of: paths.map(path => ({ path })), bits })
        const steps = (path: AttributePath) =>
          path.map(step =>
            typeof step === 'number' ? Buffer.of(1) : Buffer.concat([Buffer.of(0), sized(Buffer.from(step))]),
          )
        const scope = Buffer.concat([
          sized(Buffer.from(one.table)),
          one.tenant === undefined
            ? Buffer.of(0)
            : Buffer.concat([Buffer.of(1), sized(Buffer.from(one.tenant))]),
          u32(paths.length),
          ...paths.flatMap(path => [u32(path.length), ...steps(path)]),
        ])
        const key = createHmac('sha256', root)
          .update(Buffer.concat([u32(1), Buffer.from('dynaseal:search:v1:token\0'), scope, u32(256)]))
          .digest()
        const digest = createHmac('sha256', key)
        for (const value of one.values) digest.update(sized(serializeValue(value)))
        const binary = [...digest.digest()].map(byte => byte.toString(2).padStart(8, '0')).join('')
        const [[token]] = (await known.write([{ ...one, definition }])) as [[string]]
        const [version, characters] = token.split('.') as [string, string]
        const found = [...Buffer.from(`${characters}AA`, 'base64url')]
          .map(byte => byte.toString(2).padStart(8, '0'))
          .join('')
        expect(version).toBe('5')
        expect(found.slice(0, bits)).toBe(binary.slice(0, bits))
        expect(found.slice(bits)).toMatch(/^0*$/)
        expect(characters).toHaveLength(Math.ceil(bits / 6))
      }),
    )
  })

  it('found, and fitting where they were written, and nowhere else', async () => {
    await fc.assert(
      fc.asyncProperty(anySubject, anySubject, async (one, other) => {
        const [stored, foreign] = await tokens.write([one, other])
        const found = await tokens.find([one])
        expect(found[0]!.map(({ token }) => token)).toEqual(stored)
        const same = meaning(one) === meaning(other)
        const [own, strange] = await tokens.check([
          { ...one, stored: stored! },
          { ...one, stored: foreign! },
        ])
        expect([own!.fits, strange!.fits]).toEqual([true, same])
      }),
    )
  })

  it('matching exactly where tokens of members meet', async () => {
    const definition = new TokenDefinition({ of: [{ path: ['a'] }], members: true, bits: 256 })
    await fc.assert(
      fc.asyncProperty(fc.array(scalar, { maxLength: 6 }), scalar, async (L, searched) => {
        const of = (value: AttributeValue) => ({ definition, table: 'Users', values: [value] })
        const [stored] = await tokens.write([of({ L })])
        const [[found] = []] = await tokens.find([of(searched)])
        expect(definition.matches([{ L }], [searched])).toBe(stored!.includes(found!.token))
        expect(
          await tokens.check([{ ...of({ L: L.toReversed() }), stored: stored!.toReversed() }]),
        ).toMatchObject([{ fits: true }])
        if (stored!.length > 0)
          expect(await tokens.check([{ ...of({ L }), stored: stored!.slice(1) }])).toMatchObject([
            { fits: false },
          ])
      }),
    )
  })
})

describe('whatever bytes and texts there are', () => {
  it('a search key is refused with a code, or is used with one', async () => {
    const good = await createSearchKey(rawKeyring())
    const change = fc.record({ at: fc.nat(good.length - 1), byte: fc.nat(255), cut: fc.nat(good.length) })
    const changed = fc.tuple(fc.array(change, { maxLength: 3 }), fc.boolean()).map(([changes, cuts]) => {
      const bytes = Uint8Array.from(good)
      for (const { at, byte } of changes) bytes[at] = byte
      return cuts && changes[0] !== undefined ? bytes.subarray(0, changes[0].cut) : bytes
    })
    await fc.assert(
      fc.asyncProperty(fc.oneof(changed, fc.uint8Array({ maxLength: 400 })), async writeWith => {
        try {
          const made = await createSearchTokens({ keyring: rawKeyring(), writeWith }).write([one])
          expect([made, Buffer.compare(writeWith, good)]).toEqual([[expect.anything()], 0])
        } catch (error) {
          expect(error).toMatchObject({ name: 'SearchError', code: expect.stringMatching(/^[a-z-]+$/) })
        }
      }),
      { numRuns: 500 },
    )
  })

  it('a check has an outcome', async () => {
    const stored = fc.array(
      fc.oneof(fc.anything(), fc.string(), fc.stringMatching(/^[0-9]{1,3}\.[\w-]{2,43}$/)),
      {
        maxLength: 3,
      },
    )
    await fc.assert(
      fc.asyncProperty(
        stored,
        fc.integer({ min: 8, max: 256 }),
        fc.boolean(),
        async (list, bits, members) => {
          const definition = new TokenDefinition({ of: [{ path: ['a'] }], bits, members })
          const [fit] = await tokens.check([{ ...one, definition, stored: list }])
          expect(fit!.fits).toBe(false)
        },
      ),
    )
  })

  const one: TokenSubject = {
    definition: new TokenDefinition({ of: [{ path: ['a'] }] }),
    table: 'Users',
    values: [{ S: 'a' }],
  }
})

it('nfkc is the normalization form of Unicode, from the first characters beyond ASCII on', () => {
  const nfkc = normalizerOf('nfkc')!
  for (let code = 0; code < 0x300; code++) {
    const text = `a${String.fromCharCode(code)}b`
    expect(nfkc(text)).toBe(text.normalize('NFKC'))
  }
})

describe('a named normalizer makes of its own result the same', () => {
  const marks = ['\u0301', '\u0307', '\u030c', '\u0331', '\u0308', '\u030a']
  const unit = fc.oneof(
    fc.string({ unit: 'binary', minLength: 1, maxLength: 1 }),
    // Where lower case, and composition after it, meet.
    fc.constantFrom(...'ΣσςİıẞßJjHTWYǰǄǅﬁÅΩ', '\u212b', '\u2126', ' ', '\u00a0', '\u3000', ...marks),
  )
  /** Of phone numbers: between what is taken out of other texts, letters and marks may meet. */
  const phone = fc.constantFrom(...'0123456789+-.()/ x', '\uff0b', '\uff11', '\u2011', '\u2212', '\u00a0')

  it.each(NORMALIZER_NAMES)('%s', name => {
    const normalize = normalizerOf(name as NormalizerName)!
    const given = fc.string({ unit: name === 'phoneDigits' ? phone : unit })
    fc.assert(
      fc.property(given, text => {
        expect(normalize(normalize(text))).toBe(normalize(text))
      }),
      { numRuns: 2000 },
    )
  })
})
