import type { EncryptedDataKey } from '@aws-crypto/client-node'
import { describe, expect, it, vi } from 'vitest'
import type { DataKeyCacheOptions, ItemToOpen } from '../src/index.js'
import { PermanentError } from './support/dataKeyCache.js'
import { openOne, outcomes, refusal, sealItem } from './support/fields.js'
import { encryptedDataKey } from './support/forged.js'
import { dataKeyOf, incomplete, underDataKeys, withoutProof } from './support/forgedItems.js'
import { bytesOf, FORMS, type Form, movedTo, withValue } from './support/forms.js'
import { countingKeyring, rawKeyring } from './support/keyrings.js'

/** An honest item, and a reader that has not seen it yet. */
async function world(form: Form, cache: DataKeyCacheOptions = {}) {
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
  const stored = await sealItem(form.create({ keyring: inner }), form.item({ S: 'honest' }))
  const reader = form.create({ keyring, cache: { now: () => clock.now, ...cache } })
  const codes = async (items: readonly ItemToOpen[]) =>
    (await reader.open(items)).flatMap(({ fields }) =>
      fields.map(field => ('error' in field ? field.error.code : 'opened')),
    )
  return { clock, keyring, given, stored, reader, codes }
}

/** As many data keys that nobody encrypted. */
const junk = (count: number, from = 0) =>
  Array.from({ length: count }, (_, index) =>
    encryptedDataKey('dynaseal-tests', `key ${from + index}`, Uint8Array.of(1)),
  )

describe.each(FORMS)('hostile $name:', form => {
  describe('encrypted data keys', () => {
    it('of one wrapping key are given to the keyring once, the first', async () => {
      const { given, stored, codes } = await world(form)
      const same = Array.from({ length: 30 }, (_, index) =>
        encryptedDataKey('provider', 'key', Uint8Array.of(index)),
      )
      const others = [
        encryptedDataKey('provider', 'key 2', Uint8Array.of(9)),
        encryptedDataKey('providerk', 'ey', Uint8Array.of(9)),
      ]
      await codes([underDataKeys(stored, [...same, ...others])])
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

    it('are not asked about for what has parts missing', async () => {
      const { keyring, stored, codes } = await world(form)
      const items = incomplete(stored)
      expect(await codes(items)).toEqual(items.map(() => 'malformed-message'))
      expect(keyring.decrypts).toBe(0)
    })
  })

  describe('the data keys that one call may ask for', () => {
    const forge = (stored: ItemToOpen, count: number) => junk(count).map(key => underDataKeys(stored, [key]))

    it('are counted, and those that exceed them fail with a code of their own', async () => {
      const { keyring, stored, codes } = await world(form, { maxKeysPerOpen: 3 })
      const page = forge(stored, 5)
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
      const { keyring, stored, codes } = await world(form, { maxKeysPerOpen: 3 })
      expect(await codes([stored])).toEqual(['opened'])
      const page = [...forge(stored, 6), stored]
      expect(await codes(page)).toEqual([
        ...Array(3).fill('key-unavailable'),
        ...Array(3).fill('too-many-data-keys'),
        'opened',
      ])
      expect(await codes(page)).toEqual([...Array(6).fill('key-unavailable'), 'opened'])
      expect(keyring.decrypts).toBe(7)
    })

    it('are said in the error, with the place and the way out', async () => {
      const { stored, reader } = await world(form, { maxKeysPerOpen: 1 })
      const [first, second] = forge(stored, 2)
      const [, refused] = await reader.open([first!, second!])
      const [{ error }] = refused!.fields as unknown as [{ error: Error }]
      expect(error).toMatchObject({ code: 'too-many-data-keys', table: 'Customers', path: ['ssn'] })
      expect(error.message).toContain('asked for 1 data keys')
      expect(error.message).toContain('maxKeysPerOpen')
    })

    it('are 3,000 when nothing else is said', async () => {
      const { stored, codes } = await world(form)
      const found = await codes(forge(stored, 3001))
      expect(found.slice(0, 3000).every(code => code === 'key-unavailable')).toBe(true)
      expect(found[3000]).toBe('too-many-data-keys')
    })

    it('include the successor of a data key in its grace', async () => {
      const { clock, keyring, stored, codes } = await world(form, {
        maxAge: 1000,
        openingGrace: 5000,
        maxKeysPerOpen: 1,
      })
      expect(await codes([stored])).toEqual(['opened'])
      clock.now += 1000
      expect(await codes([...forge(stored, 1), stored])).toEqual(['key-unavailable', 'too-many-data-keys'])
      expect(keyring.decrypts).toBe(2)
    })
  })

  describe('the genuine data key under another name', () => {
    const forge = (stored: ItemToOpen, count: number, from = 0) =>
      // The genuine one and another beside it, as anybody can put them together.
      junk(count, from).map(key => underDataKeys(stored, [dataKeyOf(stored), key]))

    it('pushes no data key out of memory', async () => {
      const { keyring, stored, reader, codes } = await world(form, { maxKeys: 2 })
      await codes([stored])
      expect(await codes(forge(stored, 10))).toEqual(Array(10).fill('not-authentic'))
      expect(keyring.decrypts).toBe(11)
      expect(reader.statistics().keys).toHaveLength(1)
      await codes([stored])
      expect(keyring.decrypts).toBe(11)
    })

    it('is not asked for again while it is remembered that nothing authenticates', async () => {
      const { clock, keyring, stored, reader, codes } = await world(form, { refusalAge: 100 })
      const page = forge(stored, 10)
      for (let read = 0; read < 2; read++) expect(await codes(page)).toEqual(Array(10).fill('not-authentic'))
      expect(keyring.decrypts).toBe(10)
      expect(reader.statistics().opening.refusals).toBe(10)
      expect((await refusal(reader, page[0]!)).message).toMatch(
        /^Cannot open ssn of an item in table Customers \(key: id\): it was found a moment ago/,
      )
      clock.now += 100
      await codes(page)
      expect(keyring.decrypts).toBe(20)
    })

    it('is forgotten with the cache', async () => {
      const { keyring, stored, reader, codes } = await world(form)
      const page = forge(stored, 1)
      await codes(page)
      reader.clear()
      await codes(page)
      expect(keyring.decrypts).toBe(2)
    })

    it('costs what is genuine nothing', async () => {
      const { keyring, stored, codes } = await world(form)
      // Under the genuine name.
      const changed = withoutProof(stored)
      expect(await codes([changed])).toEqual(['not-authentic'])
      expect(await codes([changed])).toEqual(['not-authentic'])
      expect(keyring.decrypts).toBe(1)
      expect(await codes([changed, stored])).toEqual(['not-authentic', 'opened'])
      expect(await codes([stored])).toEqual(['opened'])
      expect(keyring.decrypts).toBe(2)
    })

    it('says nothing of what was not tried', async () => {
      const { keyring, stored, reader } = await world(form)
      expect((await refusal(reader, movedTo(stored, { key: {} }))).code).toBe('invalid-location')
      expect(await openOne(reader, stored)).toEqual({ S: 'honest' })
      expect(keyring.decrypts).toBe(2)
    })

    it('is proven by what was moved, which authenticates', async () => {
      const { keyring, stored, reader } = await world(form)
      expect((await refusal(reader, movedTo(stored, { path: ['other'] }))).code).toBe(form.codes.moved)
      expect(await openOne(reader, stored)).toEqual({ S: 'honest' })
      expect(keyring.decrypts).toBe(1)
    })
  })

  it('an honest read does not wait behind a hostile page', async () => {
    const { keyring, given, stored, reader, codes } = await world(form)
    let open = () => {}
    keyring.gate = new Promise(resolve => {
      open = resolve
    })
    // The hostile page has the honest data key, too, as its last.
    const page = [...junk(500).map(key => underDataKeys(stored, [key])), stored]
    const hostile = codes(page)
    // A call gives up its turn before it asks for a data key where the process has worked for long.
    const asked = (count: number) =>
      vi.waitUntil(() => reader.statistics().opening.misses === count, { timeout: 30_000 })
    await asked(page.length)
    const honest = openOne(reader, stored)
    await asked(page.length + 1)
    open()
    expect(await honest).toEqual({ S: 'honest' })
    expect(await hostile).toEqual([...Array(500).fill('key-unavailable'), 'opened'])
    const positions = given.flatMap(([first], index) =>
      first!.providerInfo.startsWith('key ') ? [] : [index],
    )
    // Once, right behind the 32 that were under way and the one whose turn it was.
    expect(positions).toEqual([33])
  })

  it('an item of many fields under one forged data key costs one call', async () => {
    const { keyring, stored, codes } = await world(form, { maxKeysPerOpen: 1 })
    const [field] = stored.fields
    const forged = underDataKeys(stored, junk(1))
    const fields = Array.from({ length: 5 }, () => forged.fields[0]!)
    expect(await codes([{ ...forged, fields }])).toEqual(Array(5).fill('key-unavailable'))
    expect(await codes([{ ...stored, fields: [field!, field!] }])).toEqual(['opened', 'opened'])
    expect(keyring.decrypts).toBe(2)
  })
})

describe.each(FORMS.filter(({ shape }) => shape !== 'message'))('the envelope of hostile $name:', form => {
  it('its data key is proven by the commitment, whatever the field is', async () => {
    const { keyring, stored, reader, codes } = await world(form)
    const changed = bytesOf(stored)
    changed[changed.length - 1]! ^= 1
    expect(await codes([withValue(stored, changed)])).toEqual(['not-authentic'])
    expect(reader.statistics().keys).toHaveLength(1)
    expect(await codes([withValue(stored, changed), stored])).toEqual(['not-authentic', 'opened'])
    expect(keyring.decrypts).toBe(1)
  })

  it('it is refuted as a whole: by its context tag, by its encrypted data keys, by its commitment', async () => {
    const { keyring, stored, reader } = await world(form)
    const forged = withoutProof(stored)
    for (let read = 0; read < 3; read++) expect(await outcomes(reader, forged)).toEqual(['not-authentic'])
    expect(keyring.decrypts).toBe(1)
    expect(await openOne(reader, stored)).toEqual({ S: 'honest' })
    expect(keyring.decrypts).toBe(2)
    expect(await outcomes(reader, forged)).toEqual(['not-authentic'])
    expect(keyring.decrypts).toBe(2)
  })
})

describe.each(FORMS.filter(({ shape }) => shape === 'short'))('a forged envelope of $name', form => {
  it('refutes all fields that name it, at one call', async () => {
    const { keyring, stored, codes } = await world(form)
    const forged = withoutProof(stored)
    const page = Array.from({ length: 100 }, (_, index) =>
      movedTo(forged, { key: { id: { N: `${index}` } } }),
    )
    for (let read = 0; read < 2; read++) expect(await codes(page)).toEqual(Array(100).fill('not-authentic'))
    expect(keyring.decrypts).toBe(1)
  })
})
