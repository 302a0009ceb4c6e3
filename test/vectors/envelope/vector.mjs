/** Where vectors are written, and read unless they say otherwise. */
export const place = {
  table: 'Customers',
  key: { id: { S: 'customer-1' }, sort: { N: '7' } },
  path: ['cards', 0, 'number'],
}

/** Bytes in hexadecimal; where more than a thousand zeros stand together, a list of such text and of counts of zeros. */
export function hex(bytes) {
  const text = bytes.toString('hex')
  const parts = []
  let from = 0
  for (const { 0: run, index } of text.matchAll(/(?:00){1001,}/g)) {
    const at = index + (index % 2)
    const zeros = Math.floor((index + run.length - at) / 2)
    parts.push(text.slice(from, at), zeros)
    from = at + 2 * zeros
  }
  return parts.length === 0 ? text : [...parts, text.slice(from)]
}

/** An item as it is read: `of` has its place and context, `envelope` is the attribute's bytes or null. */
export function item(name, of, envelope, fields) {
  const { table, key, encryptionContext = {} } = { ...place, ...of }
  return { name, table, key, encryptionContext, envelope: envelope && hex(envelope), fields }
}
