import { inspect } from 'node:util'
import { describe, expect, test } from 'vitest'
import { markOpened, wasOpened } from '../src/opening/opened.js'
import { anyIndex, anyKey } from '../src/paths/attributePattern.js'
import { copyContainers } from '../src/values/copyContainers.js'

function item(): Record<string, unknown> {
  const names = ['a', 'b']
  const read = { id: '1', ssn: 'S', flag: true, nothing: null, names, address: { zip: '5003' } }
  markOpened(read, [
    { path: ['ssn'], value: 'S' },
    { path: ['flag'], value: true },
    { path: ['nothing'], value: null },
    { path: ['names'], value: names },
    { path: ['address', 'zip'], value: '5003' },
  ])
  return read
}

describe('a value was opened', () => {
  test('if its item is being read and it stands at a place of the pattern', () => {
    const read = { ...item() }
    for (const [value, pattern] of [
      ['S', ['ssn']],
      [true, ['flag']],
      [null, ['nothing']],
      [read.names, ['names']],
      ['5003', ['address', anyKey]],
    ] as const)
      expect(wasOpened(value, [pattern])).toBe(true)
  })

  test.each<[string, unknown, readonly (string | typeof anyIndex)[]]>([
    ['another value', 'T', ['ssn']],
    ['another place', 'S', ['flag']],
    ['above its place', '5003', ['address']],
    ['an equal one of another identity', ['a', 'b'], ['names']],
    ['part of it', 'a', ['names', anyIndex]],
    ['a clear one', '1', ['id']],
  ])('not %s', (_, value, pattern) => {
    void { ...item() }
    expect(wasOpened(value, [pattern])).toBe(false)
  })

  test('not of an item that nobody reads', () => {
    item()
    expect(wasOpened('S', [['ssn']])).toBe(false)
  })

  test('not of the item that was read before', () => {
    void { ...item() }
    const other: Record<string, unknown> = { flag: false }
    markOpened(other, [{ path: ['flag'], value: false }])
    void { ...other }
    expect(wasOpened('S', [['ssn']])).toBe(false)
  })

  test('not once somebody has waited', async () => {
    void { ...item() }
    await undefined
    expect(wasOpened('S', [['ssn']])).toBe(false)
  })

  test('not what was written over it', () => {
    const read = item()
    read.ssn = 'T'
    expect(read.ssn).toBe('T')
    expect(wasOpened('T', [['ssn']])).toBe(false)
  })
})

test('to everybody else, the item is what it holds', () => {
  const plain = {
    id: '1',
    ssn: 'S',
    flag: true,
    nothing: null,
    names: ['a', 'b'],
    address: { zip: '5003' },
  }
  expect(item()).toStrictEqual(plain)
  expect(JSON.stringify(item())).toBe(JSON.stringify(plain))
  expect(inspect(item())).toBe(inspect(plain))
  expect(structuredClone(item())).toStrictEqual(plain)
})

describe('the copy of a response', () => {
  const planted = (json: string) => {
    const value: Record<string, unknown> = {}
    for (const [name, child] of Object.entries(JSON.parse(json))) value[name] = child
    return value
  }

  test('has as an entry what became a prototype', () => {
    const value = planted('{"bank":"B","__proto__":{"iban":"planted"}}')
    expect(value.iban).toBe('planted')
    const copy = copyContainers({ deep: [value] }) as { deep: [Record<string, unknown>] }
    expect(copy.deep[0].iban).toBeUndefined()
    expect(Object.entries(copy.deep[0])).toEqual([
      ['bank', 'B'],
      ['__proto__', { iban: 'planted' }],
    ])
  })

  test('has it as an entry, too, if it says that it is of a class', () => {
    const value = planted('{"__proto__":{"constructor":{"prototype":{}},"iban":"planted"}}')
    expect((copyContainers(value) as { iban?: string }).iban).toBeUndefined()
  })

  test.each([
    ['bytes', new Uint8Array([1])],
    ['a set', new Set(['a'])],
    ['a list', ['a']],
    ['a wrapped number', new (class NumberValue {})()],
  ])('is not taken in by a prototype that is %s', (_, prototype) => {
    const value = Object.setPrototypeOf({ a: 1 }, prototype)
    const copy = copyContainers(value) as object
    expect(Object.getPrototypeOf(copy)).toBe(Object.prototype)
    expect(Object.entries(copy)).toEqual([
      ['a', 1],
      ['__proto__', prototype],
    ])
  })

  test('leaves what has a class', () => {
    for (const value of [new Uint8Array([1]), Buffer.from('a'), new Set(['a']), new Date(0)])
      expect(copyContainers(value)).toBe(value)
  })
})
