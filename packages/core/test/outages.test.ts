import { subscribe, unsubscribe } from 'node:diagnostics_channel'
import { describe, expect, it } from 'vitest'
import { channelNames, type DataKeyCacheOptions, type ItemToOpen } from '../src/index.js'
import { encryptionContext } from '../src/materials/context.js'
import { PermanentError } from './support/dataKeyCache.js'
import { outcomes, sealAll } from './support/fields.js'
import { FORMS, type Form } from './support/forms.js'
import { countingKeyring, rawKeyring } from './support/keyrings.js'

/** Two items of another process, and a reader of them whose data keys last 1,000 ms. */
async function world(form: Form, options: DataKeyCacheOptions = {}) {
  const clock = { now: 1_000_000 }
  const keyring = countingKeyring()
  const cache = { now: () => clock.now, maxAge: 1000, ...options }
  const reader = form.create({ keyring, cache })
  const stored = await sealAll(form.create({ keyring: rawKeyring() }), [
    form.item({ S: 'a' }),
    form.item({ S: 'b' }, { key: { id: { S: 'other' } } }),
  ])
  const read = async (items: readonly ItemToOpen[] = stored) =>
    (await Promise.all(items.map(one => outcomes(reader, one)))).flat()
  return { clock, keyring, reader, read }
}

const VALUES = [{ S: 'a' }, { S: 'b' }]

describe.each(FORMS)('while the keyring fails, $name', form => {
  it('open in their grace, which is published', async () => {
    const { clock, keyring, reader, read } = await world(form, { openingGrace: 60_000 })
    const events: object[] = []
    const listen = (event: unknown) => events.push(event as object)
    expect(await read()).toEqual(VALUES)
    clock.now += 1000
    keyring.failure = new Error('KMS is down')
    subscribe(channelNames.grace, listen)
    try {
      expect(await read()).toEqual(VALUES)
      expect(await read()).toEqual(VALUES)
    } finally {
      unsubscribe(channelNames.grace, listen)
    }
    expect(keyring.decrypts).toBe(2)
    expect(reader.statistics().opening.graced).toBe(4)
    const { pairs } = encryptionContext(form.purpose, 'Customers', {})
    expect(events).toHaveLength(4)
    expect(events).toContainEqual({ context: pairs, age: 1000, left: 60_000, error: keyring.failure })
    clock.now += 60_000
    expect(await read()).toEqual(['key-unavailable', 'key-unavailable'])
  })

  it('do not open without a grace, and are not sealed with what has expired', async () => {
    const { clock, keyring, reader, read } = await world(form)
    await reader.seal([form.item({ S: 'a' })])
    expect(await read()).toEqual(VALUES)
    clock.now += 1000
    keyring.failure = new Error('KMS is down')
    expect(await read()).toEqual(['key-unavailable', 'key-unavailable'])
    await expect(reader.seal([form.item({ S: 'a' })])).rejects.toMatchObject({
      code: 'key-unavailable',
      cause: keyring.failure,
    })
  })

  it('are not asked for again for a while when it refuses for good', async () => {
    const { clock, keyring, reader, read } = await world(form, { refusalAge: 100 })
    keyring.failure = new PermanentError('denied')
    for (let round = 0; round < 3; round++) {
      expect(await read()).toEqual(['key-unavailable', 'key-unavailable'])
      await expect(reader.seal([form.item({ S: 'a' })])).rejects.toHaveProperty('cause', keyring.failure)
    }
    expect([keyring.decrypts, keyring.encrypts]).toEqual([1, 1])
    keyring.failure = undefined
    clock.now += 100
    expect(await read()).toEqual(VALUES)
    await reader.seal([form.item({ S: 'a' })])
    expect([keyring.decrypts, keyring.encrypts]).toEqual([2, 2])
  })

  it('open again as soon as it answers, when the failure may pass', async () => {
    const { keyring, read } = await world(form)
    keyring.failure = new Error('time-out')
    expect(await read()).toEqual(['key-unavailable', 'key-unavailable'])
    // One for both items, if they wait for it together.
    const failed = keyring.decrypts
    keyring.failure = undefined
    expect(await read()).toEqual(VALUES)
    expect(keyring.decrypts).toBe(failed + 1)
  })
})
