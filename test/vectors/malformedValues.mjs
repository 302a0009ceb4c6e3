import { serialize, sized, u16, u32, utf8 } from './writer.mjs'

/** Name and bytes, type id included, of what no writer of a format serializes, and every reader refuses. */
export function malformedValues() {
  const withValue = (name, ...parts) => [name, Buffer.concat(parts)]
  const value = hex => Buffer.from(hex.replaceAll(' ', ''), 'hex')
  const nested = (depth, wrap, innermost = { NULL: true }) =>
    depth === 0 ? innermost : wrap(nested(depth - 1, wrap, innermost))
  return [
    withValue('unknown type id', value('0003')),
    withValue('bytes after a null', value('0000 00')),
    withValue('bytes after a map', serialize({ M: {} }), Buffer.of(0)),
    withValue('boolean 2', value('0004 02')),
    withValue('boolean without content', value('0004')),
    withValue('string of invalid UTF-8', value('0001 ff')),
    withValue('string with an encoded surrogate', value('0001 eda080')),
    withValue('string with an encoded pair of surrogates', value('0001 eda080 edb080')),
    withValue('string with an overlong form', value('0001 c080')),
    withValue('string with an overlong form of three bytes', value('0001 e08080')),
    withValue('string with an overlong form of four bytes', value('0001 f0808080')),
    withValue('string with a code point above 10FFFF', value('0001 f4908080')),
    withValue('string that ends in a character of two bytes', value('0001 c3')),
    withValue('string that ends in a character of three bytes', value('0001 e282')),
    withValue('string that ends in a character of four bytes', value('0001 f09f97')),
    withValue('string with half a character', value('0001 e28261')),
    ...numbers(withValue),
    withValue('empty set', value('0101 00000000')),
    withValue('empty number set', value('0102 00000000')),
    withValue('empty binary set', value('01ff 00000000')),
    withValue('string set with invalid UTF-8', value('0101 00000001 00000001 ff')),
    withValue('number set with a number that is not normalized', serialize({ NS: ['1.0'] })),
    withValue('number set with an empty number', serialize({ NS: [''] })),
    withValue('duplicate in a string set', serialize({ SS: ['a', 'a'] })),
    withValue('duplicate in a number set', serialize({ NS: ['1', '1'] })),
    withValue('duplicate in a binary set', serialize({ BS: ['AA==', 'AA=='] })),
    withValue('string set in the wrong order', serialize({ SS: ['b', 'a'] })),
    withValue('string set in UTF-8 order', serialize({ SS: ['\uff61', '𐀂'] })),
    withValue('number set in numeric order', serialize({ NS: ['9', '10'] })),
    withValue('binary set in the wrong order', serialize({ BS: ['/w==', 'AA=='] })),
    withValue('set count too large', value('0101 00000002'), sized(utf8('a'))),
    withValue('set count too small', value('0101 00000001'), sized(utf8('a')), sized(utf8('b'))),
    withValue('number set count too small', value('0102 00000001'), sized(utf8('1')), sized(utf8('2'))),
    withValue('binary set count too small', value('01ff 00000001'), sized(utf8('a')), sized(utf8('b'))),
    withValue('set member of huge length', value('0101 00000001 ffffffff 61')),
    withValue('map in the wrong order', serialize({ M: { b: { NULL: true }, a: { NULL: true } } })),
    withValue('map in UTF-8 order', serialize({ M: { '\uff61': { NULL: true }, 𐀂: { NULL: true } } })),
    withValue(
      'duplicate map key',
      value('0200 00000002 0001 00000001 61 0000 00000000 0001 00000001 61 0000 00000000'),
    ),
    withValue('empty map key', serialize({ M: { '': { NULL: true } } })),
    withValue('map key that is a number', value('0200 00000001 0002 00000001 31 0000 00000000')),
    withValue('map key of invalid UTF-8', value('0200 00000001 0001 00000001 ff 0000 00000000')),
    withValue('map count too large', value('0200 00000001')),
    withValue('list count of four billion', value('0300 ffffffff')),
    withValue('list count too small', value('0300 00000000 0000 00000000')),
    withValue('nested value longer than its length', value('0300 00000001 0004 00000000 01')),
    withValue('nested value shorter than its length', value('0300 00000001 0004 00000002 0100')),
    withValue('33 nested lists', serialize(nested(33, inner => ({ L: [inner] })))),
    withValue('33 nested maps', serialize(nested(33, inner => ({ M: { k: inner } })))),
    withValue(
      '33 nested lists and maps',
      serialize({ L: [nested(16, inner => ({ M: { k: { L: [inner] } } }))] }),
    ),
    withValue(
      'an empty list in 32 lists',
      serialize({ L: [nested(31, inner => ({ L: [inner] }), { L: [] })] }),
    ),
    withValue(
      'an empty map in 32 lists',
      serialize({ L: [nested(31, inner => ({ L: [inner] }), { M: {} })] }),
    ),
    ...inContainers(withValue),
  ]
}

/** What is no normalized number, or one that DynamoDB does not have. */
function numbers(withValue) {
  const spellings = [
    ['with an exponent', '1E1'],
    ['with a trailing zero', '1.0'],
    ['with a trailing zero behind other digits', '1.10'],
    ['with a leading zero', '01'],
    ['with a minus sign and a leading zero', '-01'],
    ['of two zeros', '00'],
    ['with a plus sign', '+1'],
    ['with a space', ' 1'],
    ['without digits before its point', '.5'],
    ['without digits behind its point', '1.'],
    ['that is a sign', '-'],
    ['that is a point', '.'],
    ['in hexadecimal', '0x1'],
    ['that is none', 'NaN'],
    ['that is infinite', 'Infinity'],
    ['in other digits', '\u0661'],
    ['of 39 digits', '1'.repeat(39)],
    ['of 39 digits and a sign', `-${'1'.repeat(39)}`],
    ['of 39 digits, some behind a point', `1.${'1'.repeat(38)}`],
    ['that is too large', `1${'0'.repeat(126)}`],
    ['that is too small', `0.${'0'.repeat(130)}1`],
    ['that is too large below zero', `-1${'0'.repeat(126)}`],
    ['that is too small below zero', `-0.${'0'.repeat(130)}1`],
  ]
  return [
    ...spellings.map(([name, text]) => withValue(`number ${name}`, u16(2), utf8(text))),
    withValue('negative zero', u16(2), utf8('-0')),
    withValue('zero with a fraction', u16(2), utf8('0.0')),
    withValue('negative zero with a fraction', u16(2), utf8('-0.0')),
    withValue('empty number', u16(2)),
  ]
}

/** What is refused alone is refused inside of others. */
function inContainers(withValue) {
  const values = [
    ['a number that is not normalized', { N: '1.0' }],
    ['an empty set', { SS: [] }],
    ['a duplicate in a set', { SS: ['a', 'a'] }],
    ['a set in the wrong order', { BS: ['/w==', 'AA=='] }],
    ['a map in the wrong order', { M: { b: { NULL: true }, a: { NULL: true } } }],
    ['an empty map key', { M: { '': { NULL: true } } }],
  ]
  const invalid = Buffer.concat([u16(1), sized(Buffer.of(0xff))])
  return [
    ...values.flatMap(([name, value]) => [
      withValue(`a list with ${name}`, serialize({ L: [value] })),
      withValue(`a map with ${name}`, serialize({ M: { k: value } })),
    ]),
    withValue('a list with invalid UTF-8', u16(0x0300), u32(1), invalid),
    withValue('a map with invalid UTF-8', u16(0x0200), u32(1), u16(1), sized(utf8('k')), invalid),
  ]
}
