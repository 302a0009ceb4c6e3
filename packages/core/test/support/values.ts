import fc from 'fast-check'
import type { AttributeValue } from '../../src/index.js'

const text = fc.oneof(fc.string({ unit: 'grapheme' }), fc.string({ unit: 'binary' }), fc.string())
const binary = fc.uint8Array({ maxLength: 40 })

/** Decimal spellings that DynamoDB takes, normalized or not. */
export const numberText = fc
  .record({
    sign: fc.constantFrom('', '-', '+'),
    digits: fc.bigInt({ min: 0n, max: 10n ** 38n - 1n }),
    exponent: fc.integer({ min: -130, max: 88 }),
    zeros: fc.constantFrom('', '0', '000'),
    point: fc.boolean(),
  })
  .map(({ sign, digits, exponent, zeros, point }) =>
    point ? `${sign}${zeros}${digits}.${zeros}E${exponent}` : `${sign}${zeros}${digits}e${exponent}`,
  )

const numberSet = fc
  .uniqueArray(fc.integer(), { minLength: 1, maxLength: 6 })
  .map(numbers => numbers.map(String))

/** Arbitrary attribute values, nested. */
export const attributeValue: fc.Arbitrary<AttributeValue> = fc.letrec<{ value: AttributeValue }>(tie => ({
  value: fc.oneof(
    { depthSize: 'small', withCrossShrink: true },
    fc.record({ S: text }),
    fc.record({ N: numberText }),
    fc.record({ B: binary }),
    fc.record({ BOOL: fc.boolean() }),
    fc.constant({ NULL: true }),
    fc.record({ SS: fc.uniqueArray(text, { minLength: 1, maxLength: 5 }) }),
    fc.record({ NS: numberSet }),
    fc.record({
      BS: fc.uniqueArray(binary, { minLength: 1, maxLength: 5, selector: bytes => bytes.join() }),
    }),
    fc.record({
      M: fc.dictionary(
        text.filter(key => key !== ''),
        tie('value'),
        { maxKeys: 5, noNullPrototype: true },
      ),
    }),
    fc.record({ L: fc.array(tie('value'), { maxLength: 5 }) }),
  ),
})).value
