import { describe, expect, it } from 'vitest'
import { normalizeNumber, SealError } from '../src/index.js'

const nines = '9'.repeat(38)

describe('normalizeNumber', () => {
  it.each([
    ['0', '0'],
    ['-0', '0'],
    ['0.000', '0'],
    ['-0E999', '0'],
    ['+1', '1'],
    ['001', '1'],
    ['1.0', '1'],
    ['1.', '1'],
    ['.5', '0.5'],
    ['-.50', '-0.5'],
    ['100', '100'],
    ['1e2', '100'],
    ['1E+2', '100'],
    ['1.50E1', '15'],
    ['15E-1', '1.5'],
    ['123.456', '123.456'],
    ['0.00120', '0.0012'],
    [nines, nines],
    [`${nines}0`, `${nines}0`],
    [`0.${nines}`, `0.${nines}`],
    [`9.${'9'.repeat(37)}E125`, nines + '0'.repeat(88)],
    ['1E125', `1${'0'.repeat(125)}`],
    ['1E-130', `0.${'0'.repeat(129)}1`],
    [`1.${'0'.repeat(60)}`, '1'],
    [`${'0'.repeat(60)}1`, '1'],
    [`1${'0'.repeat(60)}E-60`, '1'],
  ])('writes %s as %s', (text, normalized) => {
    expect(normalizeNumber(text)).toBe(normalized)
    expect(normalizeNumber(normalized)).toBe(normalized)
  })

  it.each([
    '',
    ' ',
    '.',
    '-',
    '+',
    'e1',
    '1e',
    '1e+',
    '1.2.3',
    '1,2',
    '0x1',
    '1 ',
    ' 1',
    '--1',
    'Infinity',
    'NaN',
    '1_0',
    '１',
    `${nines}1`,
    `1.${'0'.repeat(37)}1`,
    '1E126',
    '10E125',
    '1E-131',
    '0.1E-130',
    '1E999999999999',
    '1E-999999999999',
  ])('refuses %j', text => {
    expect(() => normalizeNumber(text)).toThrow(SealError)
    expect(() => normalizeNumber(text)).toThrow(expect.objectContaining({ code: 'invalid-value' }))
  })
})
