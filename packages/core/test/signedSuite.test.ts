import * as sdk from '@aws-crypto/client-node'
import { AlgorithmSuiteIdentifier, buildClient, CommitmentPolicy } from '@aws-crypto/client-node'
import { describe, expect, it } from 'vitest'
import {
  type AllowedSuite,
  type CodecName,
  ConfigurationError,
  locationHash,
  MAX_CONTEXT_PAIRS,
  serializeValue,
} from '../src/index.js'
import { parseBody } from '../src/message/body.js'
import { clientNode as codecOver } from '../src/message/clientNode.js'
import type { Header } from '../src/message/header.js'
import { isMessage } from '../src/message/header.js'
import { ContentType, TAG_BYTES } from '../src/message/suite.js'
import { createFormat } from './support/codec.js'
import { customer, item, openOne, refusal, sealOne } from './support/fields.js'
import { clientNode, countingKeyring, rawKeyring, unboundKeyring, unboundSecret } from './support/keyrings.js'

const allowSuites = ['0x0578'] as const
const table = { 'dynaseal:table': 'Customers' }

/** By the AWS Encryption SDK's default suite. */
async function signed(text: string, encryptionContext: Record<string, string> = table, frameLength = 4096) {
  const value = serializeValue({ S: text })
  const content = Buffer.concat([Buffer.of(1), locationHash('Customers', customer, ['ssn']), value])
  const { result, messageHeader } = await clientNode.encrypt(rawKeyring(), content, {
    encryptionContext,
    frameLength,
  })
  expect(messageHeader.suiteId).toBe(
    AlgorithmSuiteIdentifier.ALG_AES256_GCM_IV12_TAG16_HKDF_SHA512_COMMIT_KEY_ECDSA_P384,
  )
  return new Uint8Array(result)
}

describe.each<CodecName>(['own', 'client-node'])('messages of the signed suite, with codec %s', codec => {
  const allowing = () => createFormat({ keyring: rawKeyring(), codec, allowSuites })

  it('do not open unless they are allowed', async () => {
    const error = await refusal(createFormat({ keyring: rawKeyring(), codec }), item(await signed('a')))
    expect(error.code).toBe('unsupported-suite')
    expect(error.message).toContain("allowSuites: ['0x0578']")
  })

  it.each([1, 16, 4096])('open, in frames of %i', async frameLength => {
    const message = await signed('a text', table, frameLength)
    expect(await openOne(allowing(), item(message))).toEqual({ S: 'a text' })
  })

  it('open with a context that sorts around the public key', async () => {
    const encryptionContext = { a: '1', z: 'ü', 'aws-': 'x' }
    const message = await signed('a', { ...encryptionContext, ...table })
    const format = createFormat({ keyring: rawKeyring(), codec, allowSuites, encryptionContext })
    expect(await openOne(format, item(message))).toEqual({ S: 'a' })
  })

  it('open beside others, at one call for each, once', async () => {
    const keyring = countingKeyring()
    const format = createFormat({ keyring, codec, allowSuites })
    const messages = [await signed('a'), await sealOne(format, item({ S: 'b' })), await signed('c')]
    const page = messages.map(message => item(message))
    const expected = ['a', 'b', 'c'].map(S => ({ fields: [{ value: { S } }] }))
    expect(await format.open(page)).toEqual(expected)
    expect(await format.open(page)).toEqual(expected)
    expect(keyring.decrypts).toBe(2)
  })

  it('do not open elsewhere, or with another context', async () => {
    const message = await signed('a')
    expect((await refusal(allowing(), item(message, { path: ['other'] }))).code).toBe('wrong-location')
    expect((await refusal(allowing(), item(message, { table: 'Orders' }))).code).toBe('wrong-context')
    const more = await signed('a', { ...table, tenant: 'a' })
    expect((await refusal(allowing(), item(more))).code).toBe('wrong-context')
  })

  it('do not open when a byte was changed or is missing', async () => {
    const message = await signed('a')
    for (let index = 1; index < message.length; index += 7) {
      const changed = Uint8Array.from(message)
      changed[index]! ^= 1
      await expect(openOne(allowing(), item(changed))).rejects.toHaveProperty('name', 'FieldError')
      await expect(openOne(allowing(), item(message.subarray(0, index)))).rejects.toHaveProperty(
        'name',
        'FieldError',
      )
    }
  })

  it('do not open with a signature that another key made, or none', async () => {
    const [message, other] = [await signed('a'), await signed('a')]
    const footer = (bytes: Uint8Array) => {
      // The signature is DER in 101 to 104 bytes, behind its own length.
      for (let length = 98; length <= 104; length++) {
        const start = bytes.length - length - 2
        if (bytes[start] === 0 && bytes[start + 1] === length && bytes[start + 2] === 0x30) return start
      }
      throw new Error('There is no signature.')
    }
    const body = message.subarray(0, footer(message))
    const swapped = Buffer.concat([body, other.subarray(footer(other))])
    expect((await refusal(allowing(), item<Uint8Array>(swapped))).code).toBe('not-authentic')
    expect((await refusal(allowing(), item(body))).code).toBe('malformed-message')
    const unsigned = Buffer.concat([body, Buffer.of(0, 0)])
    expect((await refusal(allowing(), item<Uint8Array>(unsigned))).code).toBe('not-authentic')
  })

  it('do not open when a pair of their context ends beyond it', async () => {
    const message = await signed('a')
    // The first pair's key, behind the lengths of context and pairs.
    message.fill(0xff, 39, 41)
    expect((await refusal(allowing(), item(message))).code).toBe('wrong-context')
  })

  it('that say they are of the suite without signature do not open', async () => {
    const message = await signed('a')
    message[1] = 0x04
    expect((await refusal(allowing(), item(message))).code).toBe('wrong-context')
  })

  it('never make the call fail, however long the expected context', async () => {
    const pairs = Array.from({ length: MAX_CONTEXT_PAIRS - 1 }, (_, index) => [`k${index}`, 'v'])
    const encryptionContext = Object.fromEntries(pairs)
    const message = await signed('a', { ...encryptionContext, ...table })
    const format = createFormat({ keyring: rawKeyring(), codec, allowSuites, encryptionContext })
    expect(isMessage(message)).toBe(true)
    expect(await openOne(format, item(message))).toEqual({ S: 'a' })
    const more = await signed('a', { ...encryptionContext, ...table, more: 'v' })
    expect((await refusal(format, item(more))).code).toBe('malformed-message')
    const large = { large: 'x'.repeat(8150) }
    const strict = createFormat({ keyring: rawKeyring(), codec, allowSuites, encryptionContext: large })
    expect((await refusal(strict, item(await signed('a')))).code).toBe('wrong-context')
  })
})

it('no suite without key commitment can be allowed', () => {
  for (const names of [['0x0378'], ['0x0578', '0x0178'], '0x0578']) {
    const allowed = names as unknown as readonly AllowedSuite[]
    expect(() => createFormat({ keyring: rawKeyring(), allowSuites: allowed })).toThrow(ConfigurationError)
  }
})

describe('a message without key commitment', () => {
  const { encrypt } = buildClient(CommitmentPolicy.FORBID_ENCRYPT_ALLOW_DECRYPT)
  const suites = [
    AlgorithmSuiteIdentifier.ALG_AES128_GCM_IV12_TAG16,
    AlgorithmSuiteIdentifier.ALG_AES192_GCM_IV12_TAG16,
    AlgorithmSuiteIdentifier.ALG_AES256_GCM_IV12_TAG16,
    AlgorithmSuiteIdentifier.ALG_AES128_GCM_IV12_TAG16_HKDF_SHA256,
    AlgorithmSuiteIdentifier.ALG_AES192_GCM_IV12_TAG16_HKDF_SHA256,
    AlgorithmSuiteIdentifier.ALG_AES256_GCM_IV12_TAG16_HKDF_SHA256,
    AlgorithmSuiteIdentifier.ALG_AES128_GCM_IV12_TAG16_HKDF_SHA256_ECDSA_P256,
    AlgorithmSuiteIdentifier.ALG_AES192_GCM_IV12_TAG16_HKDF_SHA384_ECDSA_P384,
    AlgorithmSuiteIdentifier.ALG_AES256_GCM_IV12_TAG16_HKDF_SHA384_ECDSA_P384,
  ]
  const uncommitted = async (
    suiteId: AlgorithmSuiteIdentifier,
    encryptionContext: Record<string, string> = table,
    keyring = rawKeyring(),
  ) => {
    const { result } = await encrypt(keyring, 'a', { suiteId, encryptionContext })
    return new Uint8Array(result)
  }

  it('would not be opened by the AWS Encryption SDK either, as we ask it to', async () => {
    const message = Buffer.from(await uncommitted(suites[5]!, table, unboundKeyring()))
    // One final frame of one byte: end marker, sequence number, IV, length, the byte and its tag.
    const end = message.length - (4 + 4 + 12 + 4 + 1 + 16) - TAG_BYTES
    const header = {
      message,
      end,
      contentType: ContentType.FRAMED,
      frameLength: 4096,
      signed: false,
    } as Header
    expect(parseBody(header)).toHaveLength(1)
    await expect(codecOver(sdk).read(header, unboundSecret())).rejects.toHaveProperty('code', 'not-authentic')
    const { decrypt } = buildClient(CommitmentPolicy.REQUIRE_ENCRYPT_ALLOW_DECRYPT)
    expect((await decrypt(unboundKeyring(), message)).plaintext.toString()).toBe('a')
  })

  it.each(suites)('of suite %i is refused by name, whatever is allowed', async suiteId => {
    const format = createFormat({ keyring: rawKeyring(), allowSuites })
    const error = await refusal(format, item(await uncommitted(suiteId)))
    expect(error.code).toBe('unsupported-suite')
    expect(error.message).toContain('lack key commitment')
  })

  it('is ciphertext of ours if it names a table, and any binary value if not', async () => {
    const [suiteId] = suites
    expect(isMessage(await uncommitted(suiteId!))).toBe(true)
    expect(isMessage(await uncommitted(suiteId!, { 'dynaseal:other': 'Customers' }))).toBe(false)
    const unknown = await uncommitted(suiteId!)
    unknown[3] = 0x15
    expect(isMessage(unknown)).toBe(false)
    expect((await refusal(createFormat({ keyring: rawKeyring() }), item(unknown))).code).toBe('not-a-message')
  })
})
