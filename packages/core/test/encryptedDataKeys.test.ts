import { EncryptedDataKey, KeyringTraceFlag, type NodeEncryptionMaterial } from '@aws-crypto/client-node'
import { describe, expect, it } from 'vitest'
import { type Keyring, MAX_ENCRYPTED_DATA_KEYS, SealError } from '../src/index.js'
import { parseEncryptedDataKeys, serializeEncryptedDataKeys } from '../src/materials/encryptedDataKeys.js'
import { createFormat } from './support/codec.js'
import { item, openOne, sealOne } from './support/fields.js'

const trace = { keyNamespace: 'dynaseal-tests', keyName: 'many' }

/** Has one data key, and says of it that it was encrypted `count` times. Keeps what it is given to decrypt. */
function keyringWriting(count: number): Keyring & { given: EncryptedDataKey[] } {
  const secret = () => new Uint8Array(32).fill(7)
  const keyring = {
    given: [] as EncryptedDataKey[],
    async onEncrypt(material: NodeEncryptionMaterial) {
      const flags = KeyringTraceFlag.WRAPPING_KEY_GENERATED_DATA_KEY
      material.setUnencryptedDataKey(secret(), { ...trace, flags })
      for (let index = 0; index < count; index++) {
        const encryptedDataKey = new EncryptedDataKey({
          providerId: 'p',
          providerInfo: `key ${index}`,
          encryptedDataKey: Uint8Array.of(index),
        })
        material.addEncryptedDataKey(encryptedDataKey, KeyringTraceFlag.WRAPPING_KEY_ENCRYPTED_DATA_KEY)
      }
      return material
    },
    async onDecrypt(...[material, encryptedDataKeys]: Parameters<Keyring['onDecrypt']>) {
      keyring.given = encryptedDataKeys
      const flags = KeyringTraceFlag.WRAPPING_KEY_DECRYPTED_DATA_KEY
      return material.setUnencryptedDataKey(secret(), { ...trace, flags })
    },
  }
  return keyring
}

describe('a keyring that encrypts the data key', () => {
  it.each([0, MAX_ENCRYPTED_DATA_KEYS + 1])('%i times seals nothing', async count => {
    const format = createFormat({ keyring: keyringWriting(count) })
    const error = await sealOne(format, item({ S: 'a' })).catch((error: unknown) => error)
    expect(error).toBeInstanceOf(SealError)
    expect(error).toMatchObject({
      code: 'key-unavailable',
      cause: expect.objectContaining({ message: expect.stringContaining(`${count} encrypted data keys`) }),
    })
  })

  it.each([1, MAX_ENCRYPTED_DATA_KEYS])('%i times seals what opens', async count => {
    const message = await sealOne(createFormat({ keyring: keyringWriting(count) }), item({ S: 'a' }))
    const opening = keyringWriting(count)
    expect(await openOne(createFormat({ keyring: opening }), item(message))).toEqual({ S: 'a' })
    expect(opening.given.map(({ providerInfo }) => providerInfo)).toEqual(
      Array.from({ length: count }, (_, index) => `key ${index}`),
    )
  })
})

it('what a keyring was given stays what it is when the message is overwritten', async () => {
  const message = await sealOne(createFormat({ keyring: keyringWriting(3) }), item({ S: 'a' }))
  const opening = keyringWriting(3)
  await openOne(createFormat({ keyring: opening }), item(message))
  const before = serializeEncryptedDataKeys(opening.given)
  message.fill(0xff)
  expect(serializeEncryptedDataKeys(opening.given)).toEqual(before)
  expect(parseEncryptedDataKeys(before).map(entry => new EncryptedDataKey(entry))).toEqual(opening.given)
})
