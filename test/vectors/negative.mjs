import { content } from './writer.mjs'

/** Where the negative vectors were written, and are read unless they say otherwise. */
export const place = {
  table: 'Customers',
  key: { id: { S: 'customer-1' }, sort: { N: '7' } },
  path: ['cards', 0, 'number'],
}

/** The content of a good message. */
export const plain = content(place, { S: 'value' })

/** Everything a reader needs, and the error it must report. */
export function vector(name, error, bytes, overrides = {}) {
  const { table, key, path, encryptionContext } = { ...place, encryptionContext: {}, ...overrides }
  return { name, error, table, key, path, encryptionContext, message: bytes.toString('base64') }
}

export function flip(bytes, offset, bit) {
  return replaced(bytes, offset, Buffer.of(bytes[offset] ^ bit))
}

export function replaced(bytes, offset, part) {
  return Buffer.concat([bytes.subarray(0, offset), part, bytes.subarray(offset + part.length)])
}
