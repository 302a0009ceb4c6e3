import { describe, expect, it } from 'vitest'
import { Limiter } from '../src/dataKeyCache/limiter.js'

/** Calls that end when they are told to, in the order in which they started. */
function calls(limiter: Limiter) {
  const started: string[] = []
  const ends = new Map<string, () => void>()
  const add = (caller: object, name: string) =>
    limiter.add(caller, () => {
      if (started.includes(name)) return undefined
      started.push(name)
      return new Promise(resolve => ends.set(name, resolve))
    })
  const end = async (name: string) => {
    ends.get(name)!()
    await new Promise(setImmediate)
  }
  return { add, end, started }
}

describe('calls that wait', () => {
  const [a, b, c] = [{ name: 'a' }, { name: 'b' }, { name: 'c' }]

  it('take turns by their callers', async () => {
    const { add, end, started } = calls(new Limiter(1))
    for (const name of ['a1', 'a2', 'a3', 'a4']) add(a, name)
    for (const name of ['b1', 'b2']) add(b, name)
    add(c, 'c1')
    for (let index = 0; index < 7; index++) await end(started[index]!)
    expect(started).toEqual(['a1', 'a2', 'b1', 'c1', 'a3', 'b2', 'a4'])
  })

  it('start once, whoever else waits for them, and take no turn after that', async () => {
    const { add, end, started } = calls(new Limiter(1))
    for (const name of ['a1', 'a2', 'a3', 'shared']) add(a, name)
    for (const name of ['shared', 'b1']) add(b, name)
    for (let index = 0; index < 5; index++) await end(started[index]!)
    expect(started).toEqual(['a1', 'a2', 'shared', 'a3', 'b1'])
    add(c, 'c1')
    expect(started.at(-1)).toBe('c1')
  })

  it('start as many as there is room for', async () => {
    const { add, end, started } = calls(new Limiter(2))
    for (const name of ['a1', 'a2', 'a3']) add(a, name)
    expect(started).toEqual(['a1', 'a2'])
    await end('a2')
    expect(started).toEqual(['a1', 'a2', 'a3'])
    add(b, 'b1')
    expect(started).toHaveLength(3)
  })
})
