import { describe, expect, test } from 'vitest'
import { Scratch } from '../src/values/scratch.js'

const long = (byte: number, length = 20_000) => Buffer.alloc(length, byte)
const PATH = ['a']
const read = (scratch: Scratch, bytes: Buffer) => scratch.decode(bytes.toString('base64'), PATH)!.value

describe('scratch memory', () => {
  test('holds what was decoded until it is rewound, however much that is', () => {
    const scratch = new Scratch()
    const given = Array.from({ length: 20 }, (_, n) => long(n, 1_000 * (n + 1)))
    const bytes = given.map(each => read(scratch, each))
    for (const [n, each] of bytes.entries()) expect(Buffer.compare(each, given[n]!)).toBe(0)
  })

  test('is used again from its beginning', () => {
    const scratch = new Scratch()
    const before = read(scratch, long(1))
    expect(scratch.holdsEnough).toBe(false)
    read(scratch, long(2))
    expect(scratch.holdsEnough).toBe(true)
    scratch.rewind()
    expect(scratch.holdsEnough).toBe(false)
    expect(Buffer.compare(read(scratch, long(3)), long(3))).toBe(0)
    expect(before[0]).toBe(3)
  })

  test('is that of one at a time', () => {
    const [one, other] = [Scratch.take(), Scratch.take()]
    const bytes = read(one, long(1))
    read(other, long(2))
    expect(Buffer.compare(bytes, long(1))).toBe(0)
    one.giveBack()
    read(Scratch.take(), long(3))
    expect(bytes[0]).toBe(3)
    read(other, long(4))
    expect(bytes[0]).toBe(3)
  })

  test('tells where what was decoded stands', () => {
    const scratch = new Scratch()
    const [one, other] = [long(1, 50), long(2, 60)].map(bytes =>
      scratch.decode(bytes.toString('base64'), PATH),
    )
    expect([one!.start, one!.end, other!.start, other!.end]).toEqual([0, 50, 50, 110])
    expect(other!.memory.subarray(other!.start, other!.end)).toEqual(long(2, 60))
    expect(other!.path).toBe(PATH)
    expect(other!.value).toEqual(Uint8Array.from(long(2, 60)))
  })

  test('is not for what is no base64, too short to be sealed, or longer than it', () => {
    const scratch = new Scratch()
    for (const text of [
      `${'A'.repeat(4_000)}*`,
      `${'A'.repeat(3_999)}*`,
      `${'A'.repeat(99_999)}*`,
      'AA==',
      'AAAA',
      '',
    ])
      expect(scratch.decode(text, PATH)).toBeUndefined()
    expect(Buffer.compare(read(scratch, long(5, 100_000)), long(5, 100_000))).toBe(0)
    expect(scratch.holdsEnough).toBe(false)
  })
})
