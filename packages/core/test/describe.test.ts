import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { createFormat, describeStored, FieldError, type ItemToOpen } from '../src/index.js'
import { countingKeyring, rawKeyring } from './support/keyrings.js'

const keyring = rawKeyring()
const place = { table: 'Customers', key: { id: { S: '1' } } }
const fields = [{ path: ['ssn'], value: { S: '078-05-1120' } }]

async function sealed(options: { format?: 'envelope' | 'message'; whole?: boolean }) {
  const format = createFormat({
    keyring,
    encryptionContext: { tenant: 'a' },
    format: options.format ?? 'envelope',
  })
  const [item] = await format.seal([{ ...place, fields, whole: options.whole ?? false }])
  return { format, value: item!.values[0]!, attributes: item!.attributes }
}

const codeOf = (work: () => unknown) => {
  try {
    work()
  } catch (error) {
    return error instanceof FieldError ? error.code : error
  }
}

describe('what stored bytes say of themselves', () => {
  it('a message: context, suite, ids, keys and sizes', async () => {
    const { value } = await sealed({ format: 'message' })
    const found = describeStored(value)
    expect(found).toMatchObject({
      format: 1,
      form: 'message',
      bytes: value.length,
      valueBytes: 11,
      suite: 0x0478,
    })
    expect(found.context).toEqual({ tenant: 'a', 'dynaseal:table': 'Customers' })
    expect(found.encryptedDataKeys).toHaveLength(1)
    expect(found.messageId).toBe(Buffer.from(value.subarray(3, 35)).toString('hex'))
    expect(Buffer.from(value).toString('hex')).toContain(found.commitment)
  })

  it('a full field: keys, context tag, commitment and sizes', async () => {
    const { value } = await sealed({})
    const found = describeStored(value)
    expect(found).toMatchObject({ format: 2, form: 'full', bytes: value.length, valueBytes: 11 })
    expect(found.encryptedDataKeys).toHaveLength(1)
    expect(found.contextTag).toBe(Buffer.from(value.subarray(3, 7)).toString('hex'))
    expect(found.commitment).toMatch(/^[0-9a-f]{64}$/)
  })

  it('short fields of several envelopes, in turns: each says which it needs', async () => {
    const { value } = await sealed({ whole: true })
    for (const tag of ['000000', '00000a', 'ffffff', '00000a', '0a0000', '0a0000'])
      expect(
        describeStored(
          Uint8Array.from([...value.subarray(0, 3), ...Buffer.from(tag, 'hex'), ...value.subarray(6)]),
        ).commitment,
      ).toBe(tag)
  })

  it('a short field says which envelope it needs, and that has the keys', async () => {
    const { value, attributes } = await sealed({ whole: true })
    const [short, envelope] = [describeStored(value), describeStored(attributes.dynaseal!)]
    expect(short).toEqual({
      format: 2,
      form: 'short',
      bytes: 47,
      valueBytes: 11,
      commitment: expect.any(String),
    })
    expect(envelope).toMatchObject({ format: 2, form: 'envelope', bytes: attributes.dynaseal!.length })
    expect(envelope.commitment.startsWith(short.commitment)).toBe(true)
    expect(envelope.encryptedDataKeys).toHaveLength(1)
    expect(envelope.valueBytes).toBeUndefined()
  })

  it('nothing else, and says what it is', () => {
    expect(codeOf(() => describeStored(Buffer.from('a value in clear')))).toBe('not-a-message')
    expect(codeOf(() => describeStored(Buffer.from('da5e99', 'hex')))).toBe('unsupported-version')
    expect(codeOf(() => describeStored(Buffer.from('da5e21', 'hex')))).toBe('malformed-message')
  })

  it('of damaged bytes, an error of ours or a description, and nothing else', async () => {
    const all = [
      (await sealed({ format: 'message' })).value,
      (await sealed({})).value,
      (await sealed({ whole: true })).value,
      (await sealed({ whole: true })).attributes.dynaseal!,
    ]
    fc.assert(
      fc.property(fc.nat(3), fc.nat(), fc.nat(255), fc.nat(), (which, at, byte, length) => {
        const bytes = Uint8Array.from(all[which]!)
        bytes[at % bytes.length] = byte
        const code = codeOf(() =>
          describeStored(bytes.subarray(0, length % 3 === 0 ? bytes.length : length % bytes.length)),
        )
        expect([
          undefined,
          'not-a-message',
          'unsupported-suite',
          'unsupported-version',
          'malformed-message',
        ]).toContain(code)
      }),
      { numRuns: 2000 },
    )
  })
})

describe('check() finds without a data key', () => {
  const check = async (
    change: (item: ItemToOpen) => ItemToOpen,
    options: Parameters<typeof sealed>[0] = { whole: true },
  ) => {
    const { value, attributes } = await sealed(options)
    const counting = countingKeyring(keyring)
    const format = createFormat({ keyring: counting, encryptionContext: { tenant: 'a' } })
    const item = change({ ...place, fields: [{ path: ['ssn'], value }], attributes })
    const codes = format.check(item).map(error => error?.code)
    expect([counting.encrypts, counting.decrypts]).toEqual([0, 0])
    return codes
  }

  it.each([{ whole: true }, {}, { format: 'message' as const }])(
    'nothing wrong with what is right: %o',
    async options => {
      expect(await check(item => item, options)).toEqual([undefined])
    },
  )
  it('a missing envelope', async () => {
    expect(await check(({ attributes: _, ...item }) => item)).toEqual(['missing-envelope'])
  })
  it('another envelope', async () => {
    const other = await createFormat({ keyring: rawKeyring(), encryptionContext: { tenant: 'a' } }).seal([
      { ...place, fields, whole: true },
    ])
    expect(await check(item => ({ ...item, attributes: other[0]!.attributes }))).toEqual(['wrong-envelope'])
  })
  it.each([{ whole: true }, {}, { format: 'message' as const }])('another table: %o', async options => {
    expect(await check(item => ({ ...item, table: 'Other' }), options)).toEqual(['wrong-context'])
  })
  it('a value in clear, beside one that is not, each in its place', async () => {
    const clear = { path: ['name'], value: Buffer.from('Ada') }
    expect(await check(item => ({ ...item, fields: [clear, ...item.fields] }))).toEqual([
      'not-a-message',
      undefined,
    ])
  })
})
