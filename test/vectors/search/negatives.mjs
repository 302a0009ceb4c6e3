import { b64 } from '../values.mjs'
import { u16, utf8 } from '../writer.mjs'
import { subject } from './positives.mjs'
import { searchKey } from './writer.mjs'

const hex = bytes => bytes.toString('hex')
const BITS = [0x01, 0x02, 0x04, 0x08, 0x10, 0x20, 0x40, 0x80]

const refused = (name, error, { bytes }, encryptionContext = {}) => ({
  name,
  encryptionContext,
  bytes: hex(bytes),
  error,
})
const good = searchKey('good')
const withBytes = change => ({ bytes: change(Buffer.from(good.bytes)) })
const startingWith = text => withBytes(bytes => Buffer.concat([Buffer.from(text, 'hex'), bytes.subarray(3)]))
const commitmentOf = seed => searchKey(seed).commitment

/** One encrypted data key that has an empty part. */
const emptyPart =
  index =>
  ([...parts]) => {
    parts[index] = u16(0)
    return parts
  }

export const searchKeys = () => [
  refused('nothing', 'malformed-search-key', { bytes: Buffer.alloc(0) }),
  refused('a marker and no more', 'malformed-search-key', { bytes: Buffer.from('da5e30', 'hex') }),
  refused('an envelope attribute', 'malformed-search-key', startingWith('da5e20')),
  refused('a short field', 'malformed-search-key', startingWith('da5e21')),
  refused('version 0', 'malformed-search-key', searchKey('version 0', { version: 0 })),
  refused('no encrypted data key', 'malformed-search-key', searchKey('none', { keys: () => [] })),
  refused(
    '33 encrypted data keys',
    'malformed-search-key',
    searchKey('many', { keys: wrap => Array.from({ length: 33 }, () => wrap('first')) }),
  ),
  ...[0, 1, 2].map(index =>
    refused(
      `an empty part of an encrypted data key: ${index}`,
      'malformed-search-key',
      searchKey(`empty ${index}`, { keys: wrap => [emptyPart(index)(wrap('first'))] }),
    ),
  ),
  refused(
    'of another context',
    'wrong-context',
    searchKey('acme', { encryptionContext: { tenant: 'acme' } }),
  ),
  refused('without the pair that it was made with', 'wrong-context', good, { tenant: 'acme' }),
  refused(
    'of the context of an envelope',
    'wrong-context',
    searchKey('envelope', { pairs: { 'dynaseal:format': '2', 'dynaseal:table': 'Users' } }),
  ),
  refused(
    'with the tag of the expected context, wrapped under another',
    'key-unavailable',
    searchKey('wrapped', { wrapped: { 'dynaseal:format': '2', 'dynaseal:table': 'Users' } }),
  ),
  refused(
    'for another wrapping key',
    'key-unavailable',
    searchKey('second', { keys: wrap => [wrap('second')] }),
  ),
  ...[0, 16, 31, 33, 64].map(length =>
    refused(
      `a data key of ${length} bytes`,
      'key-unavailable',
      searchKey(`length ${length}`, { keys: wrap => [wrap('first', Buffer.alloc(length, 1))] }),
    ),
  ),
  refused(
    'a commitment to another context',
    'not-authentic',
    searchKey('bound', { bound: { 'dynaseal:search': '2' } }),
  ),
  refused(
    'a commitment to another version',
    'not-authentic',
    searchKey('version', { version: 2, boundTo: 1 }),
  ),
  refused(
    'a commitment of zeros',
    'not-authentic',
    searchKey('zeros', { committed: () => Buffer.alloc(32) }),
  ),
  refused(
    'the commitment of another data key',
    'not-authentic',
    searchKey('exchanged', { committed: () => commitmentOf('another') }),
  ),
  refused(
    'another data key',
    'not-authentic',
    searchKey('another data key', { keys: wrap => [wrap('first', Buffer.alloc(32, 7))] }),
  ),
  refused(
    'an encrypted data key put in front',
    'not-authentic',
    searchKey('front', {
      stored: list => [[utf8('x'), utf8('x'), utf8('x')].map(part => Buffer.concat([u16(1), part])), ...list],
    }),
  ),
  refused(
    'an encrypted data key put behind',
    'not-authentic',
    searchKey('behind', {
      stored: list => [...list, [utf8('x'), utf8('x'), utf8('x')].map(part => Buffer.concat([u16(1), part]))],
    }),
  ),
  refused(
    'an encrypted data key taken away',
    'not-authentic',
    searchKey('away', { keys: wrap => [wrap('first'), wrap('second')], stored: ([one]) => [one] }),
  ),
]

/** Each byte of a search key changed, each length of it. As in envelope/changes.mjs. */
export function changes() {
  const [[id, information, ciphertext]] = good.keys
  const parts = [
    [3, 'malformed-search-key'],
    [1, [[0x01], 'malformed-search-key'], [BITS.slice(1), 'not-authentic']],
    [4, 'wrong-context'],
    [2, 'malformed-search-key'],
    [2, 'malformed-search-key'],
    [id.length - 2, 'key-unavailable'],
    [2, 'malformed-search-key'],
    [information.length - 2, 'key-unavailable'],
    [2, 'malformed-search-key'],
    [ciphertext.length - 2, 'key-unavailable'],
    [32, 'not-authentic'],
  ]
  let from = 0
  const flipped = parts.flatMap(([length, ...errors]) => {
    const start = from
    from += length
    return errors.map(error => {
      const [xor, code] = Array.isArray(error) ? error : [BITS, error]
      return { from: start, to: start + length, xor, error: code }
    })
  })
  return {
    name: 'a search key, changed',
    encryptionContext: {},
    bytes: hex(good.bytes),
    flipped,
    cut: [{ from: 0, to: good.bytes.length, error: 'malformed-search-key' }],
    appended: [
      { bytes: '00', error: 'malformed-search-key' },
      { bytes: hex(good.bytes), error: 'malformed-search-key' },
    ],
  }
}

const untold = (name, values, of = {}) => ({ ...subject(name, of), values, error: 'invalid-value' })
const pair = { paths: [['a'], ['b']] }
const tags = { members: true }

export const values = () => [
  untold('a boolean alone', [{ BOOL: true }]),
  untold('null alone', [{ NULL: true }]),
  untold('a boolean and null', [{ BOOL: true }, { NULL: true }], pair),
  untold('a map', [{ M: { a: { S: 'x' } } }]),
  untold('a list', [{ L: [{ S: 'x' }] }]),
  untold('a text set', [{ SS: ['x'] }]),
  untold('a number set', [{ NS: ['1'] }]),
  untold('a binary set', [{ BS: [b64('00')] }]),
  untold('a map beside a text', [{ S: 'x' }, { M: {} }], pair),
  untold('a value too few', [{ S: 'x' }], pair),
  untold('a value too many', [{ S: 'x' }, { S: 'x' }]),
  untold('no value', []),
  untold('what is no number', [{ N: 'one' }]),
  untold('a number of 39 digits', [{ N: '1'.repeat(39) }]),
  untold('a number of too great a magnitude', [{ N: '1E126' }]),
  untold('a lone surrogate', [{ S: 'a\ud800' }]),
  untold('a number where texts are normalized', [{ N: '1' }], { normalize: [['trim']] }),
  untold('a binary where texts are normalized', [{ B: b64('00') }], { normalize: [['lowerCase']] }),
  untold('257 marks in a row where texts are normalized', [{ S: `a${'\u0301'.repeat(257)}` }], {
    normalize: [['nfkc']],
  }),
  untold('257 marks and what is made such in a row', [{ S: `a${'\u0301\uff9e'.repeat(128)}\uff9f` }], {
    normalize: [['email']],
  }),
  untold('a text where members are', [{ S: 'x' }], tags),
  untold('a map where members are', [{ M: {} }], tags),
  untold('a list of lists', [{ L: [{ L: [] }] }], tags),
  untold('a list with a map', [{ L: [{ S: 'x' }, { M: {} }] }], tags),
  untold('a list with a boolean', [{ L: [{ BOOL: true }] }], tags),
  untold('a list with null', [{ L: [{ NULL: true }] }], tags),
  untold('a list with a number where texts are normalized', [{ L: [{ N: '1' }] }], {
    ...tags,
    normalize: [['trim']],
  }),
]
