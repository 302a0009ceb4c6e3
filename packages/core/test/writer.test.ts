import { describe, expect, it } from 'vitest'
import { Writer } from '../src/bytes/writer.js'

const isZero = (bytes: Uint8Array) => bytes.every(byte => byte === 0)
const SECRET = Buffer.from('secret')

/** A writer and a view of all the memory that it writes to first. */
function writing(capacity: number) {
  const writer = new Writer(capacity)
  writer.bytes(SECRET)
  const memory = Buffer.from(writer.written().buffer)
  expect(memory.includes(SECRET)).toBe(true)
  return { writer, memory }
}

describe('what a writer held', () => {
  it('is zeroed when it is cleared', () => {
    const { writer, memory } = writing(16)
    writer.clear()
    expect(isZero(memory.subarray(0, SECRET.length))).toBe(true)
    expect(writer.length).toBe(0)
  })

  it('is zeroed when it moves to larger memory, where it goes on', () => {
    const { writer, memory } = writing(8)
    writer.text('ünïcödé 🦭')
    expect(isZero(memory)).toBe(true)
    expect(writer.written().toString()).toBe('secretünïcödé 🦭')
    writer.clear()
    expect(isZero(Buffer.from(writer.written().buffer).subarray(0, 30))).toBe(true)
  })
})
