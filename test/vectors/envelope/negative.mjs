import { serialize } from '../writer.mjs'
import { hex, item, place } from './vector.mjs'
import { envelope, full, short } from './writer.mjs'

export const value = serialize({ S: 'value' })
export const home = envelope('home', place)
export const another = envelope('another', place)
export const goodShort = short('home', home, place, value)
export const goodFull = full('home', home, place, value)

/** An item with one field, which is refused. */
export const refused = (name, error, envelope, field, of = {}) =>
  item(name, of, envelope, [{ path: of.path ?? place.path, field: hex(field), error }])

/** A short field with its envelope beside it, and a full field of the same envelope. */
export const both = (name, error, of, overrides) => [
  refused(`${name}, short`, error, of.attribute, short(name, of, place, value), overrides),
  refused(`${name}, full`, error, null, full(name, of, place, value), overrides),
]
