import { content, message, serializeContext } from '../writer.mjs'
import { both, goodFull, goodShort, home, refused, value } from './negative.mjs'
import { hex, item, place } from './vector.mjs'
import { envelope, pairsOf, short } from './writer.mjs'

/** Good, but read from somewhere else. */
function moved() {
  const elsewhere = [
    ['another item', { key: { id: { S: 'customer-2' }, sort: { N: '7' } } }],
    ['another sort key', { key: { id: { S: 'customer-1' }, sort: { N: '8' } } }],
    ['a key attribute of another type', { key: { id: { S: 'customer-1' }, sort: { S: '7' } } }],
    ['a key attribute of another name', { key: { id: { S: 'customer-1' }, sorted: { N: '7' } } }],
    ['fewer key attributes', { key: { id: { S: 'customer-1' } } }],
    ['another attribute', { path: ['accounts', 0, 'number'] }],
    ['another map key', { path: ['cards', 0, 'code'] }],
    ['the list element', { path: ['cards', 0] }],
    ['the list', { path: ['cards'] }],
    ['a map key in place of the position', { path: ['cards', '0', 'number'] }],
    ['an attribute whose name has a dot', { path: ['cards.0.number'] }],
    ['deeper inside', { path: ['cards', 0, 'number', 0] }],
  ]
  const { attribute } = home
  const other = { ...place, key: { id: { S: 'customer-2' }, sort: { N: '7' } } }
  const own = envelope('own', other)
  const secret = { ...place, path: ['secret'] }
  return [
    ...elsewhere.flatMap(([name, overrides]) => [
      refused(`moved to ${name}, short`, 'not-authentic', attribute, goodShort, overrides),
      refused(`moved to ${name}, full`, 'not-authentic', null, goodFull, overrides),
    ]),
    refused('short, moved to an item of another envelope', 'wrong-envelope', own.attribute, goodShort, other),
    refused('full, moved to an item of another envelope', 'not-authentic', own.attribute, goodFull, other),
    item('two fields of one item, exchanged', {}, attribute, [
      { path: place.path, field: hex(short('home', home, secret, value)), error: 'not-authentic' },
      { path: secret.path, field: hex(goodShort), error: 'not-authentic' },
    ]),
  ]
}

/** Good for another table, or another encryption context. */
function otherContexts() {
  const tenant = { encryptionContext: { tenant: 'acme' } }
  const ofTenant = envelope('tenant', { ...place, ...tenant })
  const unreadable = envelope('unreadable', { ...place, keys: wrap => [wrap('second')] })
  const format1 = { 'dynaseal:table': place.table }
  const of = (name, pairs) => envelope(name, { ...place, ...pairs })
  return [
    ...both('moved to another table', 'wrong-context', home, { table: 'Orders' }),
    ...both('moved to a context with a pair more', 'wrong-context', home, tenant),
    ...both('moved to a context with a pair less', 'wrong-context', ofTenant),
    ...both('moved to a context with another value', 'wrong-context', ofTenant, {
      encryptionContext: { tenant: 'Acme' },
    }),
    ...both('another context, and no data key', 'wrong-context', unreadable, { table: 'Orders' }),
    ...both("a data key of format 1's context", 'wrong-context', of('format 1', { pairs: format1 })),
    ...both(
      'a data key of a format 1',
      'wrong-context',
      of('of 1', { pairs: { ...format1, 'dynaseal:format': '1' } }),
    ),
    ...both(
      'a data key of a format 3',
      'wrong-context',
      of('of 3', { pairs: { ...format1, 'dynaseal:format': '3' } }),
    ),
    // The context tag can be forged. It proves nothing.
    ...both(
      "a data key of format 1's context, and the context tag of format 2's",
      'key-unavailable',
      of('forged tag', { bound: format1, wrapped: format1 }),
    ),
    ...both(
      "a data key wrapped under format 1's context alone",
      'key-unavailable',
      of('forged tag and binding', { wrapped: format1 }),
    ),
    ...both(
      "a commitment of format 1's context alone",
      'not-authentic',
      of('forged tag and keys', { bound: format1 }),
    ),
    ...both(
      "a data key of another table's context, and the expected context tag",
      'key-unavailable',
      of('forged table', { table: 'Orders', tagged: pairsOf(place) }),
    ),
    ...both(
      'a commitment of another table, and the expected context tag',
      'not-authentic',
      of('forged binding', { bound: pairsOf({ table: 'Orders' }) }),
    ),
    // The other way: a message whose context is that of format 2.
    refused(
      "a message with format 2's context",
      'wrong-context',
      home.attribute,
      message(
        "format 2's context",
        { ...place, context: serializeContext(pairsOf(place)) },
        content(place, { S: 'v' }),
      ).bytes,
    ),
  ]
}

/** Read where they do not belong. */
export const negativePlaces = () => [...moved(), ...otherContexts()]
