import { inspect } from 'node:util'
import { FieldError } from '@dynaseal/core'
import { expect, test } from 'vitest'
import { FieldsNotOpenedError } from '../src/index.js'

const denied = Object.assign(new Error('not authorized'), { name: 'AccessDeniedException' })
const refused = Object.assign(new Error('no region decrypted', { cause: denied }), { code: 'no-region' })
const failure = (name: string, cause?: Error) =>
  new FieldError('key-unavailable', 'the keyring gave no data key.', {
    place: { table: 'users', keyNames: ['id'], path: [name] },
    cause,
  })
const error = new FieldsNotOpenedError([failure('a'), failure('b', refused), failure('c', refused)])

test('the cause is that of the first field that has one', () => {
  expect(error.cause).toBe(refused)
  expect(new FieldsNotOpenedError([failure('a')]).cause).toBeUndefined()
  expect(new FieldsNotOpenedError([failure('b', refused)], denied).cause).toBe(denied)
})

test('it is printed with every field and with its causes once each', () => {
  const printed = inspect(error, { depth: 9 })
  for (const name of ['a', 'b', 'c']) expect(printed).toContain(`path: '${name}'`)
  expect(printed.match(/ {4}at .*errors\.test/g)).toHaveLength(3)
  expect(printed.match(/not authorized/g)).toHaveLength(1)
  expect(printed.match(/no region decrypted/g)).toHaveLength(1)
})

test('as JSON it says as much, and never circles', () => {
  const circular = new Error('circular')
  circular.cause = circular
  expect(() => JSON.stringify(new FieldsNotOpenedError([failure('a', circular)]))).not.toThrow()
  expect(JSON.parse(JSON.stringify(error))).toMatchObject({
    name: 'FieldsNotOpenedError',
    code: 'fields-not-opened',
    message: expect.stringContaining('and 2 more fields'),
    failures: [{ path: ['a'] }, { path: ['b'] }, { path: ['c'], code: 'key-unavailable' }],
    cause: {
      message: 'no region decrypted',
      code: 'no-region',
      cause: { name: 'AccessDeniedException', message: 'not authorized' },
    },
  })
})
