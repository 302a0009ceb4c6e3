import { inspect } from 'node:util'
import { describe, expect, it } from 'vitest'
import {
  type AttributePath,
  type AttributeValue,
  DynasealError,
  type Format,
  type ItemToSeal,
  SealError,
} from '../src/index.js'
import { createFormat } from './support/codec.js'
import { item, refusal, sealItem } from './support/fields.js'
import { bytesOf, FORMS, movedTo, withValue } from './support/forms.js'
import { clientNode, countingKeyring, rawKeyring } from './support/keyrings.js'

const SECRET = 'plaintext-4711'
const KEY_VALUE = 'key-value-0815'
const secretKey = { pk: { S: KEY_VALUE }, sk: { N: '8150815' } }

/** Everything that a log could take from an error. */
function everything(error: unknown): string {
  const own = error as Record<string, unknown>
  return [
    String(error),
    JSON.stringify(error),
    inspect(error, { depth: 10, showHidden: true }),
    ...Reflect.ownKeys(own).map(name => inspect(own[name as string], { depth: 10, showHidden: true })),
  ].join('\n')
}

function expectNoSecret(error: unknown): void {
  const text = everything(error)
  const encoded = [SECRET, KEY_VALUE].flatMap(secret => [
    secret,
    Buffer.from(secret).toString('hex'),
    Buffer.from(secret)
      .toString('hex')
      .replaceAll(/(..)(?=.)/g, '$1 '),
    Buffer.from(secret).toString('base64').slice(0, -4),
  ])
  for (const secret of [...encoded, '8150815']) expect(text).not.toContain(secret)
}

async function sealError(format: Format, one: ItemToSeal): Promise<DynasealError> {
  try {
    await format.seal([one])
  } catch (error) {
    if (error instanceof DynasealError) return error
    throw error
  }
  throw new Error('It was sealed.')
}

describe.each(FORMS)('an error of sealing, $name', form => {
  const format = form.create({ keyring: rawKeyring() })
  const bad = (value: unknown) =>
    form.item(value as AttributeValue, { key: secretKey, path: ['profile', 'notes', 3] })
  const hostile = {
    get S(): string {
      throw new Error(SECRET)
    },
  }

  it.each<[string, unknown, string]>([
    ['a number', { N: SECRET }, 'invalid-value'],
    ['a duplicate', { SS: [SECRET, SECRET] }, 'invalid-value'],
    ['a map', { M: { [SECRET]: { S: 1 } } }, 'invalid-value'],
    ['a lone surrogate', { S: `${SECRET}\ud800` }, 'invalid-value'],
    ['a type', { [SECRET]: 'a' }, 'invalid-value'],
    ['a bare string', SECRET, 'invalid-value'],
    ['a getter that throws', hostile, 'sealing-failed'],
    ['a size', { S: SECRET.repeat(40_000) }, 'too-large'],
  ])('about %s tells nothing of the value', async (_name, value, code) => {
    const error = await sealError(format, bad(value))
    expect(error).toBeInstanceOf(SealError)
    expect(error).toMatchObject({
      code,
      table: 'Customers',
      keyNames: ['pk', 'sk'],
      path: ['profile', 'notes', 3],
    })
    expect(error.message).toContain('profile.notes[3] of an item in table Customers (key: pk, sk)')
    expectNoSecret(error)
  })

  it('about the location tells nothing of the key', async () => {
    for (const key of [
      { pk: { N: KEY_VALUE } },
      { pk: { S: `${KEY_VALUE}\ud800` } },
      { pk: { SS: [KEY_VALUE] } },
    ]) {
      const error = await sealError(format, form.item({ S: SECRET }, { key }))
      expect(error.code).toBe('invalid-location')
      expectNoSecret(error)
    }
  })

  it('about the keyring has its error as cause', async () => {
    const keyring = countingKeyring()
    keyring.failure = new Error('KMS is down')
    const error = await sealError(form.create({ keyring }), form.item({ S: SECRET }, { key: secretKey }))
    expect(error).toMatchObject({ name: 'SealError', code: 'key-unavailable', cause: keyring.failure })
    expectNoSecret(error)
  })

  it('keeps the good values of the same call from being returned', async () => {
    await expect(format.seal([form.item({ S: 'good' }), bad({ N: 'bad' })])).rejects.toThrow(SealError)
  })
})

describe.each(FORMS)('an error of opening, $name', form => {
  const format = form.create({ keyring: rawKeyring() })
  const here: { key: Record<string, AttributeValue>; path: AttributePath } = { key: secretKey, path: ['ssn'] }

  it('tells nothing of value and key', async () => {
    const stored = await sealItem(format, form.item({ S: SECRET }, here))
    const bytes = bytesOf(stored)
    const flipped = Buffer.from(bytes)
    flipped[flipped.length - 1]! ^= 1
    const keyring = countingKeyring()
    keyring.failure = new Error('KMS is down')
    const errors = [
      await refusal(format, movedTo(stored, { path: ['other'] })),
      await refusal(format, movedTo(stored, { table: 'Other' })),
      await refusal(format, withValue(stored, flipped)),
      await refusal(format, withValue(stored, bytes.subarray(0, -1))),
      await refusal(format, withValue(stored, Buffer.from(SECRET))),
      await refusal(format, withValue(stored, SECRET as unknown as Uint8Array)),
      await refusal(form.create({ keyring }), stored),
    ]
    expect(errors.map(({ code }) => code)).toEqual([
      form.codes.moved,
      'wrong-context',
      'not-authentic',
      form.codes.cut,
      'not-a-message',
      'not-a-message',
      'key-unavailable',
    ])
    for (const error of errors) {
      expect(error).toMatchObject({ name: 'FieldError', keyNames: ['pk', 'sk'] })
      expect(error.message).toMatch(
        /^Cannot open (ssn|other) of an item in table (Customers|Other) \(key: pk, sk\): /,
      )
      expectNoSecret(error)
    }
    expect(errors.at(-1)!.cause).toBe(keyring.failure)
  })
})

describe('an error of opening a message', () => {
  const here = { key: secretKey, path: ['ssn'] }

  it('by the Encryption SDK tells as little', async () => {
    const other = createFormat({ keyring: rawKeyring(), codec: 'client-node' })
    const stored = await sealItem(other, item({ S: SECRET }, here))
    const message = bytesOf(stored)
    message[message.length - 1]! ^= 1
    const error = await refusal(other, withValue(stored, message))
    expect(error).toMatchObject({ code: 'not-authentic', table: 'Customers', path: ['ssn'] })
    expectNoSecret(error)
  })

  it('about the content tells nothing of it', async () => {
    const { result } = await clientNode.encrypt(rawKeyring(), `\x01${SECRET.padEnd(64)}`, {
      suiteId: 0x0478,
      encryptionContext: { 'dynaseal:table': 'Customers' },
    })
    const error = await refusal(createFormat({ keyring: rawKeyring() }), item<Uint8Array>(result, here))
    expect(error.code).toBe('wrong-location')
    expectNoSecret(error)
  })
})

describe.each(FORMS)('a format of $name', form => {
  it('shows no key when it is inspected or turned into JSON', async () => {
    const format = form.create({ keyring: { ...countingKeyring() } })
    const stored = await sealItem(format, form.item({ S: SECRET }, { key: secretKey }))
    await refusal(format, movedTo(stored, { path: ['other'] }))
    const text = everything(format)
    expect(text).not.toContain('secret')
    expect(text).not.toContain('Buffer')
    expect(text).not.toContain(SECRET)
  })
})
