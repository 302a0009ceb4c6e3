import type { EncryptedDataKey } from '@aws-crypto/client-node'
import { describe, expect, it, vi } from 'vitest'
import type { DataKeyCacheOptions, OpenedField } from '../src/index.js'
import { createFormat } from './support/codec.js'
import { PermanentError } from './support/dataKeyCache.js'
import { item, openOne, refusal, sealOne } from './support/fields.js'
import { dataKeysOf, encryptedDataKey, withDataKeys, withoutBody } from './support/forged.js'
import { countingKeyring, rawKeyring } from './support/keyrings.js'

/** An honest message, and a reader that has not seen it yet. */
async function world(cache: DataKeyCacheOptions = {}) {
  const clock = { now: 1_000_000 }
  const inner = rawKeyring()
  const keyring = countingKeyring()
  const given: EncryptedDataKey[][] = []
  const { onDecrypt } = keyring
  keyring.onDecrypt = async (material, encryptedDataKeys) => {
    given.push(encryptedDataKeys)
    try {
      return await onDecrypt(material, encryptedDataKeys)
    } catch {
      throw new PermanentError('refused')
    }
  }
  const message = await sealOne(createFormat({ keyring: inner }), item({ S: 'honest' }))
  const reader = createFormat({ keyring, cache: { now: () => clock.now, ...cache } })
  const codes = async (messages: readonly Uint8Array[]) =>
    (await reader.open(messages.map(one => item(one)))).flat().map(codeOf)
  return { clock, keyring, given, message, reader, codes }
}

function codeOf(field: OpenedField): string {
  return 'error' in field ? field.error.code : 'opened'
}

/** As many data keys that nobody encrypted. */
const junk = (count: number, from = 0) =>
  Array.from({ length: count }, (_, index) =>
    encryptedDataKey('dynaseal-tests', `key ${from + index}`, Uint8Array.of(1)),
  )

describe('encrypted data keys', () => {
  it('of one wrapping key are given to the keyring once, the first', async () => {
    const { given, message, codes } = await world()
    const same = Array.from({ length: 30 }, (_, index) =>
      encryptedDataKey('provider', 'key', Uint8Array.of(index)),
    )
    const others = [
      encryptedDataKey('provider', 'key 2', Uint8Array.of(9)),
      encryptedDataKey('providerk', 'ey', Uint8Array.of(9)),
    ]
    await codes([withDataKeys(message, [...same, ...others])])
    const seen = given.map(keys =>
      keys.map(({ providerId, providerInfo, encryptedDataKey: [first] }) => [
        providerId,
        providerInfo,
        first,
      ]),
    )
    expect(seen).toEqual([
      [
        ['provider', 'key', 0],
        ['provider', 'key 2', 9],
        ['providerk', 'ey', 9],
      ],
    ])
  })

  it('are not asked about for a message without a body, or with half of one', async () => {
    const { keyring, message, codes } = await world()
    const messages = [withoutBody(message), message.subarray(0, -1), Buffer.concat([message, Buffer.of(0)])]
    expect(await codes(messages)).toEqual(Array(3).fill('malformed-message'))
    expect(keyring.decrypts).toBe(0)
  })
})

describe('the data keys that one call may ask for', () => {
  const forge = (message: Uint8Array, count: number) => junk(count).map(key => withDataKeys(message, [key]))

  it('are counted, and those that exceed them fail with a code of their own', async () => {
    const { keyring, message, codes } = await world({ maxKeysPerOpen: 3 })
    const page = forge(message, 5)
    expect(await codes([...page, ...page])).toEqual([
      ...[
        'key-unavailable',
        'key-unavailable',
        'key-unavailable',
        'too-many-data-keys',
        'too-many-data-keys',
      ],
      ...[
        'key-unavailable',
        'key-unavailable',
        'key-unavailable',
        'too-many-data-keys',
        'too-many-data-keys',
      ],
    ])
    expect(keyring.decrypts).toBe(3)
  })

  it('are of each call, and no data key that is in memory or was refused is one', async () => {
    const { keyring, message, codes } = await world({ maxKeysPerOpen: 3 })
    expect(await codes([message])).toEqual(['opened'])
    const page = [...forge(message, 6), message]
    expect(await codes(page)).toEqual([
      ...Array(3).fill('key-unavailable'),
      ...Array(3).fill('too-many-data-keys'),
      'opened',
    ])
    expect(await codes(page)).toEqual([...Array(6).fill('key-unavailable'), 'opened'])
    expect(keyring.decrypts).toBe(7)
  })

  it('are said in the error, with the place and the way out', async () => {
    const { message, reader } = await world({ maxKeysPerOpen: 1 })
    const [, [field]] = (await reader.open(forge(message, 2).map(one => item(one)))) as [[], [OpenedField]]
    const { error } = field as Extract<OpenedField, { error: unknown }>
    expect(error).toMatchObject({ code: 'too-many-data-keys', table: 'Customers', path: ['ssn'] })
    expect(error.message).toContain('asked for 1 data keys')
    expect(error.message).toContain('maxKeysPerOpen')
  })

  it('are 3,000 when nothing else is said', async () => {
    const { message, codes } = await world()
    const outcomes = await codes(forge(message, 3001))
    expect(outcomes.slice(0, 3000).every(code => code === 'key-unavailable')).toBe(true)
    expect(outcomes[3000]).toBe('too-many-data-keys')
  })

  it('include the successor of a data key in its grace', async () => {
    const { clock, keyring, message, codes } = await world({
      maxAge: 1000,
      openingGrace: 5000,
      maxKeysPerOpen: 1,
    })
    expect(await codes([message])).toEqual(['opened'])
    clock.now += 1000
    expect(await codes([...forge(message, 1), message])).toEqual(['key-unavailable', 'too-many-data-keys'])
    expect(keyring.decrypts).toBe(2)
  })
})

describe('the genuine data key under another name', () => {
  const forge = (message: Uint8Array, count: number, from = 0) =>
    junk(count, from).map(key => {
      // The genuine one and another beside it, as anybody can put them together.
      const both = Buffer.concat([dataKeysOf(message), key])
      const forged = withDataKeys(message, [both])
      forged.writeUInt16BE(2, forged.indexOf(both) - 2)
      return forged
    })

  it('pushes no data key out of memory', async () => {
    const { keyring, message, reader, codes } = await world({ maxKeys: 2 })
    await codes([message])
    expect(await codes(forge(message, 10))).toEqual(Array(10).fill('not-authentic'))
    expect(keyring.decrypts).toBe(11)
    expect(reader.statistics().keys).toHaveLength(1)
    await codes([message])
    expect(keyring.decrypts).toBe(11)
  })

  it('is not asked for again while it is remembered that nothing authenticates', async () => {
    const { clock, keyring, message, reader, codes } = await world({ refusalAge: 100 })
    const page = forge(message, 10)
    for (let read = 0; read < 2; read++) expect(await codes(page)).toEqual(Array(10).fill('not-authentic'))
    expect(keyring.decrypts).toBe(10)
    expect(reader.statistics().opening.refusals).toBe(10)
    expect((await refusal(reader, item<Uint8Array>(page[0]!))).message).toMatch(
      /^Cannot open ssn of an item in table Customers \(key: id\): it was found a moment ago/,
    )
    clock.now += 100
    await codes(page)
    expect(keyring.decrypts).toBe(20)
  })

  it('is forgotten with the cache', async () => {
    const { keyring, message, reader, codes } = await world()
    const page = forge(message, 1)
    await codes(page)
    reader.clear()
    await codes(page)
    expect(keyring.decrypts).toBe(2)
  })

  it('costs what is genuine nothing', async () => {
    const { keyring, message, codes } = await world()
    // Under the genuine name.
    const changed = Buffer.from(message)
    changed[changed.length - 1]! ^= 1
    expect(await codes([changed])).toEqual(['not-authentic'])
    expect(await codes([changed])).toEqual(['not-authentic'])
    expect(keyring.decrypts).toBe(1)
    expect(await codes([changed, message])).toEqual(['not-authentic', 'opened'])
    expect(await codes([message])).toEqual(['opened'])
    expect(keyring.decrypts).toBe(2)
  })

  it('says nothing of a message that was not tried', async () => {
    const { keyring, message, reader } = await world()
    expect((await refusal(reader, item(message, { key: {} }))).code).toBe('invalid-location')
    expect(await openOne(reader, item(message))).toEqual({ S: 'honest' })
    expect(keyring.decrypts).toBe(2)
  })

  it('is proven by what was moved, which authenticates', async () => {
    const { keyring, message, reader } = await world()
    expect((await refusal(reader, item(message, { path: ['other'] }))).code).toBe('wrong-location')
    expect(await openOne(reader, item(message))).toEqual({ S: 'honest' })
    expect(keyring.decrypts).toBe(1)
  })
})

it('an honest read does not wait behind a hostile page', async () => {
  const { keyring, given, message, reader, codes } = await world()
  let open = () => {}
  keyring.gate = new Promise(resolve => {
    open = resolve
  })
  // The hostile page has the honest data key, too, as its last.
  const page = [...junk(500).map(key => withDataKeys(message, [key])), message]
  const hostile = codes(page)
  await vi.waitUntil(() => given.length === 32)
  const honest = openOne(reader, item(message))
  open()
  expect(await honest).toEqual({ S: 'honest' })
  expect(await hostile).toEqual([...Array(500).fill('key-unavailable'), 'opened'])
  const positions = given.flatMap(([first], index) => (first!.providerInfo.startsWith('key ') ? [] : [index]))
  // Once, right behind the 32 that were under way and the one whose turn it was.
  expect(positions).toEqual([33])
})
