import { ConfigurationError, FieldError, type Keyring, SealError } from '@dynaseal/core'
import { sourceOf } from '@dynaseal/core/formats'
import { describe, expect, test } from 'vitest'
import { PlainFields } from '../src/fields.js'
import { parseHeader } from '../src/header.js'
import { WRAPPED_BYTES, withRecipients } from '../src/intermediateKeys.js'
import { Sealing } from '../src/seal.js'
import { SIGNATURE_BYTES } from '../src/signature.js'
import { Table } from '../src/table.js'
import { canonical } from './support/canonical.js'
import { attributesOf } from './support/items.js'
import {
  type Config,
  crafted,
  encryptorOf,
  itemOf,
  type KeyringConfig,
  keyringOf,
  type Vector,
  vectors,
} from './support/vectors.js'

describe('items of the official Java release', () => {
  test.each(vectors.positives)('$id opens', async ({ config, encrypted, plaintext }) => {
    const opened = await encryptorOf(config).decryptItem(itemOf(encrypted))
    expect(canonical(opened)).toEqual(canonical(itemOf(plaintext)))
  })

  test.each(vectors.tolerated)('$id opens', async ({ config, encrypted, plaintext }) => {
    const opened = await encryptorOf(config).decryptItem(itemOf(encrypted))
    expect(canonical(opened)).toEqual(canonical(itemOf(plaintext)))
  })

  // There is no ECDH keyring for Node.js.
  const negatives = vectors.negatives.filter(({ config }) => config.keyring.type !== 'raw-ecdh')

  test.each(negatives)('$id is refused', async ({ config, encrypted }) => {
    const error = await encryptorOf(config)
      .decryptItem(itemOf(encrypted))
      .catch(error => error)
    expect(error).toBeInstanceOf(FieldError)
    expect(error.keyNames).toContain(config.partitionKeyName)
  })

  test.each(crafted)('$id, which only who has the keys can make, is judged as there', async vector => {
    const { config, encrypted, plaintext } = vector
    const opening = encryptorOf(config).decryptItem(itemOf(encrypted))
    if (plaintext === undefined) await expect(opening).rejects.toBeInstanceOf(FieldError)
    // As they are: some cannot be serialized. Cloned, so that bytes are of one class.
    else expect(structuredClone(await opening)).toEqual(structuredClone(itemOf(plaintext)))
  })

  test('are all there', () => {
    const { positives, tolerated } = vectors
    expect([positives.length, tolerated.length, negatives.length]).toEqual([51, 12, 181])
    const refused = crafted.filter(({ plaintext }) => plaintext === undefined)
    expect([crafted.length, refused.length]).toEqual([141, 73])
  })

  test.each(vectors.positives)('$id is written the same with the same random bytes', async vector => {
    const { config, encrypted, plaintext } = vector
    const sealing = new Sealing(tableOf(config), suiteOf(config), plainOf(vector), recordedSigner(vector))
    const { values, header, footer } = sealing.seal(...(await recordedKeys(vector)))
    const stored = itemOf(encrypted) as Record<string, { B: Uint8Array }>
    expect(header).toEqual(Buffer.from(stored.aws_dbe_head!.B))
    expect(footer).toEqual(Buffer.from(stored.aws_dbe_foot!.B))
    const names = Object.keys(plaintext).filter(name => config.attributeActions[name] === 'ENCRYPT_AND_SIGN')
    expect([...values.keys()].sort()).toEqual(names.sort())
    for (const name of names) expect(values.get(name)).toEqual(Buffer.from(stored[name]!.B))
  })
})

describe('what the official Java release was asked to seal', () => {
  /** Attributes without an action are SIGN_ONLY here. */
  const sealedHere = [
    ...['no-action', 'no-partition-action'],
    // In the file, which is UTF-8, their lone surrogates are question marks; itemEncryptor.test.ts has real ones.
    ...['surrogate-value', 'surrogate-name'],
  ]
  /** What DynamoDB would refuse, or other releases; and attributes that would be lost without a word. */
  const refusedHere = ['set-empty', 'map-key-empty', 'reserved-prefix-item']

  test.each(vectors.sealing)(
    '$id: as there, but for what is known',
    async ({ id, config, plaintext, outcome }) => {
      const expected = sealedHere.includes(id) ? 'sealed' : refusedHere.includes(id) ? 'refused' : outcome
      const item = itemOf(plaintext)
      const seal = async () => encryptorOf(config).encryptItem(item)
      if (expected === 'sealed') {
        const stored = await seal()
        expect(canonical(await encryptorOf(config).decryptItem(stored))).toEqual(canonical(item))
      } else {
        const error = await seal().catch(error => error)
        expect([SealError, ConfigurationError]).toContain(error.constructor)
      }
    },
  )
})

function tableOf(config: Config): Table {
  const {
    logicalTableName: table,
    partitionKeyName: partitionKey,
    sortKeyName: sortKey,
    attributeActions,
  } = config
  return new Table(
    { table, partitionKey, sortKey },
    { ...config, attributeActionsOnEncrypt: attributeActions },
  )
}

const suiteOf = ({ algorithmSuite = '6701' }: Config) => `0x${algorithmSuite}` as const

function plainOf({ config, plaintext }: Vector) {
  const table = tableOf(config)
  return new PlainFields(table, attributesOf(table, itemOf(plaintext)))
}

const headerOf = ({ encrypted }: Vector) =>
  parseHeader(Buffer.from((itemOf(encrypted).aws_dbe_head as { B: Uint8Array }).B))

/** Has the key pair of the vector as far as it is known: gives the one signature that it gave. */
function recordedSigner(vector: Vector) {
  const { 'aws-crypto-public-key': publicKey } = headerOf(vector).pairs
  if (publicKey === undefined) return undefined
  const footer = (itemOf(vector.encrypted).aws_dbe_foot as { B: Uint8Array }).B
  return { publicKey, sign: () => Buffer.from(footer.subarray(-SIGNATURE_BYTES)) }
}

/** The intermediate keys of a vector, its data key and message id. */
async function recordedKeys(vector: Vector) {
  const { encryptedDataKeys, messageId } = headerOf(vector)
  const recipients = flat(vector.config.keyring)
  expect(recipients.length).toBe(encryptedDataKeys.length)
  const keys = await Promise.all(
    encryptedDataKeys.map(async (entry, index) => {
      const own = { ...entry, encryptedDataKey: entry.encryptedDataKey.subarray(WRAPPED_BYTES) }
      const source = await sourceOf(recipients[index]!)
      const { signal } = new AbortController()
      const encryptionContext = vector.encryptionContext ?? recordedContext(vector.config.keyring)
      const request = { encryptionContext, length: 32, signal, encryptedDataKeys: [own] }
      return { key: await source.decryptDataKey(request), entry: own, encryptionContext }
    }),
  )
  const [{ key, encryptionContext }] = keys as [(typeof keys)[0]]
  const { context } = new Sealing(
    tableOf(vector.config),
    suiteOf(vector.config),
    plainOf(vector),
    recordedSigner(vector),
  )
  expect(Object.keys(encryptionContext).length).toBe(context.readUInt16BE(0))
  const wrapped = encryptedDataKeys[0]!.encryptedDataKey.subarray(0, WRAPPED_BYTES)
  const dataKey = withRecipients([key], ([recipient]) => recipient!.unwrap(wrapped, context))!
  return [keys, Buffer.concat([dataKey, messageId])] as const
}

function flat(config: KeyringConfig): Keyring[] {
  if (config.type !== 'multi') return [keyringOf(config)]
  return [config.generator, ...config.children].flatMap(flat)
}

const recordedContext = ({ blobs }: KeyringConfig) => Object.values(blobs)[0]!.context
