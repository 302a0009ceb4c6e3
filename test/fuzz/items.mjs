import { readFileSync } from 'node:fs'

const MAX_BYTES = 2400

const { items } = JSON.parse(
  readFileSync(new URL('../vectors/envelope/positive.json', import.meta.url), 'utf8'),
)

/**
 * Items of format 2 to begin with, those of the vectors that are small: what stands in the envelope attribute and in
 * one field, and where it was read. All open.
 */
export const envelopeItems = items
  .flatMap(({ table, key, encryptionContext, envelope, fields }) =>
    fields.map(({ path, field, dataKey }) => ({
      place: { table, key: valuesFromJson(key) },
      path,
      encryptionContext,
      envelope: bytesOf(envelope),
      field: bytesOf(field),
      dataKey: dataKey === undefined ? undefined : Buffer.from(dataKey, 'hex'),
    })),
  )
  // Longer ones are no texts, but texts and numbers of zeros.
  .filter(({ envelope, field }) => [envelope ?? field, field].every(bytes => bytes?.length <= MAX_BYTES))
  .map(item => ({ ...item, kind: kindOf(item.field) }))
  .filter(({ kind, envelope }) => kind === 'full' || (kind === 'short' && envelope !== undefined))

function kindOf(field) {
  if (field[0] !== 0xda) return undefined
  return field[2] === 0x21 ? 'short' : 'full'
}

function bytesOf(stored) {
  return typeof stored === 'string' ? Buffer.from(stored, 'hex') : undefined
}

function valuesFromJson(key) {
  return Object.fromEntries(
    Object.entries(key).map(([name, value]) => [
      name,
      'B' in value ? { B: Buffer.from(value.B, 'base64') } : value,
    ]),
  )
}
