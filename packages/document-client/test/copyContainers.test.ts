import { runInNewContext } from 'node:vm'
import { describe, expect, test } from 'vitest'
import { PendingSeal } from '../src/sealing/pendingSeal.js'
import { search } from '../src/search/searched.js'
import { ownContainers, ownInput, ownMembers } from '../src/values/copyContainers.js'

describe('what is to be written', () => {
  test('is a copy, with plain objects and lists of another realm as those of this one', () => {
    const foreign = runInNewContext('({ a: { b: [{ c: 1 }] } })')
    expect(Object.getPrototypeOf(foreign)).not.toBe(Object.prototype)
    const copy = ownContainers(foreign) as { a: { b: object[] } }
    expect(copy).toStrictEqual({ a: { b: [{ c: 1 }] } })
    for (const container of [copy, copy.a, copy.a.b[0]])
      expect(Object.getPrototypeOf(container)).toBe(Object.prototype)
  })

  test('leaves what is no plain object as it is, of another realm too', () => {
    const date = runInNewContext('new Date(0)')
    const instance = runInNewContext('new (class User {})()')
    const member = new Date(0)
    expect(ownContainers({ date, instance, member })).toStrictEqual({ date, instance, member })
    expect((ownContainers({ date }) as { date: Date }).date).toBe(date)
    expect((ownContainers({ instance }) as { instance: object }).instance).toBe(instance)
  })
})

test('an instance of a class stays as it is, for the AWS SDK to refuse: its copy would lack what the class adds', () => {
  class Pending extends Uint8Array {}
  class Tags extends Set<string> {}
  class Dictionary extends Map<string, number> {}
  for (const value of [
    new Pending(2),
    new Tags(['a']),
    new Dictionary([['a', 1]]),
    new PendingSeal('secret'),
    search('secret') as object,
  ]) {
    expect(ownInput({ value }).value).toBe(value)
    expect((ownMembers({ value }) as { value: object }).value).toBe(value)
  }
})

test('bytes are copied, wherever they are held', () => {
  const bytes = Uint8Array.from([1, 2])
  const buffer = Uint8Array.from([1, 2]).buffer
  const view = new DataView(Uint8Array.from([0, 1, 2, 0]).buffer, 1, 2)
  const given = { list: [bytes], set: new Set([bytes]), map: new Map([['b', bytes]]), buffer, view }
  const copy = ownContainers(given) as typeof given
  bytes[0] = 9
  new Uint8Array(buffer)[0] = 9
  view.setUint8(0, 9)
  const before = Uint8Array.from([1, 2])
  expect(copy).toEqual({
    list: [before],
    set: new Set([before]),
    map: new Map([['b', before]]),
    buffer: before,
    view: before,
  })
})
