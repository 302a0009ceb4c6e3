import { execFileSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { buildClient, CommitmentPolicy } from '@aws-crypto/client-node'
import { describe, expect, it } from 'vitest'
import { type AttributeValue, type CodecName, locationHash, serializeValue } from '../src/index.js'
import { isMessage } from '../src/message/header.js'
import { createFormat } from './support/codec.js'
import { openOne, refusal } from './support/fields.js'
import { clientNode } from './support/keyrings.js'
import {
  fromJson,
  loadVectors,
  type VectorPath,
  type VectorPlace,
  valuesFromJson,
  vectorKeyring,
  vectorsFolder,
  type WrappingKey,
} from './support/vectors.js'

interface Vector extends VectorPlace {
  readonly path: VectorPath
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
  readonly wrappingKeys: WrappingKey[]
  readonly vectors: V[]
}

const { vectors: positives, wrappingKeys } = loadVectors<File<Positive>>('positive.json')
const { vectors: negatives } = loadVectors<File<Negative>>('negative.json')

const keyrings = wrappingKeys.map(vectorKeyring)
/** All vectors have an encrypted data key for the first wrapping key. */
const keyring = keyrings[0]!

function bytesOf({ message }: Vector): Buffer {
  if (typeof message === 'string') return Buffer.from(message, 'base64')
  const { prefix, zeros, suffix } = message
  return Buffer.concat([Buffer.from(prefix, 'base64'), Buffer.alloc(zeros), Buffer.from(suffix, 'base64')])
}

function stored(vector: Vector) {
  const { table, key, path } = vector
  return { table, key: valuesFromJson(key), fields: [{ path, value: bytesOf(vector) as Uint8Array }] }
}

describe('vectors', () => {
  it('are what the specification, implemented a second time, writes', () => {
    execFileSync(process.execPath, [fileURLToPath(new URL('generate.mjs', vectorsFolder)), '--check'])
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
    const location = locationHash(vector.table, valuesFromJson(vector.key), vector.path)
    expect(plaintext.subarray(1, 33)).toEqual(Buffer.from(location))
  })

  it.each(positives)('content: $name', ({ table, key, path, value, spellings, content }) => {
    for (const spelling of [value, ...spellings].map(fromJson)) {
      const bytes = Buffer.concat([
        Buffer.of(1),
        locationHash(table, valuesFromJson(key), path),
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
