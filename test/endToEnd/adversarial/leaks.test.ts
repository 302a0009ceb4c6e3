// What the other tests here search requests with.
import { expect, test } from 'vitest'
import { leaks } from '../../support/recordingProxy.js'

const SECRET = 'the secret plaintext'

test('the search for plaintexts finds them in every encoding', () => {
  for (const offset of [0, 1, 2]) {
    const body = Buffer.concat([Buffer.alloc(offset, 'x'), Buffer.from(`${SECRET}yz`)]).toString('base64')
    expect(leaks([Buffer.from(body)], [SECRET])).toEqual([SECRET])
  }
  expect(
    leaks([Buffer.from(JSON.stringify({ a: 'say "hi" to the sea' }))], ['say "hi" to the sea']),
  ).toHaveLength(1)
})
