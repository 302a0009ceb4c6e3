import { describe, expect, it, vi } from 'vitest'
import { DataKeyCache } from '../src/dataKeyCache/dataKeyCache.js'
import type { SealingLease } from '../src/dataKeyCache/sealingKeys.js'
import type { AttributeValue, Field, ItemFields, Keyring } from '../src/index.js'
import { parseHeader } from '../src/message/header.js'
import { createFormat } from './support/codec.js'
import { customer, item } from './support/fields.js'
import { countingKeyring, rawKeyring } from './support/keyrings.js'

function itemOf(fields: number, table = 'Customers'): ItemFields<AttributeValue> {
  const each = Array.from({ length: fields }, (_, index) => ({ path: [`f${index}`], value: { S: 'x' } }))
  return { table, key: customer, fields: each }
}

/** How many messages each data key has, in the order of their first message. */
function countByDataKey(messages: Uint8Array[]): number[] {
  const counts = new Map<string, number>()
  for (const message of messages as Buffer[]) {
    const { encryptedDataKeysStart, encryptedDataKeysEnd } = parseHeader(message)
    const id = message.toString('hex', encryptedDataKeysStart, encryptedDataKeysEnd)
    counts.set(id, (counts.get(id) ?? 0) + 1)
  }
  return [...counts.values()]
}

describe('one call that seals many fields', () => {
  it('goes on under the next data key when one has as many messages as it may', async () => {
    const keyring = countingKeyring()
    const format = createFormat({ keyring, cache: { maxMessages: 10 } })
    const sealed = await format.seal([itemOf(4), itemOf(0), itemOf(21)])
    expect(sealed.map(messages => messages.length)).toEqual([4, 0, 21])
    expect(countByDataKey(sealed.flat())).toEqual([10, 10, 5])
    expect(keyring.encrypts).toBe(3)
    // What the last one has left is for the next call.
    expect(countByDataKey((await format.seal([itemOf(2)])).flat())).toEqual([2])
    expect(keyring.encrypts).toBe(3)
    expect(format.statistics().keys.map(({ sealed }) => sealed)).toEqual([7, 10, 10])
  })

  it('lets go of each data key when it goes on to the next', async () => {
    const sealingKey = vi.spyOn(DataKeyCache.prototype, 'sealingKey')
    const format = createFormat({ keyring: countingKeyring(), cache: { maxMessages: 10 } })
    await format.seal([itemOf(25)])
    const leases = await Promise.all(
      sealingKey.mock.results.map(({ value }) => value as Promise<SealingLease>),
    )
    sealingKey.mockRestore()
    format.clear()
    expect(leases).toHaveLength(3)
    for (const { key } of leases) expect(() => key.secret).toThrow('after it had been zeroed')
  })

  it('asks for its data key once, and not for each field', async () => {
    const format = createFormat({ keyring: countingKeyring() })
    await format.seal([itemOf(5), itemOf(5)])
    await format.seal([itemOf(5), itemOf(5)])
    expect(format.statistics().sealing).toMatchObject({ hits: 1, misses: 1 })
  })

  it('asks no second time when it gets none', async () => {
    const keyring = countingKeyring()
    keyring.failure = new Error('KMS is down')
    const format = createFormat({ keyring })
    await expect(format.seal([itemOf(1), itemOf(1, 'Orders')])).rejects.toMatchObject({
      name: 'SealError',
      code: 'key-unavailable',
    })
    expect(keyring.encrypts).toBe(2)
  })

  it('lets go of a data key that arrives after another has failed', async () => {
    const inner = rawKeyring()
    let arrive = () => {}
    const late = new Promise<void>(resolve => {
      arrive = resolve
    })
    const keyring: Keyring = {
      async onEncrypt(material) {
        if (material.encryptionContext['dynaseal:table'] === 'Orders') throw new Error('KMS is down')
        await late
        return inner.onEncrypt(material)
      },
      onDecrypt: (material, encryptedDataKeys) => inner.onDecrypt(material, encryptedDataKeys),
    }
    const sealingKey = vi.spyOn(DataKeyCache.prototype, 'sealingKey')
    const format = createFormat({ keyring })
    const sealing = format.seal([itemOf(1), itemOf(1, 'Orders')])
    // The failure is there before the data key is.
    await Promise.allSettled([sealingKey.mock.results[1]!.value])
    arrive()
    await expect(sealing).rejects.toMatchObject({ code: 'key-unavailable' })
    const { key } = (await sealingKey.mock.results[0]!.value) as SealingLease
    sealingKey.mockRestore()
    format.clear()
    expect(() => key.secret).toThrow('after it had been zeroed')
  })

  it('comes to an end when the caller adds fields meanwhile', async () => {
    const keyring = countingKeyring()
    const format = createFormat({ keyring })
    const growing = item<AttributeValue>({ S: 'x' })
    const sealing = format.seal([growing])
    ;(growing.fields as Field<AttributeValue>[]).push({ path: ['more'], value: { S: 'y' } })
    expect(await sealing).toEqual([[expect.any(Uint8Array), expect.any(Uint8Array)]])
    expect(keyring.encrypts).toBe(1)
    expect(format.statistics().keys.map(({ sealed }) => sealed)).toEqual([2])
  })

  it('needs no key attributes of an item without fields', async () => {
    const format = createFormat({ keyring: countingKeyring() })
    expect(await format.seal([{ table: 'Customers', key: {}, fields: [] }, item({ S: 'x' })])).toMatchObject([
      [],
      [expect.any(Uint8Array)],
    ])
  })
})
