import type { AttributePath, AttributeValue, FieldError, Format, ItemFields } from '../../src/index.js'

export const customer = { id: { S: 'customer-1' } }

/** One item with one field. */
export function item<V>(
  value: V,
  place: Partial<Omit<ItemFields<V>, 'fields'>> & { path?: AttributePath } = {},
): ItemFields<V> {
  const { table = 'Customers', key = customer, path = ['ssn'] } = place
  return { table, key, fields: [{ path, value }] }
}

export async function sealOne(format: Format, one: ItemFields<AttributeValue>): Promise<Uint8Array> {
  const [messages] = await format.seal([one])
  return messages![0]!
}

export async function openOne(format: Format, one: ItemFields<Uint8Array>): Promise<AttributeValue> {
  const [fields] = await format.open([one])
  const field = fields![0]!
  if ('error' in field) throw field.error
  return field.value
}

export async function refusal(format: Format, one: ItemFields<Uint8Array>): Promise<FieldError> {
  const [fields] = await format.open([one])
  const field = fields![0]!
  if ('error' in field) return field.error
  throw new Error('The field opened.')
}
