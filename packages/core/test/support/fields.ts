import type {
  AttributePath,
  AttributeValue,
  FieldError,
  Format,
  ItemFields,
  ItemToOpen,
  ItemToSeal,
} from '../../src/index.js'

export const customer = { id: { S: 'customer-1' } }

/** One item with one field. */
export function item<V>(
  value: V,
  place: Partial<Omit<ItemFields<V>, 'fields'>> & { path?: AttributePath } = {},
): ItemFields<V> {
  const { table = 'Customers', key = customer, path = ['ssn'] } = place
  return { table, key, fields: [{ path, value }] }
}

/** One item with a field for each attribute, written as a whole. */
export function wholeItem(
  values: Record<string, AttributeValue>,
  place: Partial<Omit<ItemToSeal, 'fields'>> = {},
): ItemToSeal {
  const fields = Object.entries(values).map(([name, value]) => ({ path: [name], value }))
  return { table: 'Customers', key: customer, whole: true, ...place, fields }
}

/** Items as they are read after they were sealed. */
export async function sealAll(format: Format, items: readonly ItemToSeal[]): Promise<ItemToOpen[]> {
  const sealed = await format.seal(items)
  return items.map(({ table, key, fields }, index) => {
    const { values, attributes } = sealed[index]!
    return {
      table,
      key,
      fields: fields.map(({ path }, field) => ({ path, value: values[field]! })),
      attributes,
    }
  })
}

export async function sealItem(format: Format, one: ItemToSeal): Promise<ItemToOpen> {
  return (await sealAll(format, [one]))[0]!
}

export async function sealOne(format: Format, one: ItemFields<AttributeValue>): Promise<Uint8Array> {
  const [sealed] = await format.seal([one])
  return sealed!.values[0]!
}

/** The values of one item, all of which open. */
export async function openItem(format: Format, one: ItemToOpen): Promise<AttributeValue[]> {
  const [opened] = await format.open([one])
  return opened!.fields.map(field => {
    if ('error' in field) throw field.error
    return field.value
  })
}

export async function openOne(format: Format, one: ItemToOpen): Promise<AttributeValue> {
  return (await openItem(format, one))[0]!
}

/** The outcomes of one item's fields: a value, or the code of its error. */
export async function outcomes(format: Format, one: ItemToOpen): Promise<(AttributeValue | string)[]> {
  const [opened] = await format.open([one])
  return opened!.fields.map(field => ('error' in field ? field.error.code : field.value))
}

export async function refusal(format: Format, one: ItemToOpen): Promise<FieldError> {
  const [opened] = await format.open([one])
  const field = opened!.fields[0]!
  if ('error' in field) return field.error
  throw new Error('The field opened.')
}
