// The search keys of the vectors.

import { searchKey } from './writer.mjs'

const counting = Buffer.from(Array.from({ length: 32 }, (_, index) => index))
const two = wrap => [wrap('second'), wrap('first')]

export const keys = {
  'the example of docs/format.md': searchKey('documented example', { dataKey: counting }),
  'version 2': searchKey('version 2', { version: 2 }),
  'the highest version': searchKey('highest', { version: 255 }),
  'with pairs added': searchKey('pairs', { encryptionContext: { tenant: 'acme', ' zürich': '東京' } }),
  'two encrypted data keys': searchKey('two', { keys: two }),
  'the data key of the example, wrapped otherwise': searchKey('wrapped otherwise', {
    dataKey: counting,
    keys: two,
    encryptionContext: { moved: 'yes' },
  }),
}

export const described = () =>
  Object.entries(keys).map(([name, { version, encryptionContext, bytes, dataKey, root }]) => ({
    name,
    version,
    encryptionContext,
    bytes: bytes.toString('hex'),
    dataKey: dataKey.toString('hex'),
    root: root.toString('hex'),
  }))
