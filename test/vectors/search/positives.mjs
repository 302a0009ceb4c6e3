import { b64, values } from '../values.mjs'
import { keys } from './keys.mjs'
import { message, scope, token, tokenKey } from './writer.mjs'

export const EXAMPLE = 'the example of docs/format.md'
const home = { table: 'Users', paths: [['email']] }
const hex = bytes => bytes.toString('hex')
const isScalar = ([, value]) => ['S', 'N', 'B'].includes(Object.keys(value)[0])

/** What a token is made of, as it is given; `normalize` has a list for each path. */
export function subject(name, of) {
  const { searchKey = EXAMPLE, normalize, bits = 128, members = false, ...place } = { ...home, ...of }
  const { table, tenant = null, paths } = place
  return {
    name,
    searchKey,
    table,
    tenant,
    of: paths.map((path, index) => ({ path, normalize: normalize?.[index] ?? [] })),
    members,
    bits,
  }
}

/** `normalized` are the values whose token it is, `given` those that come to it. */
function one(name, normalized, of = {}, given = [normalized]) {
  const { searchKey = EXAMPLE, bits = 128, ...place } = { ...home, ...of }
  return given.map((values, index) => ({
    ...subject(index === 0 ? name : `${name}, otherwise (${index})`, of),
    values,
    scope: hex(scope(place)),
    tokenKey: hex(tokenKey(keys[searchKey], place)),
    message: hex(message(normalized)),
    token: token(keys[searchKey], place, normalized, bits),
  }))
}

const ada = [{ S: 'ada@example.com' }]
const text = (name, normalizers, normalized, ...given) =>
  one(
    name,
    [{ S: normalized }],
    { normalize: [normalizers] },
    [normalized, ...given].map(S => [{ S }]),
  )

export const tokens = () => [
  ...one('the example of docs/format.md', ada),
  ...Object.keys(keys).map(searchKey => one(`by the search key: ${searchKey}`, ada, { searchKey })[0]),
  ...[8, 9, 10, 11, 12, 13, 16, 20, 64, 127, 128, 254, 255, 256].flatMap(bits =>
    one(`${bits} bits`, ada, { bits }),
  ),
  ...values
    .filter(isScalar)
    .flatMap(([name, value, spellings = []]) =>
      one(`a value: ${name}`, [value], {}, [[value], ...spellings.map(spelling => [spelling])]),
    ),
  ...one('a binary that is a text elsewhere', [{ B: b64(hex(Buffer.from('ada@example.com'))) }]),
  ...one('another table', ada, { table: 'Tables – 東京' }),
  ...one('another attribute', ada, { paths: [['mail']] }),
  ...one('an attribute in a map', ada, { paths: [['profile', 'email']] }),
  ...one('an attribute in any element of a list', ada, { paths: [['mails', 0, 'address']] }),
  ...one('an attribute in another element of it', ada, { paths: [['mails', 7, 'address']] }),
  ...one('a tenant', ada, { tenant: 'acme' }),
  ...one('another tenant', ada, { tenant: 'acm\u00e9' }),
  ...one('a table that ends like a tenant', ada, { table: 'Users\u0001' }),
  ...one('two attributes', [{ S: 'acme' }, ...ada], { paths: [['tenant'], ['email']] }),
  ...one('two attributes, in another order', [...ada, { S: 'acme' }], { paths: [['email'], ['tenant']] }),
  ...one('two attributes, cut elsewhere', [{ S: 'acmea' }, { S: 'da@example.com' }], {
    paths: [['tenant'], ['email']],
  }),
  ...one(
    'attributes of all types',
    [{ BOOL: true }, { NULL: true }, { N: '1.5' }, { S: '' }, { B: b64('00') }],
    {
      paths: [['a'], ['b'], ['c'], ['d'], ['e', 'f']],
    },
    [
      [{ BOOL: true }, { NULL: true }, { N: '1.5' }, { S: '' }, { B: b64('00') }],
      [{ BOOL: true }, { NULL: true }, { N: '15e-1' }, { S: '' }, { B: b64('00') }],
    ],
  ),
  ...one(
    'two attributes, each normalized',
    [{ S: 'ada@example.com' }, { S: '4930123' }],
    { paths: [['email'], ['phone']], normalize: [['email'], ['phoneDigits']] },
    [[{ S: 'Ada@Example.com ' }, { S: '+49 (30) 123' }]],
  ),
  ...text(
    'trim',
    ['trim'],
    'a  b',
    ' \t\n\u000b\u000c\ra  b\u00a0\u1680',
    '\u2000\u200aa  b\u2028\u2029\u202f\u205f\u3000\ufeff',
  ),
  ...text('trim leaves', ['trim'], '\u001ca\u0085\u200b'),
  ...text('lowerCase', ['lowerCase'], 'straße ὀδυσσεύς 𐐨', 'STRAßE ὈΔΥΣΣΕΎΣ 𐐀'),
  ...text('lowerCase of one character to two', ['lowerCase'], 'i\u0307', '\u0130'),
  ...text('nfkc', ['nfkc'], 'Å ﬁ A 1'.normalize('NFKC'), 'A\u030a \ufb01 \uff21 \u2460'),
  ...text(
    '256 marks in a row',
    ['nfkc'],
    `b${'\u0316\u0301'.repeat(128)}c`.normalize('NFKC'),
    `b${'\u0301\u0316'.repeat(128)}c`,
  ),
  ...text(
    'email',
    ['email'],
    'ada.berg+x@example.com',
    ' Ada.Berg+X@EXAMPLE.com\n',
    '\uff41da.berg+x@example\uff0ecom',
  ),
  ...text(
    'email, composed after lower case',
    ['email'],
    '\u01f0@example.com',
    'J\u030c@example.com',
    'j\u030c@EXAMPLE.com',
  ),
  ...text(
    'phoneDigits',
    ['phoneDigits'],
    '4930123456',
    '+49 (30) 123-456',
    '\uff0b49\u201130/123.456',
    '49\u00a030\u2212123\u2014456',
  ),
  ...text('phoneDigits of what is no number', ['phoneDigits'], '1800flowers', '1-800-flowers'),
  ...text('several in order', ['trim', 'lowerCase'], 'ada', ' ADA '),
]

const set = (name, value, normalized, of = {}) => {
  const { searchKey = EXAMPLE, bits = 128, ...place } = { ...home, paths: [['tags']], ...of }
  const made = normalized.map(one => token(keys[searchKey], place, [one], bits))
  return {
    ...subject(name, { paths: [['tags']], ...of, members: true }),
    values: [value],
    tokens: [...new Set(made)].sort(),
  }
}
const texts = (...list) => list.map(S => ({ S }))

export const members = () => [
  set('a text set', { SS: ['red', 'blue'] }, texts('red', 'blue')),
  set('a number set', { NS: ['1', '2.0', '3e1'] }, [{ N: '1' }, { N: '2' }, { N: '30' }]),
  set('a binary set', { BS: [b64('00'), b64('ff')] }, [{ B: b64('00') }, { B: b64('ff') }]),
  set('a list', { L: [{ S: 'red' }, { N: '1' }, { B: b64('00') }, { S: 'red' }] }, [
    { S: 'red' },
    { N: '1' },
    { B: b64('00') },
  ]),
  set('an empty list', { L: [] }, []),
  set('members that become the same', { SS: ['Red', 'red', ' RED'] }, texts('red'), {
    normalize: [['trim', 'lowerCase']],
  }),
  set(
    'members that share tokens',
    { NS: Array.from({ length: 60 }, (_, index) => String(index)) },
    Array.from({ length: 60 }, (_, index) => ({ N: String(index) })),
    { bits: 8 },
  ),
]

const HELD = [EXAMPLE, 'version 2']

/** Stored tokens beside a value: those of `of` under each of `under`. `versions` or `error` are what a check gives. */
export function claim(name, of, values, stored, outcome) {
  const { searchKey: _, ...rest } = subject(name, of)
  return { ...rest, searchKeys: HELD, values, stored, ...outcome }
}
const under = (searchKey, value, of = {}) => {
  const { bits = 128, ...place } = { ...home, ...of }
  return token(keys[searchKey], place, [value], bits)
}
const tags = { paths: [['tags']], members: true }
const tag = (searchKey, S) => under(searchKey, { S }, { paths: [['tags']] })

export const fits = () => [
  claim('the current version', {}, ada, [under(EXAMPLE, ada[0])], { versions: [1] }),
  claim('an older version', {}, ada, [under('version 2', ada[0])], { versions: [2] }),
  claim('of 8 bits', { bits: 8 }, ada, [under(EXAMPLE, ada[0], { bits: 8 })], { versions: [1] }),
  claim(
    'of another spelling',
    { normalize: [['email']] },
    [{ S: 'ADA@example.com' }],
    [under(EXAMPLE, ada[0])],
    {
      versions: [1],
    },
  ),
  claim('members', tags, [{ SS: ['a', 'b'] }], [tag(EXAMPLE, 'b'), tag(EXAMPLE, 'a')], { versions: [1] }),
  claim('members of two versions', tags, [{ SS: ['a', 'b'] }], [tag(EXAMPLE, 'a'), tag('version 2', 'b')], {
    versions: [1, 2],
  }),
  claim('a member under two versions', tags, [{ SS: ['a'] }], [tag(EXAMPLE, 'a'), tag('version 2', 'a')], {
    versions: [1, 2],
  }),
  claim('no members', tags, [{ L: [] }], [], { versions: [] }),
]

const first = under(EXAMPLE, ada[0])
const flippedLast = `${first.slice(0, -1)}${first.endsWith('g') ? 'h' : 'g'}`
const misfit = error => ({ error })

export const misfits = () => [
  claim('of another value', {}, ada, [under(EXAMPLE, { S: 'bob@example.com' })], misfit('other-value')),
  claim(
    'of another type',
    {},
    ada,
    [under(EXAMPLE, { B: b64(hex(Buffer.from(ada[0].S))) })],
    misfit('other-value'),
  ),
  claim('of another table', {}, ada, [under(EXAMPLE, ada[0], { table: 'Others' })], misfit('other-value')),
  claim(
    'of another attribute',
    {},
    ada,
    [under(EXAMPLE, ada[0], { paths: [['mail']] })],
    misfit('other-value'),
  ),
  claim('of a tenant', {}, ada, [under(EXAMPLE, ada[0], { tenant: 'acme' })], misfit('other-value')),
  claim(
    'of another tenant',
    { tenant: 'acme' },
    ada,
    [under(EXAMPLE, ada[0], { tenant: 'emca' })],
    misfit('other-value'),
  ),
  claim('of no tenant', { tenant: 'acme' }, ada, [first], misfit('other-value')),
  claim('of another case', {}, [{ S: 'Ada@example.com' }], [first], misfit('other-value')),
  claim('with the version of another', {}, ada, [`2${first.slice(1)}`], misfit('other-value')),
  claim('with bits that are left over', {}, ada, [flippedLast], misfit('other-value')),
  claim(
    'of the other key with its version',
    {},
    ada,
    [`1${under('version 2', ada[0]).slice(1)}`],
    misfit('other-value'),
  ),
  claim(
    'of a search key that is not held',
    {},
    ada,
    [under('the highest version', ada[0])],
    misfit('unknown-version'),
  ),
  claim('longer than demanded', { bits: 64 }, ada, [first], misfit('malformed')),
  claim('shorter than demanded', {}, ada, [under(EXAMPLE, ada[0], { bits: 64 })], misfit('malformed')),
  ...[
    ['without a version', first.slice(2)],
    ['with a leading zero', `0${first}`],
    ['of version 0', `0${first.slice(1)}`],
    ['of a version with four digits', `1000${first.slice(1)}`],
    ['with padding', `${first}==`],
    ['with another alphabet', `1.${'+'.repeat(22)}`],
    ['with a space in front', ` ${first}`],
    ['with a line after it', `${first}\n`],
    ['an empty text', ''],
    ['null', null],
    ['a number', 1],
    ['an attribute value', { S: first }],
  ].map(([name, stored]) => claim(name, {}, ada, [stored], misfit('malformed'))),
  claim('none', {}, ada, [], misfit('malformed')),
  claim('two', {}, ada, [first, first], misfit('malformed')),
  claim('a member too few', tags, [{ SS: ['a', 'b'] }], [tag(EXAMPLE, 'a')], misfit('other-value')),
  claim(
    'a member too many',
    tags,
    [{ SS: ['a'] }],
    [tag(EXAMPLE, 'a'), tag(EXAMPLE, 'b')],
    misfit('other-value'),
  ),
  claim('of no member', tags, [{ L: [] }], [tag(EXAMPLE, 'a')], misfit('other-value')),
  claim(
    'a member of an unknown version',
    tags,
    [{ SS: ['a'] }],
    [tag(EXAMPLE, 'a'), tag('the highest version', 'a')],
    misfit('unknown-version'),
  ),
  claim('a member that is none', tags, [{ SS: ['a'] }], [tag(EXAMPLE, 'a'), 'a'], misfit('malformed')),
  claim('beside a value that has none', {}, [{ M: {} }], [first], misfit('other-value')),
]
