import { describe, expect, it } from 'vitest'
import { Writer } from '../../src/bytes/writer.js'
import {
  type AttributePath,
  type AttributeValue,
  createSearchTokens,
  type NormalizerName,
  SearchError,
  type SearchTokens,
  TokenDefinition,
  type TokenFit,
} from '../../src/index.js'
import { rootOf } from '../../src/search/searchKey.js'
import { writeMessage } from '../../src/search/tokenMessage.js'
import { canonicalScope } from '../../src/search/tokenScope.js'
import { fromJson, loadVectors, vectorKeyring, type WrappingKey } from '../support/vectors.js'

interface VectorKey {
  readonly name: string
  readonly encryptionContext: Record<string, string>
  readonly bytes: string
}

interface Subject {
  readonly name: string
  readonly table: string
  readonly tenant: string | null
  readonly of: { readonly path: AttributePath; readonly normalize: NormalizerName[] }[]
  readonly members: boolean
  readonly bits: number
  readonly values: AttributeValue[]
}

interface Made extends Subject {
  readonly searchKey: string
}

interface Claim extends Subject {
  readonly searchKeys: string[]
  readonly stored: unknown[]
  readonly versions: number[]
  readonly error: string
}

interface Positive {
  readonly wrappingKeys: WrappingKey[]
  readonly searchKeys: (VectorKey & { version: number; dataKey: string; root: string })[]
  readonly tokens: (Made & { scope: string; tokenKey: string; message: string; token: string })[]
  readonly members: (Made & { tokens: string[] })[]
  readonly fits: Claim[]
}

interface Negative {
  readonly searchKeys: (VectorKey & { error: string })[]
  readonly changes: (VectorKey & {
    flipped: { from: number; to: number; xor: number[]; error: string }[]
    cut: { from: number; to: number; error: string }[]
    appended: { bytes: string; error: string }[]
  })[]
  readonly values: (Made & { error: string })[]
  readonly misfits: Claim[]
}

const positive = loadVectors<Positive>('search/positive.json')
const negative = loadVectors<Negative>('search/negative.json')
const keyring = vectorKeyring(positive.wrappingKeys[0]!)
const byName = new Map(positive.searchKeys.map(key => [key.name, key]))

function tokensWith(names: string[]): SearchTokens {
  const [first, ...others] = names.map(name => byName.get(name)!)
  return createSearchTokens({
    keyring,
    writeWith: Buffer.from(first!.bytes, 'hex'),
    findWith: others.map(({ bytes }) => Buffer.from(bytes, 'hex')),
    encryptionContext: first!.encryptionContext,
  })
}

function subjectOf({ table, tenant, of, members, bits, values }: Subject) {
  const definition = new TokenDefinition({ of, members, bits })
  return { definition, table, tenant: tenant ?? undefined, values: values.map(fromJson) }
}

describe('vectors of search tokens', () => {
  it.each(positive.searchKeys)('root: $name', ({ version, dataKey, root }) => {
    expect(rootOf(Buffer.from(dataKey, 'hex'), version).toString('hex')).toBe(root)
  })

  it.each(positive.tokens)('token: $name', async ({ searchKey, token, scope, message, ...vector }) => {
    const subject = subjectOf(vector)
    const tokens = tokensWith([searchKey])
    expect(await tokens.write([subject])).toEqual([[token]])
    expect(await tokens.find([subject])).toEqual([[{ token, version: byName.get(searchKey)!.version }]])
    expect(canonicalScope(subject).toString('hex')).toBe(scope)
    const writer = new Writer(16)
    const { definition, values } = subject
    writeMessage(writer, definition.normalizeOne(values), definition.paths)
    expect(writer.written().toString('hex')).toBe(message)
  })

  it.each(positive.members)('members: $name', async ({ searchKey, tokens, ...vector }) => {
    expect(await tokensWith([searchKey]).write([subjectOf(vector)])).toEqual([tokens])
  })

  it.each(positive.fits)('fits: $name', async ({ searchKeys, stored, versions, ...vector }) => {
    const fit: TokenFit = { fits: true, versions, current: versions.every(version => version === 1) }
    expect(await tokensWith(searchKeys).check([{ ...subjectOf(vector), stored }])).toEqual([fit])
  })

  it.each(negative.misfits)('does not fit: $name', async ({ searchKeys, stored, error, ...vector }) => {
    const [fit] = await tokensWith(searchKeys).check([{ ...subjectOf(vector), stored }])
    expect(fit).toEqual({ fits: false, reason: error })
  })

  it.each(negative.values)('has no token: $name', async ({ searchKey, error, ...vector }) => {
    await expect(tokensWith([searchKey]).write([subjectOf(vector)])).rejects.toMatchObject({ code: error })
  })

  it.each(negative.searchKeys)('search key: $name', async ({ error, ...key }) => {
    expect(await useOf(key, Buffer.from(key.bytes, 'hex'))).toBe(error)
  })

  it.each(negative.changes)('$name', async ({ flipped, cut, appended, ...key }) => {
    const good = Buffer.from(key.bytes, 'hex')
    const variants: { bytes: Buffer; error: string }[] = []
    for (const { from, to, xor, error } of flipped) {
      for (let at = from; at < to; at++) {
        for (const bits of xor) {
          const bytes = Buffer.from(good)
          bytes[at]! ^= bits
          variants.push({ bytes, error })
        }
      }
    }
    for (const { from, to, error } of cut)
      for (let length = from; length < to; length++) variants.push({ bytes: good.subarray(0, length), error })
    for (const { bytes, error } of appended)
      variants.push({ bytes: Buffer.concat([good, Buffer.from(bytes, 'hex')]), error })
    expect(await useOf(key, good)).toBe('usable')
    const found = await Promise.all(variants.map(({ bytes }) => useOf(key, bytes)))
    expect(found).toEqual(variants.map(({ error }) => error))
    expect(variants.length).toBeGreaterThan(1000)
  })

  /** Whether a search key is usable, or the code of the error. */
  async function useOf({ encryptionContext }: VectorKey, writeWith: Buffer): Promise<string> {
    const definition = new TokenDefinition({ of: [{ path: ['a'] }] })
    try {
      await createSearchTokens({ keyring, writeWith, encryptionContext }).write([
        { definition, table: 'Users', values: [{ S: 'a' }] },
      ])
      return 'usable'
    } catch (error) {
      if (error instanceof SearchError) return error.code
      throw error
    }
  }
})
