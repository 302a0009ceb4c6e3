import { AlgorithmSuiteIdentifier } from '@aws-crypto/client-node'
import { describe, expect, it } from 'vitest'
import { type AttributeValue, locationHash, serializeValue } from '../src/index.js'
import { createFormat } from './support/codec.js'
import { customer, item, openOne, sealOne } from './support/fields.js'
import { clientNode, multiKeyring, rawKeyring } from './support/keyrings.js'

const SUITE = AlgorithmSuiteIdentifier.ALG_AES256_GCM_IV12_TAG16_HKDF_SHA512_COMMIT_KEY

const sizes = [0, 1, 15, 16, 17, 255, 256, 4095, 4096, 4097, 65_536, 400 * 1024]
const contexts: Record<string, string>[] = [
  {},
  { tenant: 'acme' },
  { a: '', z: 'last', é: 'ü', 𐀂: '\uff61', '\uff61': '𐀂' },
  Object.fromEntries(Array.from({ length: 40 }, (_, index) => [`key-${index}`, 'v'.repeat(100)])),
]

/** What a message protects: version, location, value. */
function content(value: AttributeValue): Buffer {
  return Buffer.concat([Buffer.of(1), locationHash('Customers', customer, ['ssn']), serializeValue(value)])
}

const binary = (length: number) => ({
  B: new Uint8Array(length).map((_, index) => index * 31),
})

describe('what we write, client-node opens', () => {
  it.each(sizes)('%i bytes', async size => {
    const format = createFormat({ keyring: rawKeyring() })
    const message = await sealOne(format, item(binary(size)))
    const { plaintext, messageHeader } = await clientNode.decrypt(rawKeyring(), message)
    expect(plaintext.equals(content(binary(size)))).toBe(true)
    expect(messageHeader.encryptionContext).toEqual({ 'dynaseal:table': 'Customers' })
  })

  it.each(contexts)('context %#', async encryptionContext => {
    const format = createFormat({ keyring: rawKeyring(), encryptionContext })
    const message = await sealOne(format, item({ S: 'value' }))
    const { plaintext, messageHeader } = await clientNode.decrypt(rawKeyring(), message)
    expect(plaintext.equals(content({ S: 'value' }))).toBe(true)
    expect(messageHeader.encryptionContext).toEqual({ ...encryptionContext, 'dynaseal:table': 'Customers' })
  })

  it.each(['a', 'ccc', 'bb'])('three encrypted data keys, with key %s alone', async name => {
    const format = createFormat({ keyring: multiKeyring('a', 'bb', 'ccc') })
    const message = await sealOne(format, item({ S: 'value' }))
    const { plaintext, messageHeader } = await clientNode.decrypt(rawKeyring(name), message)
    expect(plaintext.equals(content({ S: 'value' }))).toBe(true)
    expect(messageHeader.encryptedDataKeys).toHaveLength(3)
  })
})

describe('the two codecs', () => {
  it('write the same, but for what is random, and open what the other wrote', async () => {
    const keyring = multiKeyring('a', 'bb')
    const own = createFormat({ keyring, encryptionContext: { tenant: 'a' }, codec: 'own' })
    const other = createFormat({ keyring, encryptionContext: { tenant: 'a' }, codec: 'client-node' })
    for (const size of [0, 1, 4096, 100_000]) {
      const [ours, theirs] = [
        await sealOne(own, item(binary(size))),
        await sealOne(other, item(binary(size))),
      ]
      expect(theirs.length).toBe(ours.length)
      // Version, suite, then behind the random message id the context; content type and frame length.
      expect(theirs.slice(0, 3)).toEqual(ours.slice(0, 3))
      expect(theirs.slice(35, 80)).toEqual(ours.slice(35, 80))
      for (const message of [ours, theirs]) {
        for (const format of [own, other]) {
          const opened = (await openOne(format, item(message))) as { B: Uint8Array }
          expect(Buffer.compare(opened.B, binary(size).B)).toBe(0)
        }
      }
    }
  })
})

describe('what client-node writes, we open', () => {
  const frameLengths = [1, 16, 100, 4096, 0x80000]

  it.each(
    sizes
      .flatMap(size => frameLengths.map(frameLength => ({ size, frameLength })))
      .filter(({ size, frameLength }) => size / frameLength <= 300),
  )('$size bytes in frames of $frameLength', async ({ size, frameLength }) => {
    const { result } = await clientNode.encrypt(rawKeyring(), content(binary(size)), {
      suiteId: SUITE,
      frameLength,
      encryptionContext: { 'dynaseal:table': 'Customers' },
    })
    const format = createFormat({ keyring: rawKeyring() })
    const opened = (await openOne(format, item<Uint8Array>(result))) as { B: Uint8Array }
    // toEqual goes through 400 KB element by element.
    expect(Buffer.compare(opened.B, binary(size).B)).toBe(0)
  })

  it('a final frame that is empty', async () => {
    const plaintext = content({ S: 'x'.repeat(64 - 35) })
    const { result } = await clientNode.encrypt(rawKeyring(), plaintext, {
      suiteId: SUITE,
      frameLength: 32,
      encryptionContext: { 'dynaseal:table': 'Customers' },
    })
    expect(result.subarray(-16 - 4).readUInt32BE()).toBe(0)
    expect(await openOne(createFormat({ keyring: rawKeyring() }), item<Uint8Array>(result))).toEqual({
      S: 'x'.repeat(29),
    })
  })

  it.each(contexts)('context %#', async encryptionContext => {
    const { result } = await clientNode.encrypt(rawKeyring(), content({ N: '42' }), {
      suiteId: SUITE,
      encryptionContext: { ...encryptionContext, 'dynaseal:table': 'Customers' },
    })
    const format = createFormat({ keyring: rawKeyring(), encryptionContext })
    expect(await openOne(format, item<Uint8Array>(result))).toEqual({ N: '42' })
  })

  it('three encrypted data keys, with one of the keys alone', async () => {
    const { result } = await clientNode.encrypt(multiKeyring('a', 'bb', 'ccc'), content({ BOOL: true }), {
      suiteId: SUITE,
      encryptionContext: { 'dynaseal:table': 'Customers' },
    })
    for (const name of ['a', 'bb', 'ccc']) {
      expect(await openOne(createFormat({ keyring: rawKeyring(name) }), item<Uint8Array>(result))).toEqual({
        BOOL: true,
      })
    }
  })
})
