import { afterEach, expect, it, vi } from 'vitest'
import { createFormat } from './support/codec.js'
import { item, sealOne } from './support/fields.js'
import { rawKeyring } from './support/keyrings.js'

const SECRET = 'what the plaintext said'
// The AWS Encryption SDK is here, and takes every value of ours.
const { sdk } = vi.hoisted(() => ({ sdk: { write: undefined as unknown } }))
vi.mock('../src/message/clientNode.js', () => ({
  clientNode() {
    if (sdk.write === undefined) throw new Error('Cannot find package @aws-crypto/client-node')
    return sdk
  },
}))
afterEach(() => vi.resetModules())

const seal = () =>
  createFormat({ keyring: rawKeyring(), format: 'message', codec: 'client-node' }).seal([item({ S: SECRET })])

it('the AWS Encryption SDK is missing: the error says that the option needs it', async () => {
  sdk.write = undefined
  await expect(seal()).rejects.toMatchObject({
    name: 'ConfigurationError',
    code: 'invalid-option',
    message: expect.stringContaining('need the package @aws-crypto/client-node'),
  })
})

it('the AWS Encryption SDK is missing for what is stored: that is no error of a field', async () => {
  sdk.write = undefined
  const message = await sealOne(createFormat({ keyring: rawKeyring(), codec: 'own' }), item({ S: SECRET }))
  const opening = createFormat({ keyring: rawKeyring(), codec: 'client-node' }).open([item(message)])
  await expect(opening).rejects.toMatchObject({ name: 'ConfigurationError', code: 'invalid-option' })
})

it('the AWS Encryption SDK fails: the error names the place, and quotes nothing', async () => {
  sdk.write = async () => {
    throw new Error(`cannot encrypt ${SECRET}`)
  }
  const error = await seal().catch((error: Error) => error)
  expect(error).toMatchObject({
    name: 'SealError',
    code: 'sealing-failed',
    message: expect.stringContaining('ssn'),
  })
  expect(JSON.stringify([error, (error as Error).message, (error as Error).cause])).not.toContain(SECRET)
})
