import { convertToNative, type unmarshallOptions } from '@aws-sdk/util-dynamodb'
import { beforeEach, describe, expect, it, vi } from 'vitest'
import { nativeValues } from '../src/values/nativeValues.js'
import { allDigits, asClientReads, readingAllDigits } from '../src/values/readNumbers.js'

const sdk = vi.hoisted(() => ({ takesFunctions: true }))

vi.mock('@aws-sdk/util-dynamodb', async importOriginal => {
  const original = await importOriginal<typeof import('@aws-sdk/util-dynamodb')>()
  return {
    ...original,
    convertToNative: (value: Parameters<typeof original.convertToNative>[0], options?: unmarshallOptions) =>
      original.convertToNative(value, optionsOf(options)),
  }
})

function optionsOf(options: unmarshallOptions = {}): unmarshallOptions {
  return sdk.takesFunctions ? options : { ...options, wrapNumbers: Boolean(options.wrapNumbers) }
}

/** A command of a document client of this AWS SDK, and what it is answered. */
function command(output: Parameters<typeof convertToNative>[0]) {
  return {
    resolveMiddleware: (
      _: unknown,
      { translateConfig }: { translateConfig: { unmarshallOptions: object } },
    ) => {
      const { unmarshallOptions } = translateConfig
      return async () => ({ output: convertToNative(output, unmarshallOptions) })
    },
  }
}

const LONG = '0.12345678901234567890123456789012345678'
const value = {
  M: {
    short: { N: '44' },
    long: { N: LONG },
    big: { N: '9007199254740993' },
    list: { L: [{ N: LONG }, { N: '1' }, { S: '2' }, { M: { deep: { N: '3' } } }] },
    set: { NS: [LONG, '5'] },
    texts: { SS: ['6'] },
    bytes: { B: Uint8Array.of(7) },
  },
}
const textOf = (number: unknown) => String((number as { value?: unknown }).value ?? number)

describe.each([
  ['calls a function', true],
  ['takes a function for true, as before it knew any', false],
])('where the AWS SDK %s', (_name, takesFunctions) => {
  beforeEach(() => {
    sdk.takesFunctions = takesFunctions
  })

  describe.each<[string, unmarshallOptions]>([
    ['a client without options', {}],
    ['a client that wraps numbers', { wrapNumbers: true }],
    ['a client that makes texts of them', { wrapNumbers: text => `number ${text}` }],
  ])('what is read for %s', (_of, unmarshallOptions) => {
    const read: [string, () => Promise<unknown> | unknown][] = [
      ['an item that arrived', () => allDigits(nativeValues({ unmarshallOptions })).native(value)],
      [
        'the answer of a command',
        async () => {
          const reading = readingAllDigits(command(value))
          const handler = reading.resolveMiddleware({}, { translateConfig: { unmarshallOptions } })
          return (await handler()).output
        },
      ],
    ]

    it.each(read)('has all digits, and is as the client reads it in the end: %s', async (_, item) => {
      const all = (await item()) as Record<string, unknown>
      const [inList] = all.list as unknown[]
      const inSet = [...(all.set as Set<unknown>)]
      expect([all.short, all.long, all.big, inList, ...inSet].map(textOf)).toEqual([
        ...['44', LONG, '9007199254740993', LONG, LONG, '5'],
      ])
      expect(asClientReads(all)).toEqual(convertToNative(value, unmarshallOptions))
    })
  })
})

it('an item without numbers is what it is', () => {
  for (const takesFunctions of [true, false]) {
    sdk.takesFunctions = takesFunctions
    const item = { M: { text: { S: 'x' }, none: { NULL: true as const } } }
    expect(asClientReads(allDigits(nativeValues({})).native(item))).toEqual({ text: 'x', none: null })
  }
})
