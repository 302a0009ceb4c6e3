import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { fromBase64, fromBase64Again, isWritten } from '../src/values/base64.js'

describe('base64 text', () => {
  test('becomes its bytes, in memory that nothing else writes to', () => {
    const given = Array.from({ length: 500 }, (_, n) => Buffer.alloc((n * 37) % 9000, n % 251))
    const read = given.map(bytes => fromBase64(bytes.toString('base64')))
    for (const [n, bytes] of read.entries()) {
      expect(bytes?.constructor).toBe(Uint8Array)
      expect(Buffer.compare(Buffer.from(bytes!), given[n]!)).toBe(0)
    }
  })

  test('of one value can be given to another thread without emptying the others', () => {
    const [one, other] = [fromBase64('AQID')!, fromBase64('BAUG')!]
    expect(other.buffer).toBe(one.buffer)
    const give = () => structuredClone(one, { transfer: [one.buffer as ArrayBuffer] })
    // Node.js copies it, or refuses.
    const isRefused = Number(process.versions.node.split('.', 1)[0]) > 20
    if (isRefused) expect(give).toThrow()
    else give()
    expect([...other]).toEqual([4, 5, 6])
    expect([...fromBase64('Bwg=')!]).toEqual([7, 8])
  })

  test('is any bytes', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 300 }), bytes => {
        expect(fromBase64(Buffer.from(bytes).toString('base64'))).toEqual(bytes)
      }),
    )
  })

  test.each([
    'A',
    'AA',
    'AAA',
    'A===',
    'AA=A',
    'AA*A',
    'AAA*',
    '====',
    '==',
    'AAAA=',
    'AA==AAAA',
    ' AAA',
    'AAAAA',
    'é===',
    'AAA\n',
  ])('%j is none', text => expect(fromBase64(text)).toBeUndefined())
})

test('is written to its place', () => {
  const memory = Buffer.alloc(12, 1)
  expect(isWritten('CQkJCQ==', memory, 3, 4)).toBe(true)
  expect([...memory]).toEqual([1, 1, 1, 9, 9, 9, 9, 1, 1, 1, 1, 1])
  expect(isWritten('CAgI', memory, 9, 3)).toBe(true)
  expect([...memory.subarray(7)]).toEqual([1, 1, 8, 8, 8])
  expect(isWritten('CA*I', memory, 0, 3)).toBe(false)
  expect([...memory.subarray(3)]).toEqual([9, 9, 9, 9, 1, 1, 8, 8, 8])
})

test('a text that comes again becomes the same bytes, and another one others', () => {
  const [one, other] = ['one', 'other'].map(text => Buffer.from(text.repeat(9)))
  const first = fromBase64Again(one!.toString('base64'))
  expect(fromBase64Again(one!.toString('base64'))).toBe(first)
  expect(fromBase64Again(other!.toString('base64'))).toEqual(other)
  expect(fromBase64Again('AAA*')).toBeUndefined()
  expect(fromBase64Again('AAA*')).toBeUndefined()
  expect(first).toEqual(one)
})
