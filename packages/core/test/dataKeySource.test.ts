import { describe, expect, it } from 'vitest'
import { type DataKeyRequest, type DataKeySource, dataKeySource, type Keyring } from '../src/index.js'
import { encryptionContext } from '../src/materials/context.js'
import { openOne, refusal, sealItem } from './support/fields.js'
import { FORMS } from './support/forms.js'

const KEY = Buffer.alloc(32, 7)
const entry = { providerId: 'test', providerInfo: 'a key', encryptedDataKey: Buffer.from('wrapped') }

/** A keyring that would fail, were it asked with materials. */
function plainKeyring(source: Partial<DataKeySource> = {}) {
  const requests: DataKeyRequest[] = []
  const handedOut: Uint8Array[] = []
  const give = () => {
    const dataKey = Uint8Array.from(KEY)
    handedOut.push(dataKey)
    return dataKey
  }
  const never = () => Promise.reject(new Error('asked with materials'))
  const keyring: Keyring = {
    onEncrypt: never,
    onDecrypt: never,
    [dataKeySource]: {
      async generateDataKey(request) {
        requests.push(request)
        return { dataKey: give(), encryptedDataKeys: [entry] }
      },
      async decryptDataKey(request) {
        requests.push(request)
        return give()
      },
      ...source,
    },
  }
  return { keyring, requests, handedOut }
}

it.each(FORMS)(
  'a keyring with a data-key source is asked in plain data, and what it hands out is zeroed: $name',
  async form => {
    const { keyring, requests, handedOut } = plainKeyring()
    const stored = await sealItem(form.create({ keyring }), form.item({ S: 'a' }))
    expect(await openOne(form.create({ keyring }), stored)).toEqual({ S: 'a' })
    const { pairs } = encryptionContext(form.purpose, 'Customers', {})
    expect(requests).toMatchObject([
      { encryptionContext: pairs, length: 32 },
      {
        encryptionContext: pairs,
        length: 32,
        encryptedDataKeys: [
          { providerId: 'test', providerInfo: 'a key', encryptedDataKey: Buffer.from('wrapped') },
        ],
      },
    ])
    expect(handedOut).toEqual([new Uint8Array(32), new Uint8Array(32)])
  },
)

it('the symbol is registered, so that a keyring of another package or copy has the same', () => {
  expect(dataKeySource).toBe(Symbol.for('dynaseal:data-key-source'))
})

describe.each(FORMS)('for $name', form => {
  it.each([0, 16, 33])('a data key of %i bytes is refused, and zeroed', async length => {
    const dataKey = new Uint8Array(length).fill(7)
    const { keyring } = plainKeyring({
      generateDataKey: async () => ({ dataKey, encryptedDataKeys: [entry] }),
      decryptDataKey: async () => dataKey,
    })
    const cause = { message: expect.stringContaining(`a data key of ${length} bytes`) }
    await expect(form.create({ keyring }).seal([form.item({ S: 'a' })])).rejects.toMatchObject({
      code: 'key-unavailable',
      cause,
    })
    expect(dataKey).toEqual(new Uint8Array(length))
    dataKey.fill(7)
    const stored = await sealItem(form.create({ keyring: plainKeyring().keyring }), form.item({ S: 'a' }))
    expect(await refusal(form.create({ keyring }), stored)).toMatchObject({ code: 'key-unavailable', cause })
    expect(dataKey).toEqual(new Uint8Array(length))
  })
})
