import { b64, values } from './values.mjs'
import { content, message } from './writer.mjs'

const place = { table: 'Customers', key: { id: { S: 'customer-1' } }, path: ['secret'] }

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
