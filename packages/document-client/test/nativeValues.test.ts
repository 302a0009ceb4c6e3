import { describe, expect, test } from 'vitest'
import { marshallNative } from '../src/values/nativeValues.js'

/** As another copy of the SDK in the same process would have it. */
class NumberValue {
  constructor(readonly value: string) {}
  toString() {
    return this.value
  }
}

describe('native values', () => {
  test('wrapped numbers of another copy of the SDK are numbers', () => {
    expect(marshallNative(new NumberValue('7') as never, undefined)).toEqual({ N: '7' })
    expect(
      marshallNative(
        { deep: [new NumberValue('1.50')], set: new Set([new NumberValue('2')]) } as never,
        undefined,
      ),
    ).toEqual({
      M: { deep: { L: [{ N: '1.50' }] }, set: { NS: ['2'] } },
    })
  })

  test('a key named __proto__ is refused: assigning to it would lose the entry', () => {
    expect(() => marshallNative(JSON.parse('{"a":[{"__proto__":1}]}'), undefined)).toThrow()
  })
})
