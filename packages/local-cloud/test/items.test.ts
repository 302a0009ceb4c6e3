import { describe, expect, it } from 'vitest'
import { type AttributeMap, itemId, keyOf } from '../src/dynamodb/items.js'

describe('the key of an item', () => {
  it('has attributes of any name', () => {
    const items: AttributeMap[] = ['1', '2'].map(id =>
      JSON.parse(`{"__proto__":{"S":"${id}"},"a":{"S":"x"}}`),
    )
    const ids = items.map(item => itemId(keyOf(item, ['__proto__'])!))
    expect(ids).toEqual(['1', '2'].map(id => `[["__proto__",{"S":"${id}"}]]`))
  })

  it('is not made of what every object has', () => {
    expect(keyOf({ id: { S: '1' } }, ['__proto__'])).toBeUndefined()
  })
})
