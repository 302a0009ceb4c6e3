import { describe, expect, it } from 'vitest'
import {
  type AttributeValue,
  FieldError,
  MAX_DEPTH,
  parseValue,
  SealError,
  serializeValue,
} from '../src/index.js'

/** Hex with spaces between the fields, to be read beside docs/format.md. */
const hex = (text: string) => Uint8Array.from(Buffer.from(text.replaceAll(/\s/g, ''), 'hex'))

const nested = (depth: number): AttributeValue => (depth === 0 ? { NULL: true } : { L: [nested(depth - 1)] })
const nestedMaps = (depth: number): AttributeValue =>
  depth === 0 ? { NULL: true } : { M: { k: nestedMaps(depth - 1) } }

const known: [string, AttributeValue, string][] = [
  ['null', { NULL: true }, '0000'],
  ['true', { BOOL: true }, '0004 01'],
  ['false', { BOOL: false }, '0004 00'],
  ['empty string', { S: '' }, '0001'],
  ['ASCII string', { S: 'abc' }, '0001 616263'],
  ['astral string', { S: '𐀂é' }, '0001 f0908082 c3a9'],
  ['string with a byte order mark', { S: '\ufeffa' }, '0001 efbbbf 61'],
  ['number', { N: '-12.50' }, '0002 2d31322e35'],
  ['empty binary', { B: new Uint8Array() }, 'ffff'],
  ['binary', { B: hex('00ff') }, 'ffff 00ff'],
  ['string set', { SS: ['b', 'a', ''] }, '0101 00000003 00000000 00000001 61 00000001 62'],
  [
    'string set, astral before U+FF61',
    { SS: ['\uff61', '𐀂'] },
    '0101 00000002 00000004 f0908082 00000003 efbda1',
  ],
  [
    'number set, sorted as text',
    { NS: ['9', '10.0', '-1'] },
    '0102 00000003 00000002 2d31 00000002 3130 00000001 39',
  ],
  [
    'binary set, bytewise',
    { BS: [hex('ff'), hex('00'), hex('0001')] },
    '01ff 00000003 00000001 00 00000002 0001 00000001 ff',
  ],
  ['empty map', { M: {} }, '0200 00000000'],
  [
    'map',
    { M: { b: { S: 'x' }, a: { N: '1' } } },
    '0200 00000002 0001 00000001 61 0002 00000001 31 0001 00000001 62 0001 00000001 78',
  ],
  [
    'map key __proto__',
    { M: JSON.parse('{"__proto__":{"NULL":true}}') },
    '0200 00000001 0001 00000009 5f5f70726f746f5f5f 0000 00000000',
  ],
  ['empty list', { L: [] }, '0300 00000000'],
  [
    'list',
    { L: [{ S: 'a' }, { L: [{ BOOL: true }] }] },
    '0300 00000002 0001 00000001 61 0300 0000000b 00000001 0004 00000001 01',
  ],
]

describe('serialization of attribute values', () => {
  it.each(known)('writes %s as the format table says', (_name, value, bytes) => {
    expect(Buffer.from(serializeValue(value)).toString('hex')).toBe(Buffer.from(hex(bytes)).toString('hex'))
  })

  it.each(known)('reads %s back', (_name, value, bytes) => {
    const parsed = parseValue(hex(bytes))
    expect(Buffer.from(serializeValue(parsed)).toString('hex')).toBe(Buffer.from(hex(bytes)).toString('hex'))
    expect(Object.keys(parsed)).toEqual(Object.keys(value))
  })

  it('returns normalized numbers and sorted sets', () => {
    expect(parseValue(serializeValue({ NS: ['9', '1e1', '-1'] }))).toEqual({ NS: ['-1', '10', '9'] })
  })

  it('returns binaries in memory of their own', () => {
    const { B } = parseValue(hex('ffff 0102')) as { B: Uint8Array }
    expect(B.constructor).toBe(Uint8Array)
    expect(B.buffer.byteLength).toBe(2)
  })

  it('keeps a map key __proto__ a key', () => {
    const { M } = parseValue(hex('0200 00000001 0001 00000009 5f5f70726f746f5f5f 0000 00000000')) as {
      M: Record<string, AttributeValue>
    }
    expect(Object.keys(M)).toEqual(['__proto__'])
    expect(Object.getPrototypeOf(M)).toBe(Object.prototype)
  })

  it.each([
    ['lists', nested],
    ['maps', nestedMaps],
  ])('takes the deepest nesting of %s and refuses one more', (_name, make) => {
    expect(parseValue(serializeValue(make(MAX_DEPTH)))).toEqual(make(MAX_DEPTH))
    expect(() => serializeValue(make(MAX_DEPTH + 1))).toThrow(expect.objectContaining({ code: 'too-deep' }))
  })

  it('refuses a value that contains itself', () => {
    const value = { L: [] as AttributeValue[] }
    value.L.push(value)
    expect(() => serializeValue(value)).toThrow(expect.objectContaining({ code: 'too-deep' }))
  })

  it.each<[string, unknown]>([
    ['no object', 'text'],
    ['null', null],
    ['a function', Object.assign(() => {}, { S: 'a' })],
    ['no member', {}],
    ['two members', { S: 'a', N: '1' }],
    ['a member that it inherits', Object.create({ S: 'a' })],
    ['an unknown type', { $unknown: ['X', 1] }],
    ['an inherited name', { toString: 'a' }],
    ['a string that is a number', { S: 1 }],
    ['a lone surrogate', { S: '\ud800' }],
    ['a lone surrogate in a map key', { M: { '\udc00': { NULL: true } } }],
    ['a number that is a number', { N: 1 }],
    ['a number that is none', { N: 'NaN' }],
    ['a number with white space', { N: ' 1' }],
    ['a binary that is an array', { B: [1] }],
    ['a boolean that is a string', { BOOL: 'true' }],
    ['a null that is false', { NULL: false }],
    ['an empty set', { SS: [] }],
    ['a set that is none', { SS: 'a' }],
    ['a string set with a duplicate', { SS: ['a', 'b', 'a'] }],
    ['a number set with two spellings of a number', { NS: ['1', '1.0'] }],
    ['a binary set with a duplicate', { BS: [hex('01'), hex('01')] }],
    ['an empty map key', { M: { '': { NULL: true } } }],
    ['a map that is an array', { M: [] }],
    ['a map with undefined in it', { M: { a: undefined } }],
    ['a list that is an object', { L: {} }],
    ['a list with a hole', { L: new Array(1) }],
  ])('refuses to write %s', (_name, value) => {
    const write = () => serializeValue(value as AttributeValue)
    expect(write).toThrow(SealError)
    expect(write).toThrow(expect.objectContaining({ code: 'invalid-value' }))
  })

  it.each([1, 200])('takes the bytes of a binary that says it has %i for those that it has', said => {
    class Lying extends Uint8Array {
      override get length() {
        return said
      }
    }
    const lying = () => Lying.of(7, 8)
    for (const value of [{ B: lying() }, { BS: [lying()] }, { L: [{ B: lying() }] }] as AttributeValue[]) {
      const honest = JSON.parse(JSON.stringify(value), (_, part) =>
        part?.['0'] === 7 ? Uint8Array.of(7, 8) : part,
      ) as AttributeValue
      expect(Buffer.from(serializeValue(value)).toString('hex')).toBe(
        Buffer.from(serializeValue(honest)).toString('hex'),
      )
    }
  })

  it('reads each of several, whatever else it is given with it', () => {
    const values: AttributeValue[] = [{ S: 'a' }, { S: 'b' }, { BOOL: true }]
    expect(values.map(serializeValue).map(parseValue)).toEqual(values)
  })

  it('takes members that the SDK left undefined, and those of a prototype, for absent', () => {
    const value = Object.assign(Object.create({ BOOL: true }), { S: 'a', N: undefined }) as AttributeValue
    expect(Buffer.from(serializeValue(value)).toString('hex')).toBe('000161')
  })

  it.each([
    ['nothing', ''],
    ['half a type id', '00'],
    ['an unknown type id', '0003'],
    ['a null with content', '0000 00'],
    ['a boolean without content', '0004'],
    ['a boolean of two bytes', '0004 0001'],
    ['a boolean 2', '0004 02'],
    ['a string of invalid UTF-8', '0001 ff'],
    ['a string with an encoded surrogate', '0001 eda080'],
    ['a string with an overlong form', '0001 c080'],
    ['an empty number', '0002'],
    ['a number with an exponent', '0002 316530'],
    ['a number with a trailing zero', '0002 312e30'],
    ['a number with a leading zero', '0002 3031'],
    ['a negative zero', '0002 2d30'],
    ['a set without a count', '0101 000000'],
    ['an empty set', '0101 00000000'],
    ['a set that ends too early', '0101 00000002 00000001 61'],
    ['a set member longer than the set', '0101 00000001 00000002 61'],
    ['a set member of huge length', '0101 00000001 ffffffff 61'],
    ['a huge set', '0101 ffffffff 00000001 61'],
    ['a set with bytes after it', '0101 00000001 00000001 61 00'],
    ['a set in the wrong order', '0101 00000002 00000001 62 00000001 61'],
    ['a set in the order of UTF-8', '0101 00000002 00000003 efbda1 00000004 f0908082'],
    ['a set with a duplicate', '0101 00000002 00000001 61 00000001 61'],
    ['a number set with a number that is not normalized', '0102 00000001 00000002 3031'],
    ['a binary set in the wrong order', '01ff 00000002 00000001 01 00000001 00'],
    ['a binary set with a duplicate', '01ff 00000002 00000001 01 00000001 01'],
    ['a map with a key that is a number', '0200 00000001 0002 00000001 31 0000 00000000'],
    ['a map with an empty key', '0200 00000001 0001 00000000 0000 00000000'],
    [
      'a map with a duplicate key',
      '0200 00000002 0001 00000001 61 0000 00000000 0001 00000001 61 0000 00000000',
    ],
    [
      'a map in the wrong order',
      '0200 00000002 0001 00000001 62 0000 00000000 0001 00000001 61 0000 00000000',
    ],
    ['a map with bytes after it', '0200 00000000 00'],
    ['a list with bytes after it', '0300 00000000 00'],
    ['a list element longer than the list', '0300 00000001 0001 00000002 61'],
    ['a huge list', '0300 ffffffff'],
    ['a nested value that does not fill its length', '0300 00000001 0004 00000002 0100'],
  ])('refuses to read %s', (_name, bytes) => {
    const read = () => parseValue(hex(bytes))
    expect(read).toThrow(FieldError)
    expect(read).toThrow(expect.objectContaining({ code: 'malformed-value' }))
  })

  it('refuses to read what is nested too deep', () => {
    let bytes = Buffer.alloc(2)
    for (let depth = 0; depth <= MAX_DEPTH; depth++) {
      const content = bytes.subarray(2)
      const head = Buffer.alloc(12)
      head.writeUInt16BE(0x0300, 0)
      head.writeUInt32BE(1, 2)
      bytes.copy(head, 6, 0, 2)
      head.writeUInt32BE(content.length, 8)
      bytes = Buffer.concat([head, content])
      const read = () => parseValue(bytes)
      if (depth < MAX_DEPTH) expect(read()).toEqual(nested(depth + 1))
      else expect(read).toThrow(expect.objectContaining({ code: 'malformed-value' }))
    }
  })
})
