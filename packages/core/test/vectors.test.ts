import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import {
  buildClient,
  CommitmentPolicy,
  RawAesKeyringNode,
  RawAesWrappingSuiteIdentifier,
} from '@aws-crypto/client-node'
import { describe, expect, it } from 'vitest'
import {
  type AttributePath,
  type AttributeValue,
  type CodecName,
  isMessage,
  locationHash,
  serializeValue,
} from '../src/index.js'
import { createFormat } from './support/codec.js'
import { openOne, refusal } from './support/fields.js'
import { clientNode } from './support/keyrings.js'

interface Vector {
  readonly name: string
  readonly table: string
  readonly key: Record<string, AttributeValue>
  readonly path: AttributePath
  readonly encryptionContext: Record<string, string>
  /** Base64, or its two ends around zeros. */
  readonly message: string | { readonly prefix: string; readonly zeros: number; readonly suffix: string }
}

interface Positive extends Vector {
  readonly value: AttributeValue
  readonly spellings: AttributeValue[]
  readonly content: string
}

interface Negative extends Vector {
  readonly error: string
}

interface File<V> {
  readonly wrappingKeys: { namespace: string; name: string; key: string }[]
  readonly vectors: V[]
}

const folder = new URL('../../../test/vectors/', import.meta.url)
const load = <V extends Vector>(name: string): File<V> =>
  JSON.parse(readFileSync(new URL(name, folder), 'utf8'))

const { vectors: positives, wrappingKeys } = load<Positive>('positive.json')
const { vectors: negatives } = load<Negative>('negative.json')

const keyrings = wrappingKeys.map(
  ({ namespace, name, key }) =>
    new RawAesKeyringNode({
      keyName: name,
      keyNamespace: namespace,
      unencryptedMasterKey: Uint8Array.from(Buffer.from(key, 'hex')),
      wrappingSuite: RawAesWrappingSuiteIdentifier.AES256_GCM_IV12_TAG16_NO_PADDING,
      utf8Sorting: true,
    }),
)
/** All vectors have an encrypted data key for the first wrapping key. */
const keyring = keyrings[0]!

/** Binaries from base64, as in DynamoDB's JSON. */
function fromJson(value: AttributeValue): AttributeValue {
  const bytes = (text: unknown) => Uint8Array.from(Buffer.from(text as string, 'base64'))
  if ('B' in value) return { B: bytes(value.B) }
  if ('BS' in value) return { BS: value.BS.map(bytes) }
  if ('L' in value) return { L: value.L.map(fromJson) }
  if ('M' in value) return { M: mapValues(value.M) }
  return value
}

function mapValues(record: Record<string, AttributeValue>): Record<string, AttributeValue> {
  return Object.fromEntries(Object.entries(record).map(([name, value]) => [name, fromJson(value)]))
}

function bytesOf({ message }: Vector): Buffer {
  if (typeof message === 'string') return Buffer.from(message, 'base64')
  const { prefix, zeros, suffix } = message
  return Buffer.concat([Buffer.from(prefix, 'base64'), Buffer.alloc(zeros), Buffer.from(suffix, 'base64')])
}

function stored(vector: Vector) {
  const { table, key, path } = vector
  return { table, key: mapValues(key), fields: [{ path, value: bytesOf(vector) as Uint8Array }] }
}

describe('vectors', () => {
  it('are what the specification, implemented a second time, writes', () => {
    execFileSync(process.execPath, [fileURLToPath(new URL('generate.mjs', folder)), '--check'])
  })

  describe.each<CodecName>(['own', 'client-node'])('with codec %s', codec => {
    it.each(positives)('open: $name', async vector => {
      const { encryptionContext } = vector
      const format = createFormat({ keyring, encryptionContext, codec })
      expect(await openOne(format, stored(vector))).toEqual(fromJson(vector.value))
    })

    it.each(negatives)('are refused as $error: $name', async vector => {
      const { encryptionContext, error } = vector
      const format = createFormat({ keyring, encryptionContext, codec })
      expect((await refusal(format, stored(vector))).code).toBe(error)
    })
  })

  it.each(positives)('are messages of the Encryption SDK: $name', async vector => {
    expect(isMessage(bytesOf(vector))).toBe(true)

    const { plaintext } = await clientNode.decrypt(keyring, bytesOf(vector))
    expect(plaintext.toString('base64')).toBe(vector.content)
  })

  it.each([
    '524,289 bytes',
    '33 encrypted data keys',
    'context of 65 pairs',
    'context of 8,193 bytes',
    'format 1, without key commitment',
  ])('are authentic, though refused: %s', async name => {
    const lenient = buildClient(CommitmentPolicy.REQUIRE_ENCRYPT_ALLOW_DECRYPT)
    const vector = negatives.find(one => one.name === name)!
    const { plaintext } = await lenient.decrypt(keyring, bytesOf(vector))
    const location = locationHash(vector.table, mapValues(vector.key), vector.path)
    expect(plaintext.subarray(1, 33)).toEqual(Buffer.from(location))
  })

  it.each(positives)('content: $name', ({ table, key, path, value, spellings, content }) => {
    for (const spelling of [value, ...spellings].map(fromJson)) {
      const bytes = Buffer.concat([
        Buffer.of(1),
        locationHash(table, mapValues(key), path),
        serializeValue(spelling),
      ])
      expect(bytes.toString('base64')).toBe(content)
    }
  })

  it('with several encrypted data keys open with each of their keys alone', async () => {
    const vector = positives.find(({ name }) => name === 'three encrypted data keys')!
    for (const one of keyrings) {
      expect(await openOne(createFormat({ keyring: one }), stored(vector))).toEqual({ S: 'value' })
    }
  })

  it('have names that occur once', () => {
    const names = [...positives, ...negatives].map(({ name }) => name)
    expect(new Set(names).size).toBe(names.length)
  })
})
