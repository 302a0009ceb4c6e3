import { KMSClient } from '@aws-sdk/client-kms'
import { type CacheStatistics, createFormat, type DataKeyCacheOptions, type Keyring } from '@dynaseal/core'
import { MrkKeyring } from '@dynaseal/mrk-keyring'
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import {
  dataKeysOf,
  encryptedDataKey,
  withDataKeys,
  withoutBody,
} from '../../packages/core/test/support/forged.js'
import { createWorld, EAST, WEST, type World } from '../support/world.js'

/** What a page of a query or a scan holds. */
const PAGE_BYTES = 1_000_000
/** Thousands of calls of KMS over HTTP take their time. */
const TIMEOUT = 120_000

let world: World
let honest: Uint8Array

beforeAll(async () => {
  world = await createWorld()
  const writer = createFormat({ keyring: world.keyring(EAST), format: 'message' })
  const [sealed] = await writer.seal([place({ S: 'honest' })])
  honest = sealed!.values[0]!
})
afterAll(() => world.stop())
afterEach(() => world.cloud.heal())

const place = <V>(value: V) => ({
  table: 'users',
  key: { id: { S: 'a' } },
  fields: [{ path: ['ssn'], value }],
})

/** A process that has read nothing yet. */
function reader(cache: DataKeyCacheOptions = {}, keyring: Keyring = world.keyring(EAST)) {
  // By a clock that stands still: a page can take longer than refusals are remembered where the machine is busy.
  const format = createFormat({ keyring, cache: { now: () => 1_000_000, ...cache } })
  return {
    /** What reading these costs: calls of KMS, and how many fields ended how. */
    async read(messages: readonly Uint8Array[]) {
      const before = decrypts()
      const fields = (await format.open(messages.map(place))).flatMap(one => one.fields)
      const codes: Record<string, number> = {}
      for (const field of fields) {
        const code = 'error' in field ? field.error.code : 'opened'
        codes[code] = (codes[code] ?? 0) + 1
      }
      return { calls: decrypts() - before, codes }
    },
    statistics: (): CacheStatistics => format.statistics(),
  }
}

const decrypts = () => world.cloud.calls({ service: 'kms', operation: 'Decrypt' }).length

let made = 0
/** An encrypted data key under the own key that KMS did not make, another each time. */
function forged(region = EAST): Buffer {
  const bytes = Buffer.alloc(4)
  bytes.writeUInt32BE(++made)
  return encryptedDataKey('aws-kms', world.keyArns[0]!.replace(EAST, region), bytes)
}

/** As many as fit into a page. */
function page(make: () => Buffer): Buffer[] {
  const messages: Buffer[] = []
  for (let size = 0; ; ) {
    const message = make()
    size += message.length
    if (size > PAGE_BYTES) return messages
    messages.push(message)
  }
}

describe('calls of KMS that one who can write the table causes', () => {
  test('with one message of 32 identical data keys: 1, and none again', async () => {
    const { read } = reader()
    const message = [withDataKeys(honest, Array(32).fill(forged()))]
    expect(await read(message)).toEqual({ calls: 1, codes: { 'key-unavailable': 1 } })
    expect(await read(message)).toEqual({ calls: 0, codes: { 'key-unavailable': 1 } })
  })

  test('with messages that end in their header: none', async () => {
    const { read } = reader()
    const messages = page(() => withoutBody(withDataKeys(honest, [forged()])))
    expect(await read(messages)).toEqual({ calls: 0, codes: { 'malformed-message': messages.length } })
  })

  test.each([
    ['of their own region: 1 for each', () => EAST, 1],
    ['of any region: 2 for each', () => `us-east-${made}`, 2],
  ])(
    'with a page of 32 data keys for each message, %s, and none again',
    { timeout: TIMEOUT },
    async (_name, region, each) => {
      const { read } = reader()
      const messages = page(() =>
        withDataKeys(
          honest,
          Array.from({ length: 32 }, () => forged(region())),
        ),
      )
      const codes = { 'key-unavailable': messages.length }
      expect(await read(messages)).toEqual({ calls: each * messages.length, codes })
      expect(await read(messages)).toEqual({ calls: 0, codes })
    },
  )

  test('with a page of one data key for each message: as many as one call may ask for', {
    timeout: TIMEOUT,
  }, async () => {
    const { read } = reader()
    const messages = page(() => withDataKeys(honest, [forged()]))
    const beyond = messages.length - 3000
    expect(beyond).toBeGreaterThan(0)
    expect(await read(messages)).toEqual({
      calls: 3000,
      codes: { 'key-unavailable': 3000, 'too-many-data-keys': beyond },
    })
  })

  test('with a page of the genuine data key and others beside it: 1 for each, and none again', {
    timeout: TIMEOUT,
  }, async () => {
    const { read, statistics } = reader()
    await read([honest])
    const messages = page(() => {
      const both = Buffer.concat([dataKeysOf(honest), encryptedDataKey('z', 'z', forged())])
      const message = withDataKeys(honest, [both])
      message.writeUInt16BE(2, message.indexOf(both) - 2)
      return message
    })
    const codes = { 'not-authentic': messages.length }
    expect(await read(messages)).toEqual({ calls: messages.length, codes })
    expect(await read(messages)).toEqual({ calls: 0, codes })
    // And the honest data key is where it was.
    expect(statistics().keys).toHaveLength(1)
    expect(await read([honest])).toEqual({ calls: 0, codes: { opened: 1 } })
  })

  test('with one message while KMS hangs: the time until the deadline, and not again at once', async () => {
    const clock = { now: 1_000_000 }
    let keyring: Keyring = new MrkKeyring({
      keyArns: world.keyArns,
      region: EAST,
      client: region => new KMSClient({ ...world.config(region), maxAttempts: 1 }),
      timeout: 200,
    })
    const slow: Keyring = {
      onEncrypt: material => keyring.onEncrypt(material),
      // By the clock of the cache, the deadline is that of a keyring with default options.
      async onDecrypt(material, encryptedDataKeys) {
        try {
          return await keyring.onDecrypt(material, encryptedDataKeys)
        } catch (error) {
          clock.now += 5000
          throw error
        }
      },
    }
    const { read } = reader({ now: () => clock.now }, slow)
    const faults = [EAST, WEST].map(region => world.cloud.fault({ region, service: 'kms', kind: 'hang' }))
    const first = await read([honest])
    expect(first.codes).toEqual({ 'key-unavailable': 1 })
    expect(first.calls).toBeGreaterThan(0)
    expect(await read([honest])).toEqual({ calls: 0, codes: { 'key-unavailable': 1 } })
    for (const heal of faults) heal()
    // What answers may take longer than that, where the machine is busy.
    keyring = world.keyring(EAST)
    clock.now += 5000
    expect((await read([honest])).codes).toEqual({ opened: 1 })
  })
})
