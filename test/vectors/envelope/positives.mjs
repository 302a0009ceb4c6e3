import { b64, values } from '../values.mjs'
import { content, message, serialize, sized16, utf8 } from '../writer.mjs'
import { damaged, keysOfLength } from './encryptedDataKeys.mjs'
import { hex, item, place } from './vector.mjs'
import { envelope, full, itemKey, pairsOf, short } from './writer.mjs'

const VALUE = { S: 'value' }

/** A field that opens, as it is read at `readPath`. */
function opened(make, seed, of, place, value = VALUE, { readPath = place.path, spellings = [] } = {}) {
  return {
    path: readPath,
    field: hex(make(seed, of, place, serialize(value))),
    value,
    ...(spellings.length > 0 && { spellings }),
    plaintext: hex(serialize(value)),
    dataKey: hex(of.dataKey),
    itemKey: hex(itemKey(of, place)),
  }
}

/** The example of docs/format.md. */
function example() {
  const at = { table: 'Users', key: { id: { S: 'u1' } }, path: ['ssn'] }
  const dataKey = Buffer.from(Array.from({ length: 32 }, (_, index) => index))
  const of = envelope('example', { ...at, dataKey })
  const value = { S: '078-05-1120' }
  return [
    item('the example of docs/format.md', at, of.attribute, [opened(short, 'example', of, at, value)]),
    item('the example of docs/format.md, as a full field', at, null, [
      opened(full, 'example', of, at, value),
    ]),
  ]
}

/** Every value, in an attribute of its name. */
function everyValue() {
  const fields = (make, of) =>
    values.map(([name, value, spellings]) =>
      opened(make, 'values', of, { ...place, path: [name] }, value, { spellings }),
    )
  const of = envelope('values', place)
  return [
    item('every value, in short fields', {}, of.attribute, fields(short, of)),
    item('every value, in full fields', {}, null, fields(full, of)),
  ]
}

const name255 = 'n'.repeat(255)

/** Paths that a reader could mistake for others, and where they are read if that is elsewhere. */
const paths = [
  [['profile']],
  [['profile', 'address', 'city']],
  [['profile.address.city']],
  [['profile', 'address.city']],
  [['cards', 0, 'number']],
  [['cards', '0', 'number']],
  [['cards[0].number']],
  [
    ['moved', 0, 'number'],
    ['moved', 7, 'number'],
  ],
  [['codes', 0]],
  [['rows', 1, 2]],
  [
    ['grid', 1, 2],
    ['grid', 0, 0],
  ],
  [['record', 'constructor']],
  [['record', '__proto__']],
  [['__proto__']],
  [['__proto__', '__proto__']],
  [['constructor', 'prototype']],
  [['toString']],
  [['hasOwnProperty', 0]],
  [['#name', ':value']],
  [[' ', '\n']],
  [['nul\u0000byte']],
  [['record', 'dynaseal']],
  [['record', '*']],
  [['"quoted"', "'", '\\', '`']],
  [['é']],
  [['e\u0301']],
  [['𐀂', '\uff61', '🗝\ufe0f']],
  [['\ufeff']],
  [[name255, name255]],
  [Array.from({ length: 32 }, (_, depth) => `level-${depth}`)],
]

function everyPath() {
  const fields = (make, of) =>
    paths.map(([path, readPath]) => opened(make, 'paths', of, { ...place, path }, VALUE, { readPath }))
  const of = envelope('paths', place)
  return [
    item('every path, in short fields', {}, of.attribute, fields(short, of)),
    item('every path, in full fields', {}, null, fields(full, of)),
  ]
}

const table8192 = pairsOf({ table: place.table, encryptionContext: { large: '' } })
const contextLength = pairs =>
  Object.entries(pairs).reduce((sum, pair) => sum + 4 + utf8(pair[0]).length + utf8(pair[1]).length, 2)

/** Name, and what differs from the ordinary item. `readKey` is the key as it is read. */
const forms = [
  ['context with a tenant', { encryptionContext: { tenant: 'acme' } }],
  [
    'context that sorts before, between and after',
    { encryptionContext: { a: '1', 'dynaseal-': '2', z: '' } },
  ],
  ['context in UTF-8 order', { encryptionContext: { 𐀂: 'a', '\uff61': 'b', é: 'ü' } }],
  [
    'context of 64 pairs',
    {
      encryptionContext: Object.fromEntries(
        Array.from({ length: 62 }, (_, index) => [`key-${index}`, 'value']),
      ),
    },
  ],
  ['context of 8,192 bytes', { encryptionContext: { large: 'x'.repeat(8192 - contextLength(table8192)) } }],
  ['context with a key __proto__', { encryptionContext: JSON.parse('{"__proto__":"a","constructor":"b"}') }],
  ['non-ASCII table name', { table: 'Kundinnen-ü' }],
  ['string key', { key: { id: { S: 'ü 🗝' } } }],
  ['number key', { key: { id: { N: '15' } } }],
  ['number key, read in another spelling', { key: { id: { N: '15' } }, readKey: { id: { N: '1.50E1' } } }],
  ['zero key, read with a sign', { key: { id: { N: '0' } }, readKey: { id: { N: '-0.0' } } }],
  ['binary key', { key: { id: { B: b64('00ff') } } }],
  ['string and string', { key: { pk: { S: 'a' }, sk: { S: 'b' } } }],
  ['string and binary', { key: { pk: { S: 'a' }, sk: { B: b64('80') } } }],
  ['number and number', { key: { pk: { N: '-1' }, sk: { N: `0.${'0'.repeat(129)}1` } } }],
  ['key whose sort key comes first', { key: { id: { S: 'ü' }, a: { N: '-0.5' } } }],
  ['key names in UTF-8 order', { key: { 𐀂: { S: 'a' }, '\uff61': { S: 'b' } } }],
  [
    'key names __proto__ and constructor',
    { key: JSON.parse('{"__proto__":{"S":"a"},"constructor":{"N":"1"}}') },
  ],
]

const foreign = [Buffer.of(0xff, 0xfe), Buffer.of(0), Buffer.of(0x80)].map(sized16)

/** Name and encrypted data keys. */
const keyForms = [
  ['two encrypted data keys', wrap => [wrap('second'), wrap('first')]],
  ['three encrypted data keys', wrap => [wrap('first'), wrap('second'), wrap('third')]],
  ['32 encrypted data keys', wrap => Array.from({ length: 32 }, () => wrap('first'))],
  [
    'an encrypted data key that does not decrypt before one that does',
    wrap => [damaged(wrap('first')), wrap('first')],
  ],
  ['a data key of 16 bytes before one of 32', wrap => [wrap('first', Buffer.alloc(16)), wrap('first')]],
  ['envelope of 524,288 bytes', keysOfLength(524_288), { shortAlone: true }],
  [
    'an encrypted data key before one of the same wrapping key and IV that does not decrypt',
    wrap => {
      const good = wrap('first')
      return [good, damaged(good)]
    },
  ],
  ['an encrypted data key whose parts are no text', wrap => [foreign, wrap('first')]],
]

function everyForm() {
  const both = (name, { readKey, ...form }, keys, { shortAlone = false } = {}) => {
    const at = { ...place, ...form, path: ['secret'] }
    const of = envelope(name, { ...at, keys })
    return item(name, { ...at, key: readKey ?? at.key }, of.attribute, [
      opened(short, name, of, at),
      ...(shortAlone ? [] : [opened(full, name, of, { ...at, path: ['updated', 'secret'] })]),
    ])
  }
  return [
    ...forms.map(([name, form]) => both(name, form)),
    ...keyForms.map(([name, keys, options]) => both(name, {}, keys, options)),
  ]
}

/** Several formats and envelopes in one item, as puts and updates leave them. */
function mixed() {
  const [put, other, third] = ['put', 'update', 'another update'].map(seed => envelope(seed, place))
  const at = path => ({ ...place, path })
  const ofMessage = (seed, place) => {
    const plaintext = content(place, VALUE)
    const { bytes, dataKey } = message(seed, place, plaintext)
    return {
      path: place.path,
      field: hex(bytes),
      value: VALUE,
      plaintext: hex(plaintext),
      dataKey: hex(dataKey),
    }
  }
  const elsewhere = envelope('elsewhere', { ...place, table: 'Orders' })
  const twoFull = [
    opened(full, 'update', other, at(['profile', 'secret'])),
    opened(full, 'another update', third, at(['cards', 1, 'number'])),
  ]
  return [
    item('full fields of several envelopes beside short fields', {}, put.attribute, [
      opened(short, 'put', put, at(['secret'])),
      opened(short, 'put', put, at(['cards', 0, 'number'])),
      opened(full, 'put', put, at(['profile', 'own'])),
      ...twoFull,
    ]),
    item(
      'another item under the same data key',
      { key: { id: { S: 'customer-2' }, sort: { N: '7' } } },
      put.attribute,
      [
        opened(short, 'put 2', put, {
          ...at(['secret']),
          key: { id: { S: 'customer-2' }, sort: { N: '7' } },
        }),
      ],
    ),
    item('full fields without an envelope', {}, null, twoFull),
    item('full fields beside an envelope that is another', {}, put.attribute, twoFull),
    item('full fields beside an envelope of another context', {}, elsewhere.attribute, twoFull),
    item('full fields beside an envelope that is none', {}, utf8('none'), twoFull),
    item('full fields beside an empty envelope', {}, Buffer.alloc(0), twoFull),
    item('messages beside short and full fields', {}, put.attribute, [
      ofMessage('message', at(['old'])),
      opened(short, 'put', put, at(['secret'])),
      opened(full, 'update', other, at(['profile', 'secret'])),
      ofMessage('another message', at(['codes', 3])),
    ]),
    item('messages beside a full field, without an envelope', {}, null, [
      ofMessage('message', at(['old'])),
      opened(full, 'update', other, at(['profile', 'secret'])),
    ]),
  ]
}

export function positives() {
  return [...example(), ...everyValue(), ...everyPath(), ...everyForm(), ...mixed()]
}
