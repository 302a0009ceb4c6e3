import { describe, expect, it, vi } from 'vitest'
import { DataKeyCache } from '../src/dataKeyCache/dataKeyCache.js'
import type { SealingLease } from '../src/dataKeyCache/sealingKeys.js'
import type { AttributeValue, Field, ItemToOpen, ItemToSeal, Keyring } from '../src/index.js'
import { customer, sealAll } from './support/fields.js'
import { dataKeysOf } from './support/forgedItems.js'
import { FORMS } from './support/forms.js'
import { countingKeyring, rawKeyring } from './support/keyrings.js'

/** How many fields each data key has, in the order of their first field. */
function countByDataKey(items: readonly ItemToOpen[]): number[] {
  const counts = new Map<string, number>()
  for (const item of items) {
    for (const field of item.fields) {
      const id = dataKeysOf({ ...item, fields: [field] }).toString('hex')
      counts.set(id, (counts.get(id) ?? 0) + 1)
    }
  }
  return [...counts.values()]
}

describe.each(FORMS)('one call that seals many fields as $name', form => {
  const { create } = form

  function itemOf(fields: number, table = 'Customers'): ItemToSeal {
    const each = Array.from({ length: fields }, (_, index) => ({ path: [`f${index}`], value: { S: 'x' } }))
    return form.items({ table, key: customer, fields: each })
  }

  // An item of short fields has to be under one data key; one with more fields than that may seal has full fields. What
  // was granted of another before is not used.
  const expected =
    form.shape === 'short'
      ? { counts: [4, 10, 10, 1], sealed: [3, 10, 10, 10], grown: 3 }
      : { counts: [10, 10, 5], sealed: [7, 10, 10], grown: 2 }

  it('goes on under the next data key when one has as many as it may', async () => {
    const keyring = countingKeyring()
    const format = create({ keyring, cache: { maxMessages: 10 } })
    const stored = await sealAll(format, [itemOf(4), itemOf(0), itemOf(21)])
    expect(stored.map(({ fields }) => fields.length)).toEqual([4, 0, 21])
    expect(countByDataKey(stored)).toEqual(expected.counts)
    expect(keyring.encrypts).toBe(expected.counts.length)
    // Each data key is taken once, for all that it may seal: the next may be there already when it is asked for.
    const { hits, misses } = format.statistics().sealing
    expect(hits + misses).toBe(expected.counts.length)
    // What the last one has left is for the next call.
    expect(countByDataKey(await sealAll(format, [itemOf(2)]))).toEqual([2])
    expect(keyring.encrypts).toBe(expected.counts.length)
    expect(format.statistics().keys.map(({ sealed }) => sealed)).toEqual(expected.sealed)
  })

  it('lets go of each data key when it goes on to the next', async () => {
    const sealingKey = vi.spyOn(DataKeyCache.prototype, 'sealingKey')
    const format = create({ keyring: countingKeyring(), cache: { maxMessages: 10 } })
    await format.seal([itemOf(5), itemOf(9), itemOf(25)])
    const leases = await Promise.all(
      sealingKey.mock.results.map(({ value }) => value as Promise<SealingLease>),
    )
    sealingKey.mockRestore()
    format.clear()
    expect(leases.length).toBeGreaterThanOrEqual(4)
    for (const { key } of leases) expect(() => key.secret).toThrow('after it had been zeroed')
  })

  it('asks for its data key once, and not for each field', async () => {
    const format = create({ keyring: countingKeyring() })
    await format.seal([itemOf(5), itemOf(5)])
    await format.seal([itemOf(5), itemOf(5)])
    expect(format.statistics().sealing).toMatchObject({ hits: 1, misses: 1 })
  })

  it('asks no second time when it gets none', async () => {
    const keyring = countingKeyring()
    keyring.failure = new Error('KMS is down')
    const format = create({ keyring })
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
    const format = create({ keyring })
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
    const format = create({ keyring })
    const growing = form.item({ S: 'x' })
    const sealing = format.seal([growing])
    ;(growing.fields as Field<AttributeValue>[]).push({ path: ['more'], value: { S: 'y' } })
    const [sealed] = await sealing
    expect(sealed!.values).toEqual([expect.any(Uint8Array), expect.any(Uint8Array)])
    expect(keyring.encrypts).toBe(1)
    expect(format.statistics().keys.map(({ sealed }) => sealed)).toEqual([expected.grown])
  })

  it('takes no fields that the caller adds while it seals', async () => {
    const format = create({ keyring: countingKeyring(), cache: { maxMessages: 2 } })
    const growing = itemOf(2)
    const fields = growing.fields as Field<AttributeValue>[]
    const first = {
      get S() {
        if (fields.length === 2) fields.push({ path: ['more'], value: { S: 'y' } })
        return 'x'
      },
    }
    fields[0] = { path: ['f0'], value: first }
    const [sealed] = await format.seal([growing])
    expect(fields).toHaveLength(3)
    expect(sealed!.values).toHaveLength(2)
  })

  it('needs no key attributes of an item without fields', async () => {
    const format = create({ keyring: countingKeyring() })
    const nowhere = form.items({ table: 'Customers', key: {}, fields: [] })
    expect(await format.seal([nowhere, form.item({ S: 'x' })])).toMatchObject([
      { values: [], attributes: {} },
      { values: [expect.any(Uint8Array)] },
    ])
  })
})
