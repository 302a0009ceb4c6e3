import { randomBytes } from 'node:crypto'
import { createRequire } from 'node:module'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { serializeContext } from '../src/encryptionContext.js'
import { unwrap, uuidBytes, uuidOf, type Wrapping, wrap, wrappedUnder } from '../src/wrapping.js'
import java from './data/javaKeyStore.json' with { type: 'json' }

const VERSION = '4d1a235e-0c6c-4b09-8eec-6f3ad4bb24a6'

function wrapping(changes: Partial<Wrapping> = {}): Wrapping {
  return {
    secret: Buffer.alloc(32, 7),
    branchKeyId: 'tenant-1',
    version: uuidBytes(VERSION),
    context: serializeContext({ 'dynaseal:table': 'customers' }),
    ...changes,
  }
}

describe('a wrapped data key', () => {
  it.each(java.wrapped)('of the Java release is unwrapped ($id)', ({ branchKeyId, version, ...vector }) => {
    const encryptedDataKey = Buffer.from(vector.encryptedDataKey, 'base64')
    expect(wrappedUnder(encryptedDataKey, 32)).toBe(version)
    const dataKey = unwrap(encryptedDataKey, {
      secret: Buffer.from(vector.branchKey, 'hex'),
      branchKeyId,
      version: uuidBytes(version),
      context: serializeContext(vector.encryptionContext as unknown as Record<string, string>),
    })
    expect(dataKey).toHaveLength(32)
  })

  it('is unwrapped to what was wrapped, whatever its length, and says its version', () => {
    fc.assert(
      fc.property(
        fc.constantFrom(16, 24, 32),
        fc.string({ unit: 'grapheme', minLength: 1 }),
        fc.dictionary(fc.string(), fc.string(), { maxKeys: 4 }),
        (length, branchKeyId, pairs) => {
          const dataKey = new Uint8Array(randomBytes(length))
          const under = wrapping({ branchKeyId, context: serializeContext(pairs) })
          const wrapped = wrap(dataKey, under)
          expect(wrapped).toHaveLength(60 + length)
          expect(wrappedUnder(wrapped, length)).toBe(VERSION)
          expect(unwrap(wrapped, under)).toEqual(dataKey)
        },
      ),
    )
  })

  it('says its version, whichever was asked for before', () => {
    const versions = [VERSION, VERSION, '4d1a235e-0c6c-4b09-8eec-6f3ad4bb24a7', VERSION]
    const said = versions.map(version =>
      wrappedUnder(wrap(Buffer.alloc(32), wrapping({ version: uuidBytes(version) })), 32),
    )
    expect(said).toEqual(versions)
  })

  it('differs each time', () => {
    const dataKey = randomBytes(32)
    expect(wrap(dataKey, wrapping())).not.toEqual(wrap(dataKey, wrapping()))
  })

  it('is refused when any bit of it is another', () => {
    const wrapped = wrap(randomBytes(32), wrapping())
    for (let bit = 0; bit < wrapped.length * 8; bit++) {
      const changed = Buffer.from(wrapped)
      changed[bit >> 3]! ^= 1 << (bit & 7)
      // The version is what the branch key is looked up by: another one is bound to as well.
      const version = uuidBytes(wrappedUnder(changed, 32)!)
      expect(() => unwrap(changed, wrapping({ version }))).toThrow(
        expect.objectContaining({ code: 'DATA_KEY_REFUSED', permanent: true }),
      )
    }
  })

  it.each([
    ['another branch key', { secret: Buffer.alloc(32, 8) }],
    ['another branch key id', { branchKeyId: 'tenant-2' }],
    ['another version', { version: uuidBytes('4d1a235e-0c6c-4b09-8eec-6f3ad4bb24a7') }],
    ['another context', { context: serializeContext({ 'dynaseal:table': 'orders' }) }],
    ['no context', { context: serializeContext({}) }],
  ])('is refused under %s', (_, changes) => {
    const wrapped = wrap(randomBytes(32), wrapping())
    expect(() => unwrap(wrapped, wrapping(changes))).toThrow(
      expect.objectContaining({ code: 'DATA_KEY_REFUSED' }),
    )
  })

  it.each([0, 91, 93, 60 + 16])('of %i bytes is none for a data key of 32', length => {
    expect(wrappedUnder(randomBytes(length), 32)).toBeUndefined()
  })
})

describe('the encryption context', () => {
  // Undeclared by the packages that use it, so that it is resolved from one that does declare it.
  const require = createRequire(createRequire(import.meta.url).resolve('@aws-crypto/kms-keyring-node'))
  const { serializeFactory } = require('@aws-crypto/serialize')
  const { serializeEncryptionContext } = serializeFactory((text: string) => Buffer.from(text, 'utf8'), {
    utf8Sorting: true,
  })

  it('is serialized as the AWS Encryption SDK does', () => {
    fc.assert(
      fc.property(
        fc.dictionary(fc.string({ unit: 'grapheme' }), fc.string({ unit: 'grapheme' }), { maxKeys: 5 }),
        pairs => {
          const theirs = serializeEncryptionContext(pairs).subarray(2)
          expect(serializeContext(pairs)).toEqual(Buffer.from(theirs))
        },
      ),
    )
  })

  it('sorts by bytes and not by UTF-16 code units', () => {
    expect(serializeContext({ '\u{10002}': '', '\u{ff61}': '' }).toString('hex')).toBe(
      '0002' + '0003efbda10000' + '0004f09080820000',
    )
  })

  it('is nothing for no pairs', () => {
    expect(serializeContext({})).toHaveLength(0)
  })

  it.each([
    ['a lone surrogate', { a: '\ud800' }],
    ['a value that is no string', { a: 1 as unknown as string }],
    ['a value of 65,536 bytes', { a: 'a'.repeat(65_536) }],
    ['a key of 65,536 bytes', { ['a'.repeat(65_536)]: '' }],
  ])('is refused with %s', (_, pairs) => {
    expect(() => serializeContext(pairs)).toThrow(
      expect.objectContaining({ code: 'BAD_CONTEXT', permanent: true }),
    )
  })
})

describe('a UUID', () => {
  it('is the same after its 16 bytes', () => {
    fc.assert(fc.property(fc.uuid(), uuid => uuidOf(uuidBytes(uuid)) === uuid))
  })
})
