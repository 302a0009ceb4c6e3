import { FieldError } from '@dynaseal/core'
import { expect, it, test } from 'vitest'
import { parseValue } from '../src/parseValue.js'

const parse = (type: number, hex: string) => parseValue(type, Buffer.from(hex.replaceAll(' ', ''), 'hex'))
const nested = (levels: number): string => {
  if (levels === 0) return ''
  const inner = nested(levels - 1)
  const length = (inner.length / 2).toString(16).padStart(8, '0')
  return `00000001 ${levels === 1 ? '0000' : '0300'} ${length} ${inner}`.replaceAll(' ', '')
}

test.each<[string, number, string, object]>([
  ['an empty set', 0x0101, '00000000', { SS: [] }],
  ['a set in any order', 0x0101, '00000002 00000001 62 00000001 61', { SS: ['b', 'a'] }],
  ['a number in another spelling', 0x0002, '312e30', { N: '1.0' }],
  [
    'a map in any order',
    0x0200,
    '00000002 0001 00000001 62 0000 00000000 0001 00000001 61 0000 00000000',
    { M: { b: { NULL: true }, a: { NULL: true } } },
  ],
])('reads %s', (_name, type, hex, value) => {
  expect(parse(type, hex)).toEqual(value)
})

it('reads 31 levels and not one more', () => {
  expect(parse(0x0300, nested(31))).toHaveProperty('L')
  expect(() => parse(0x0300, nested(32))).toThrow(FieldError)
})

test.each<[string, number, string]>([
  ['an unknown type', 0x0099, ''],
  ['a null with content', 0x0000, '00'],
  ['a boolean of two', 0x0004, '02'],
  ['a boolean of nothing', 0x0004, ''],
  ['a string that is no UTF-8', 0x0001, 'ff'],
  ['a number that is none', 0x0002, '78'],
  ['a member twice', 0x0101, '00000002 00000001 61 00000001 61'],
  ['a set that ends early', 0x0101, '00000002 00000001 61'],
  ['bytes behind a set', 0x0101, '00000001 00000001 61 00'],
  ['a key twice', 0x0200, '00000002 0001 00000001 61 0000 00000000 0001 00000001 61 0000 00000000'],
  ['an empty key', 0x0200, '00000001 0001 00000000 0000 00000000'],
  ['a key that is no string', 0x0200, '00000001 0002 00000001 31 0000 00000000'],
  ['bytes behind a map', 0x0200, '00000000 00'],
  ['bytes behind a list', 0x0300, '00000000 00'],
  ['a count that nothing follows', 0x0300, 'ffffffff'],
])('refuses %s', (_name, type, hex) => {
  expect(() => parse(type, hex)).toThrow(FieldError)
})
