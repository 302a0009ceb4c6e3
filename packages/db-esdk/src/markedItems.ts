// Items as whoever calls a format has them, with marked values beside all others, and as the SDK has them: attributes only.
import type { AttributeValue, FieldError, ItemToOpen, ItemToSeal, OpenedItem } from '@dynaseal/core'
import { binary, checkBeacon, refuseReserved, setAttribute, withoutReserved } from './attributes.js'
import type { Attributes } from './fields.js'
import { BEACON_PREFIX, FOOTER, HEADER } from './names.js'
import { Opening } from './open.js'
import type { Outcome } from './sdkItems.js'
import type { Letter, Table } from './table.js'

export const HAS_ACTION =
  'it is to be encrypted, and is a key or has another action in the option tables. Leave it out there.'

export const NESTED =
  'the AWS Database Encryption SDK encrypts attributes of an item as wholes, and nothing inside of them. Encrypt the attribute that it is in: encrypted(map({ … })), or its name as a declared path.'

/**
 * All attributes of an item, with what is done to each.
 *
 * @throws {SealError} placed
 */
export function attributesOf(table: Table, { fields, others, whole, tokens = [] }: ItemToSeal): Attributes {
  if (whole !== true || others === undefined)
    throw table.sealError(
      'invalid-value',
      'a part of it cannot be sealed: items of the AWS Database Encryption SDK are signed as wholes. Load the item, change it, and put it back.',
    )
  const names: string[] = []
  const values: AttributeValue[] = []
  const letters: Letter[] = []
  const add = (name: string, value: AttributeValue, letter: Letter) => {
    names.push(name)
    values.push(value)
    letters.push(letter)
  }
  const beacons = tokens.filter(name => name.startsWith(BEACON_PREFIX))
  for (const [name, value] of Object.entries(others)) {
    if (beacons.includes(name)) checkBeacon(table, name, value)
    else add(name, value, table.letterOf(name))
  }
  for (const { path, value } of fields) {
    const [name, ...nested] = path
    if (nested.length > 0) throw table.sealError('invalid-value', NESTED, String(name))
    if (table.letterOf(name as string) !== 's' || table.keyNames.includes(name as string))
      throw table.sealError('invalid-value', HAS_ACTION, name as string)
    add(name as string, value, 'e')
  }
  if (new Set(names).size !== names.length)
    throw table.sealError('invalid-location', 'two values of it are for the same attribute.')
  refuseReserved(table, names)
  return { names, values, letters }
}

/**
 * What is stored of an item.
 *
 * @throws {FieldError} placed
 */
export function takeApart(table: Table, { key, fields, others = {}, attributes = {} }: ItemToOpen): Opening {
  const header = bytes(table, HEADER, attributes[HEADER])
  const footer = bytes(table, FOOTER, attributes[FOOTER])
  const nested = fields.find(({ path }) => path.length > 1)
  if (nested !== undefined) throw table.fieldError('wrong-location', NESTED, String(nested.path[0]))
  const item = { ...others }
  for (const { path, value } of fields) setAttribute(item, path[0] as string, { B: value })
  // The key that was asked for, and not the one that came back.
  for (const [name, value] of Object.entries(key)) setAttribute(item, name, value)
  return new Opening(table, item, header, footer)
}

function bytes(table: Table, name: string, value: unknown): Uint8Array {
  return binary(table, name, value === undefined ? undefined : { B: value })
}

/** An item as whoever reads it takes it: what is marked by itself, and the others where one of them was encrypted, too. */
export function opened({ fields, others = {} }: ItemToOpen, outcome: Outcome): OpenedItem {
  if ('error' in outcome) return refused(fields.length, outcome.error)
  const { values } = outcome
  const marked = new Set(fields.map(({ path: [name] }) => name))
  const openedFields = fields.map(({ path: [name], value }) => ({
    // What is marked and was only signed is what it is.
    value: values.get(name as string) ?? { B: value },
  }))
  const rest = withoutReserved(others)
  let isAsGiven = Object.keys(rest).length === Object.keys(others).length
  for (const [name, value] of values) {
    if (marked.has(name)) continue
    setAttribute(rest, name, value)
    isAsGiven = false
  }
  return isAsGiven ? { fields: openedFields } : { fields: openedFields, others: rest }
}

function refused(count: number, error: FieldError): OpenedItem {
  return { fields: Array.from({ length: count }, () => ({ error })), error }
}
