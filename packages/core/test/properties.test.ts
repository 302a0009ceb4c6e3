import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  type AttributeValue,
  createFormat,
  FieldError,
  normalizeNumber,
  parseValue,
  serializeValue,
} from '../src/index.js'
import { isMessage, parseHeader } from '../src/message/header.js'
import { readMessage } from '../src/message/read.js'
import { item, openOne, sealItem } from './support/fields.js'
import { bytesOf, FORMS, withValue } from './support/forms.js'
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

  it.each(FORMS)('is sealed and opened: $name', async form => {
    const format = form.create({ keyring: rawKeyring() })
    await fc.assert(
      fc.asyncProperty(attributeValue, async value => {
        expect(await openOne(format, await sealItem(format, form.item(value)))).toEqual(normalize(value))
      }),
      { numRuns: 100 },
    )
  })
})

describe('any item', () => {
  const name = fc.string({ minLength: 1, unit: 'grapheme' })
  const path = fc
    .tuple(name, fc.array(fc.oneof(name, fc.nat(3)), { maxLength: 3 }))
    .map(([first, rest]) => [first, ...rest])
  const keyValue = fc.oneof(
    fc.record({ S: name }),
    fc.record({ N: numberText }),
    fc.record({ B: fc.uint8Array({ maxLength: 20 }) }),
  )
  const anyItem = fc.record({
    table: fc.constantFrom('Customers', 'Orders'),
    key: fc.dictionary(name, keyValue, { minKeys: 1, maxKeys: 2, noNullPrototype: true }),
    fields: fc.array(fc.record({ path, value: attributeValue }), { maxLength: 5 }),
    form: fc.constantFrom(...FORMS),
  })

  it('opens whatever the forms of its neighbours, and how many fields a data key may seal', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(anyItem, { maxLength: 5 }),
        fc.integer({ min: 1, max: 8 }),
        async (items, maxMessages) => {
          const keyring = rawKeyring()
          const stored = await Promise.all(
            items.map(({ form, ...one }) =>
              sealItem(form.create({ keyring, cache: { maxMessages } }), form.items(one)),
            ),
          )
          const opened = await createFormat({ keyring }).open(stored)
          expect(opened).toEqual(
            items.map(({ fields }) => ({ fields: fields.map(({ value }) => ({ value: normalize(value) })) })),
          )
        },
      ),
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

  const splices = fc.record({
    start: fc.nat(),
    removed: fc.nat(20),
    added: fc.uint8Array({ maxLength: 20 }),
  })

  describe.each(FORMS)('spliced into $name', form => {
    it.each(form.shape === 'short' ? ['the field', 'the envelope'] : ['the field'])(
      'are refused by the typed error: %s',
      async target => {
        const format = form.create({ keyring: rawKeyring() })
        const stored = await sealItem(format, form.item({ S: 'x'.repeat(50) }))
        const [name, envelope] = Object.entries(stored.attributes!)[0] ?? []
        const whole = target === 'the field' ? bytesOf(stored) : Buffer.from(envelope as Uint8Array)
        await fc.assert(
          fc.asyncProperty(splices, async ({ start, removed, added }) => {
            const at = start % (whole.length + 1)
            const damaged = Buffer.concat([whole.subarray(0, at), added, whole.subarray(at + removed)])
            fc.pre(!damaged.equals(whole))
            const read =
              target === 'the field'
                ? withValue(stored, damaged)
                : { ...stored, attributes: { [name!]: damaged } }
            expect(typeof format.isSealed(read.fields[0]!.value, read.attributes!)).toBe('boolean')
            await expect(openOne(format, read)).rejects.toBeInstanceOf(FieldError)
          }),
          { numRuns: 1000 },
        )
      },
    )
  })

  it('after the beginning of any form are refused by the typed error', async () => {
    const format = createFormat({ keyring: rawKeyring() })
    const starts = ['020478', '020578', '01800178', 'da5e20', 'da5e21', 'da5e22', 'da5e23', 'da5e']
    const almost = fc
      .tuple(fc.constantFrom(...starts), bytes)
      .map(([start, tail]) => Buffer.concat([Buffer.from(start, 'hex'), tail]))
    await fc.assert(
      fc.asyncProperty(almost, fc.oneof(almost, bytes, fc.constant(undefined)), async (value, dynaseal) => {
        expect(typeof format.looksSealed(value)).toBe('boolean')
        expect(typeof format.isSealed(value, { dynaseal })).toBe('boolean')
        const read = { ...item<Uint8Array>(value), attributes: { dynaseal } }
        await expect(openOne(format, read)).rejects.toBeInstanceOf(FieldError)
      }),
      { numRuns: 2000 },
    )
  })
})
