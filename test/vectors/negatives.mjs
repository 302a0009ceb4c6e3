import { place, plain, vector } from './negative.mjs'
import { negativeContents } from './negativeContents.mjs'
import { negativeMessages } from './negativeMessages.mjs'
import { message } from './writer.mjs'

/** The message is good, but is read from somewhere else. */
function moved() {
  const bytes = message('moved', place, plain).bytes
  const wrongLocation = [
    ['another item', { key: { id: { S: 'customer-2' }, sort: { N: '7' } } }],
    ['another sort key', { key: { id: { S: 'customer-1' }, sort: { N: '8' } } }],
    ['a key attribute of another type', { key: { id: { S: 'customer-1' }, sort: { S: '7' } } }],
    ['a key attribute of another name', { key: { id: { S: 'customer-1' }, sorted: { N: '7' } } }],
    ['fewer key attributes', { key: { id: { S: 'customer-1' } } }],
    ['another attribute', { path: ['accounts', 0, 'number'] }],
    ['another map key', { path: ['cards', 0, 'code'] }],
    ['the list element', { path: ['cards', 0] }],
    ['a map key in place of the position', { path: ['cards', '0', 'number'] }],
  ]
  const wrongContext = [
    ['another table', { table: 'Orders' }],
    ['a context with a pair more', { encryptionContext: { tenant: 'acme' } }],
  ]
  const tenant = message('tenant', { ...place, encryptionContext: { tenant: 'acme' } }, plain).bytes
  return [
    ...wrongLocation.map(([name, overrides]) =>
      vector(`moved to ${name}`, 'wrong-location', bytes, overrides),
    ),
    ...wrongContext.map(([name, overrides]) => vector(`moved to ${name}`, 'wrong-context', bytes, overrides)),
    vector('context with a pair less', 'wrong-context', tenant),
    vector('context with another value', 'wrong-context', tenant, { encryptionContext: { tenant: 'Acme' } }),
  ]
}

export function negatives() {
  return [...moved(), ...negativeMessages(), ...negativeContents()]
}
