import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { type AttributeValue, FieldError, normalizeNumber, parseValue, serializeValue } from '../src/index.js'
import { isMessage, parseHeader } from '../src/message/header.js'
import { readMessage } from '../src/message/read.js'
import { createFormat } from './support/codec.js'
import { item, openOne, sealOne } from './support/fields.js'
import { rawKeyring } from './support/keyrings.js'
import { attributeValue, numberText } from './support/values.js'

/** What DynamoDB would give back, written without the code under test as far as that goes. */
function normalize(value: AttributeValue): AttributeValue {
  if ('N' in value) return { N: normalizeNumber(value.N) }
  if ('SS' in value) return { SS: value.SS.toSorted() }
  if ('NS' in value) return { NS: value.NS.map(normalizeNumber).toSorted() }
  if ('BS' in value) return { BS: value.BS.toSorted(Buffer.compare) }
  if ('L' in value) return { L: value.L.map(normalize) }
  if ('M' in value)
    return { M: Object.fromEntries(Object.entries(value.M).map(([key, inner]) => [key, normalize(inner)])) }
  return value
}

/** The same value, spelled otherwise: sets and maps in another order. */
function respell(value: AttributeValue): AttributeValue {
  if ('N' in value)
    return { N: `${value.N.includes('e') || value.N.includes('E') ? value.N : `${value.N}E0`}` }
  if ('SS' in value) return { SS: value.SS.toReversed() }
  if ('NS' in value) return { NS: value.NS.toReversed().map(number => `${number}.0`) }
  if ('BS' in value) return { BS: value.BS.toReversed() }
  if ('L' in value) return { L: value.L.map(respell) }
  if ('M' in value) {
    return {
      M: Object.fromEntries(
        Object.entries(value.M)
          .toReversed()
          .map(([key, inner]) => [key, respell(inner)]),
      ),
    }
  }
  return value
}

const onlyFieldError = (read: () => unknown) => {
  try {
    read()
  } catch (error) {
    if (!(error instanceof FieldError)) throw error
  }
}

describe('any attribute value', () => {
  it('comes back normalized', () => {
    fc.assert(
      fc.property(attributeValue, value => {
        expect(parseValue(serializeValue(value))).toEqual(normalize(value))
      }),
      { numRuns: 500 },
    )
  })

  it('has one serialization, however it is spelled', () => {
    fc.assert(
      fc.property(attributeValue, value => {
        const bytes = serializeValue(value)
        expect(serializeValue(respell(value))).toEqual(bytes)
        expect(serializeValue(parseValue(bytes))).toEqual(bytes)
      }),
      { numRuns: 500 },
    )
  })

  it('is sealed and opened', async () => {
    const format = createFormat({ keyring: rawKeyring() })
    await fc.assert(
      fc.asyncProperty(attributeValue, async value => {
        expect(await openOne(format, item(await sealOne(format, item(value))))).toEqual(normalize(value))
      }),
      { numRuns: 100 },
    )
  })
})

describe('any number', () => {
  it('is worth the same when normalized', () => {
    fc.assert(
      fc.property(numberText, text => {
        const normalized = normalizeNumber(text)
        expect(normalized).toMatch(/^(0|-?[1-9]\d*|-?(0|[1-9]\d*)\.\d*[1-9])$/)
        expect(exact(normalized)).toBe(exact(text))
      }),
      { numRuns: 1000 },
    )
  })
})

/** The number times 10^200, exactly. */
function exact(text: string): bigint {
  const [, sign, whole, fraction = '', exponent = '0'] = /^([+-]?)(\d+)(?:\.(\d*))?(?:e(.+))?$/i.exec(text)!
  const digits = BigInt(whole! + fraction) * 10n ** BigInt(200 + Number(exponent) - fraction.length)
  return sign === '-' ? -digits : digits
}

describe('any bytes', () => {
  const bytes = fc.uint8Array({ maxLength: 300, size: 'max' })
  const typeIds = ['0000', '0001', '0002', '0004', '0101', '0102', '01ff', '0200', '0300', 'ffff']
  const almostValue = fc
    .tuple(
      fc.constantFrom(...typeIds),
      fc.array(
        fc.oneof(
          fc.constantFrom(...typeIds, '00000001', '00000000', '00000002'),
          fc.constantFrom('61', '31', '00'),
        ),
      ),
    )
    .map(parts => Buffer.from(parts.flat().join(''), 'hex'))

  it('are a canonical value or refused by the typed error', () => {
    fc.assert(
      fc.property(fc.oneof(bytes, almostValue), input => {
        onlyFieldError(() => {
          const value = parseValue(input)
          expect(Buffer.from(serializeValue(value)).equals(input)).toBe(true)
        })
      }),
      { numRuns: 3000 },
    )
  })

  it('are no message, and refused by the typed error', () => {
    const almostMessage = bytes.map(tail => Buffer.concat([Buffer.from('020478', 'hex'), tail]))
    fc.assert(
      fc.property(fc.oneof(bytes, almostMessage), input => {
        expect(typeof isMessage(input)).toBe('boolean')
        onlyFieldError(() => readMessage(parseHeader(Buffer.from(input)), Buffer.alloc(32)))
      }),
      { numRuns: 3000 },
    )
  })

  it('spliced into a message are refused by the typed error', async () => {
    const format = createFormat({ keyring: rawKeyring() })
    const message = await sealOne(format, item({ S: 'x'.repeat(50) }))
    await fc.assert(
      fc.asyncProperty(
        fc.nat(message.length),
        fc.nat(20),
        fc.uint8Array({ maxLength: 20 }),
        async (start, removed, added) => {
          const damaged = Buffer.concat([
            message.subarray(0, start),
            added,
            message.subarray(start + removed),
          ])
          fc.pre(!damaged.equals(message))
          const [[field]] = (await format.open([item<Uint8Array>(damaged)])) as [[{ error?: unknown }]]
          expect(field.error).toBeInstanceOf(FieldError)
        },
      ),
      { numRuns: 1000 },
    )
  })
})
