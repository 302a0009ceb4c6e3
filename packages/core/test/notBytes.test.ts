import { canonicalLocation, describeStored, parseValue } from '@dynaseal/core'
import { expect, test } from 'vitest'

test.each([[undefined], [null], ['text'], [-1], [{}], [[1, 2]]])('%j in place of bytes is refused', given => {
  expect(() => describeStored(given as never)).toThrow(expect.objectContaining({ code: 'not-a-message' }))
  expect(() => parseValue(given as never)).toThrow(expect.objectContaining({ code: 'malformed-value' }))
})

test.each([[undefined], [null], ['text'], [-1], [{}]])('%j in place of a key is refused', key => {
  expect(() => canonicalLocation('users', key as never, ['ssn'])).toThrow(
    expect.objectContaining({ code: 'invalid-location' }),
  )
})
