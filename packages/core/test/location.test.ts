import { createHash } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import {
  type AttributePath,
  type AttributeValue,
  canonicalLocation,
  locationHash,
  SealError,
} from '../src/index.js'

const domain = Buffer.from('dynaseal:location:v1').toString('hex')

function location(table: string, key: Record<string, AttributeValue>, path: AttributePath): string {
  return Buffer.from(canonicalLocation(table, key, path)).toString('hex')
}

const hex = (text: string) => text.replaceAll(/\s/g, '')

describe('canonical location', () => {
  it('is domain, table, key attributes and path, each with its length', () => {
    expect(location('Users', { id: { S: 'u1' } }, ['ssn'])).toBe(
      domain +
        hex('00000005 5573657273  00000001 00000002 6964 0001 00000002 7531  00000001 00 00000003 73736e'),
    )
  })

  it('has nothing of the item before, which may be of another table or have another key', () => {
    const places: [string, Record<string, AttributeValue>][] = [
      ['T', { a: { S: 'v' } }],
      ['T', { a: { S: 'v' }, b: { S: 'w' } }],
      ['T', { b: { S: 'v' } }],
      ['U', { b: { S: 'v' } }],
      ['U', { b: { N: '1' } }],
      ['T', { a: { S: 'v' } }],
    ]
    const text = (text: string) =>
      `${Buffer.from([0, 0, 0, text.length]).toString('hex')}${Buffer.from(text).toString('hex')}`
    for (const [table, key] of places) {
      const names = Object.keys(key)
      const pairs = names.map(name => {
        const [[type, content]] = Object.entries(key[name]!) as [[string, string]]
        return text(name) + (type === 'S' ? '0001' : '0002') + text(content)
      })
      expect(location(table, key, ['x'])).toBe(
        `${domain}${text(table)}0000000${names.length}${pairs.join('')}${hex('00000001 00 00000001 78')}`,
      )
    }
  })

  it('sorts key attributes by name and normalizes numbers', () => {
    expect(location('T', { b: { N: '1.50e1' }, a: { B: Uint8Array.of(255) } }, ['x'])).toBe(
      domain +
        hex(
          '00000001 54  00000002 00000001 61 ffff 00000001 ff 00000001 62 0002 00000002 3135  00000001 00 00000001 78',
        ),
    )
  })

  it('sorts names by UTF-8 bytes, where astral characters come last', () => {
    expect(location('T', { 𐀂: { S: 'a' }, '\uff61': { S: 'b' } }, ['x'])).toBe(
      domain +
        hex('00000001 54  00000002') +
        hex('00000003 efbda1 0001 00000001 62  00000004 f0908082 0001 00000001 61  00000001 00 00000001 78'),
    )
  })

  it('marks list positions without their number', () => {
    const expected = domain + hex('00000001 54  00000001 00000001 6b 0001 00000001 76')
    const path = hex('00000003 00 00000001 61 01 00 00000001 62')
    expect(location('T', { k: { S: 'v' } }, ['a', 7, 'b'])).toBe(expected + path)
    expect(location('T', { k: { S: 'v' } }, ['a', 0, 'b'])).toBe(expected + path)
  })

  it('has the hash that docs/format.md shows', () => {
    expect(Buffer.from(locationHash('Users', { id: { S: 'u1' } }, ['ssn'])).toString('hex')).toBe(
      '99eb71c6035964a77d2af73a2b40b7dea6f7ffbf22686c0584377d34738e06ca',
    )
  })

  it('is hashed with SHA-256', () => {
    const bytes = canonicalLocation('T', { k: { S: 'v' } }, ['a'])
    expect(Buffer.from(locationHash('T', { k: { S: 'v' } }, ['a']))).toEqual(
      createHash('sha256').update(bytes).digest(),
    )
  })

  it('tells apart places that look alike', () => {
    const places: [string, Record<string, AttributeValue>, AttributePath][] = [
      ['T', { k: { S: '1' } }, ['a']],
      ['T', { k: { N: '1' } }, ['a']],
      ['T', { k: { B: Buffer.from('1') } }, ['a']],
      ['Tk', { k: { S: '1' } }, ['a']],
      ['T', { k: { S: '1a' } }, ['a']],
      ['T', { k: { S: '1' }, l: { S: '2' } }, ['a']],
      ['T', { l: { S: '1' } }, ['a']],
      ['T', { k: { S: '1' } }, ['a', 0]],
      ['T', { k: { S: '1' } }, ['a', '0']],
      ['T', { k: { S: '1' } }, ['a', '\u0001']],
      ['T', { k: { S: '1' } }, ['a', 'b']],
      ['T', { k: { S: '1' } }, ['ab']],
      ['T', { k: { S: '1' } }, ['a.b']],
      ['T', { k: { S: '1' } }, ['a', 0, 0]],
    ]
    expect(new Set(places.map(place => location(...place))).size).toBe(places.length)
  })

  it.each<[string, string, Record<string, AttributeValue>, AttributePath, string]>([
    ['an empty table name', '', { k: { S: 'v' } }, ['a'], 'the table name is empty'],
    ['no key attribute', 'T', {}, ['a'], 'read the key attributes along with the field'],
    ['three of them', 'T', { a: { S: '1' }, b: { S: '1' }, c: { S: '1' } }, ['a'], 'one attribute or two'],
    [
      'a key attribute of another type',
      'T',
      { k: { BOOL: true } },
      ['a'],
      'no string, number or binary value',
    ],
    [
      'a key attribute that is missing',
      'T',
      { k: undefined as never },
      ['a'],
      'no string, number or binary value',
    ],
    ['a key attribute that is no number', 'T', { k: { N: 'x' } }, ['a'], 'is not a number'],
    ['a lone surrogate', 'T', { k: { S: '\ud800' } }, ['a'], 'a key attribute is empty or not a well-formed'],
    ['an empty path', 'T', { k: { S: 'v' } }, [], 'begins with the name of an attribute'],
    ['a path that begins with a position', 'T', { k: { S: 'v' } }, [0, 'a'], 'begins with the name'],
    ['a negative position', 'T', { k: { S: 'v' } }, ['a', -1], 'neither a map key nor a list position'],
    ['a fractional position', 'T', { k: { S: 'v' } }, ['a', 0.5], 'neither a map key nor a list position'],
    ['an empty step', 'T', { k: { S: 'v' } }, ['a', ''], 'an attribute path is empty'],
  ])('refuses %s', (_name, table, key, path, reason) => {
    expect(() => canonicalLocation(table, key, path)).toThrow(SealError)
    expect(() => canonicalLocation(table, key, path)).toThrow(
      expect.objectContaining({ code: 'invalid-location', reason: expect.stringContaining(reason) }),
    )
  })
})

describe('a caller whose getters ask for other locations', () => {
  const elsewhere = () => locationHash('Other', { id: { S: 'x' } }, ['y'])

  it('gets that of its own key', () => {
    const key = {
      id: { S: 'a' },
      get sort() {
        elsewhere()
        return { S: 'b' }
      },
    }
    const expected = locationHash('T', { id: { S: 'a' }, sort: { S: 'b' } }, ['p'])
    expect(locationHash('T', key, ['p'])).toEqual(expected)
  })

  it('gets that of its own path', () => {
    const path = new Proxy(['a', 'b'], {
      get(target, name, receiver) {
        if (name === '1') elsewhere()
        return Reflect.get(target, name, receiver)
      },
    })
    expect(locationHash('T', { id: { S: 'a' } }, path)).toEqual(
      locationHash('T', { id: { S: 'a' } }, ['a', 'b']),
    )
  })
})
