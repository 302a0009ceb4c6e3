import { beforeEach, expect, it, vi } from 'vitest'
import type * as DataKeyName from '../../src/dataKeyCache/dataKeyName.js'
import { createFormat, type ItemToOpen } from '../../src/index.js'
import { outcomes, sealItem, wholeItem } from '../support/fields.js'
import { encryptedDataKey } from '../support/forged.js'
import { dataKeyOf, underDataKeys } from '../support/forgedItems.js'
import { bytesOf } from '../support/forms.js'
import { rawKeyring } from '../support/keyrings.js'

/** What an envelope costs: how often its data key is named, and bytes that are hashed to remember it. */
const { costs } = vi.hoisted(() => ({ costs: { names: 0, hashed: 0 } }))

vi.mock('node:crypto', async original => {
  const crypto = await original<typeof import('node:crypto')>()
  const createHash: typeof crypto.createHash = (...args) => {
    const hash = crypto.createHash(...args)
    return new Proxy(hash, {
      get(_, name) {
        if (name !== 'update') return () => hash.digest('binary')
        return function (this: unknown, data: Uint8Array | string, ...rest: []) {
          costs.hashed += data.length
          hash.update(data, ...rest)
          return this
        }
      },
    })
  }
  return { ...crypto, createHash }
})

vi.mock('../../src/dataKeyCache/dataKeyName.js', async original => {
  const module = await original<typeof DataKeyName>()
  const dataKeyName: typeof module.dataKeyName = (...args) => {
    costs.names++
    return module.dataKeyName(...args)
  }
  return { ...module, dataKeyName }
})

beforeEach(() => {
  costs.names = 0
  costs.hashed = 0
})

const FIELDS = 200
const keyring = rawKeyring()
const junk = (count: number, bytes: number) =>
  Array.from({ length: count }, (_, i) =>
    encryptedDataKey('dynaseal-tests', `key ${i}`, new Uint8Array(bytes)),
  )

/** An item of many short fields, and a long envelope with the genuine data key in it, which its commitment does not bind. */
async function hostileItem(): Promise<ItemToOpen> {
  const stored = await sealItem(createFormat({ keyring }), wholeItem({ a: { S: 'honest' } }))
  const forged = underDataKeys(stored, [dataKeyOf(stored), ...junk(31, 3000)])
  return { ...forged, fields: Array.from({ length: FIELDS }, () => forged.fields[0]!) }
}

it('is refuted, and remembered as such, once for all fields that share it', async () => {
  const item = await hostileItem()
  const format = createFormat({ keyring })
  const { length } = item.attributes!.dynaseal as Uint8Array
  for (const time of [1, 2]) {
    costs.hashed = 0
    expect(await outcomes(format, item)).toEqual(Array(FIELDS).fill('not-authentic'))
    // Its data key is hashed with it, and whatever else the second time.
    expect(costs.hashed, `time ${time}`).toBeGreaterThan(length)
    expect(costs.hashed, `time ${time}`).toBeLessThan(4 * length)
  }
})

it('is looked for once, whatever stands between the fields that share it', async () => {
  const item = await hostileItem()
  const full = await sealItem(createFormat({ keyring, fields: 'full' }), wholeItem({ a: { S: 'honest' } }))
  const other = { path: ['a'], value: bytesOf(underDataKeys(full, junk(1, 1))) }
  const fields = item.fields.flatMap(field => [field, other])
  costs.names = 0
  expect(await outcomes(createFormat({ keyring }), { ...item, fields })).toEqual(
    item.fields.flatMap(() => ['not-authentic', 'key-unavailable']),
  )
  // The envelope's data key and the other one.
  expect(costs.names).toBe(2)
})
