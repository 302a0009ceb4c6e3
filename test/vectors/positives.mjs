import { content, message } from './writer.mjs'

const place = { table: 'Customers', key: { id: { S: 'customer-1' } }, path: ['secret'] }

const b64 = hex => Buffer.from(hex, 'hex').toString('base64')
const nested = (depth, wrap) => (depth === 0 ? { NULL: true } : wrap(nested(depth - 1, wrap)))
const nines = '9'.repeat(38)

/** Name, value, and other spellings that must be sealed to the same content. */
const values = [
  ['null', { NULL: true }],
  ['true', { BOOL: true }],
  ['false', { BOOL: false }],
  ['empty string', { S: '' }],
  ['ASCII string', { S: 'plain' }],
  ['non-ASCII string', { S: 'Zürich – 東京' }],
  ['astral string', { S: '🗝\ufe0f𐀂' }],
  ['string with a byte order mark and NUL', { S: '\ufeffa\u0000b' }],
  ['combining characters are not composed', { S: 'e\u0301' }],
  ['long string', { S: 'x'.repeat(5000) }],
  ['zero', { N: '0' }, [{ N: '-0' }, { N: '0.00' }, { N: '0E5' }]],
  ['integer', { N: '15' }, [{ N: '1.50E1' }, { N: '+015.0' }, { N: '1500e-2' }]],
  ['one', { N: '1' }, [{ N: '1.' }, { N: '+1' }, { N: `${'0'.repeat(60)}1` }, { N: '.1E+1' }]],
  ['fraction', { N: '-0.5' }, [{ N: '-.5' }, { N: '-5E-1' }, { N: '-0.50' }]],
  ['38 digits', { N: nines }, [{ N: `${nines}.0` }]],
  ['38 digits of a fraction', { N: `0.${nines}` }],
  ['largest number', { N: nines + '0'.repeat(88) }, [{ N: `9.${'9'.repeat(37)}E125` }]],
  ['smallest number', { N: `-${nines}${'0'.repeat(88)}` }, [{ N: `-9.${'9'.repeat(37)}E+125` }]],
  ['smallest magnitude', { N: `0.${'0'.repeat(129)}1` }, [{ N: '1E-130' }]],
  ['empty binary', { B: '' }],
  ['binary', { B: b64('00ff80') }],
  ['string set', { SS: ['', 'a', 'b'] }, [{ SS: ['b', '', 'a'] }, { SS: ['b', 'a', ''] }]],
  ['string set in UTF-16 order', { SS: ['𐀂', '\uff61'] }, [{ SS: ['\uff61', '𐀂'] }]],
  ['number set', { NS: ['-1', '10', '9'] }, [{ NS: ['9', '1e1', '-1.0'] }, { NS: ['10', '9', '-1'] }]],
  ['binary set', { BS: [b64('00'), b64('0001'), b64('ff')] }, [{ BS: [b64('ff'), b64('00'), b64('0001')] }]],
  ['binary set with an empty member', { BS: ['', b64('00')] }, [{ BS: [b64('00'), ''] }]],
  ['empty map', { M: {} }],
  ['map', { M: { a: { N: '1' }, b: { S: 'x' } } }, [{ M: { b: { S: 'x' }, a: { N: '1.0' } } }]],
  [
    'map in UTF-16 order',
    { M: { 𐀂: { NULL: true }, '\uff61': { NULL: true } } },
    [{ M: { '\uff61': { NULL: true }, 𐀂: { NULL: true } } }],
  ],
  ['map with a key __proto__', { M: JSON.parse('{"__proto__":{"S":"x"},"constructor":{"S":"y"}}') }],
  ['empty list', { L: [] }],
  [
    'list of every type',
    {
      L: [
        { NULL: true },
        { BOOL: true },
        { S: 's' },
        { N: '1' },
        { B: b64('01') },
        { SS: ['s'] },
        { NS: ['1'] },
        { BS: [b64('01')] },
        { M: { k: { S: 'v' } } },
        { L: [{ L: [] }] },
      ],
    },
  ],
  ['32 nested lists', nested(32, inner => ({ L: [inner] }))],
  ['32 nested maps', nested(32, inner => ({ M: { k: inner } }))],
  ['32 nested lists and maps', nested(16, inner => ({ L: [{ M: { k: inner } }] }))],
  [
    'the last code points of UTF-8 lengths',
    { S: '\u0000\u007f\u0080\u07ff\u0800\ud7ff\ue000\uffff𐀀\u{10ffff}' },
  ],
]

const manyPairs = Object.fromEntries(
  Array.from({ length: 20 }, (_, index) => [`key-${index}`, `value-${index}`]),
)

/** As many pairs as there may be, the table's own included. */
const allPairs = Object.fromEntries(Array.from({ length: 63 }, (_, index) => [`key-${index}`, 'value']))
const large = { large: 'x'.repeat(8192 - 2 - 4 - 'dynaseal:tableCustomers'.length - 4 - 'large'.length) }

/** Name, and what differs from the ordinary place and message. `readKey` and `readPath` are where it is read. */
const forms = [
  ['context with a tenant', { encryptionContext: { tenant: 'acme' } }],
  ['context that sorts before and after the table', { encryptionContext: { a: '1', z: '' } }],
  ['context in UTF-8 order', { encryptionContext: { 𐀂: 'a', '\uff61': 'b', é: 'ü' } }],
  ['context of 21 pairs', { encryptionContext: manyPairs }],
  ['context of 64 pairs', { encryptionContext: allPairs }],
  ['context of 8,192 bytes', { encryptionContext: large }],
  ['non-ASCII table name', { table: 'Kundinnen-ü' }],
  ['two encrypted data keys', { keyNames: ['second', 'first'] }],
  ['three encrypted data keys', { keyNames: ['first', 'second', 'third'] }],
  ['32 encrypted data keys', { keyNames: Array(32).fill('first') }],
  ['number key', { key: { id: { N: '15' } } }],
  ['number key, read in another spelling', { key: { id: { N: '15' } }, readKey: { id: { N: '1.50E1' } } }],
  ['binary key', { key: { id: { B: b64('00ff') } } }],
  ['two key attributes', { key: { sort: { N: '-0.5' }, id: { S: 'ü' } } }],
  ['key names in UTF-8 order', { key: { 𐀂: { S: 'a' }, '\uff61': { S: 'b' } } }],
  ['nested path', { path: ['profile', 'address', 'city'] }],
  ['list position', { path: ['cards', 0, 'number'] }],
  ['another list position, same location', { path: ['cards', 7, 'number'] }],
  ['lists in lists', { path: ['rows', 1, 2] }],
  ['other list positions, same location', { path: ['rows', 1, 2], readPath: ['rows', 0, 0] }],
  ['path with a dot in a name', { path: ['profile.address'] }],
  ['frames of one byte', { frameLength: 1 }],
  ['frames of ten bytes', { frameLength: 10 }],
  ['empty final frame', { frameLength: 40 }],
  // The longest that all AWS Encryption SDKs read: that for Python refuses more.
  ['frame length of 2,147,483,647', { statedFrameLength: 0x7fffffff }],
  ['unframed', { frameLength: 0 }],
]

export function positives() {
  const ordinary = values.map(([name, value, spellings = []]) => ({ name, value, spellings, form: {} }))
  const special = forms.map(([name, form]) => ({ name, value: { S: 'value' }, spellings: [], form }))
  return [...ordinary, ...special].map(({ name, value, spellings, form }) => {
    const { table, key, path } = { ...place, ...form }
    const plaintext = content({ table, key, path }, value)
    const { bytes, dataKey } = message(name, { ...form, table }, plaintext)
    return {
      name,
      table,
      key: form.readKey ?? key,
      path: form.readPath ?? path,
      encryptionContext: form.encryptionContext ?? {},
      value,
      spellings,
      content: plaintext.toString('base64'),
      dataKey: dataKey.toString('hex'),
      message: bytes.toString('base64'),
    }
  })
}
