import { createSecretKey, type KeyObject } from 'node:crypto'
import {
  KeyringNode,
  KeyringTraceFlag,
  type NodeDecryptionMaterial,
  type NodeEncryptionMaterial,
} from '@aws-crypto/client-node'
import { EncryptedDataKey } from '@aws-crypto/material-management'
import { afterEach, describe, expect, it, vi } from 'vitest'
import { createFormat, type FieldFormat, type ItemToOpen, serializeValue } from '../src/index.js'
import { parseHeader } from '../src/message/header.js'
import { derived } from '../src/message/keyDerivation.js'
import { readMessage } from '../src/message/read.js'
import { headerTemplate, writeMessage } from '../src/message/write.js'
import { item, openOne, outcomes, sealItem, sealOne } from './support/fields.js'
import { withoutProof } from './support/forgedItems.js'
import { bytesOf, FORMS_AND_CODECS, FORMS2, movedTo, withValue } from './support/forms.js'
import { writeByHand } from './support/handWritten.js'

/** What passed through node:crypto while a test ran: keys, what they were made of and from, and what was decrypted. */
const seen = vi.hoisted(() => ({
  keys: [] as Uint8Array[],
  hashed: [] as Uint8Array[],
  derived: [] as { label: string; key: ArrayBuffer }[],
  plaintexts: [] as Buffer[],
}))
/** How many calls from now on fail, in the middle of a message. */
const failing = vi.hoisted(() => ({ hash: 0, cipher: 0, update: 0 }))

vi.mock('node:crypto', async importOriginal => {
  const crypto = await importOriginal<typeof import('node:crypto')>()
  return {
    ...crypto,
    hash: (...args: Parameters<typeof crypto.hash>) => {
      if (ArrayBuffer.isView(args[1])) seen.hashed.push(args[1] as Uint8Array)
      if (failing.hash > 0 && --failing.hash === 0) throw new Error('out of memory')
      return crypto.hash(...args)
    },
    hkdfSync: (...args: Parameters<typeof crypto.hkdfSync>) => {
      const key = crypto.hkdfSync(...args)
      const label = Buffer.from(args[3] as Uint8Array).toString('latin1')
      seen.derived.push({ label, key })
      return key
    },
    createCipheriv: (algorithm: 'aes-256-gcm', key: Buffer, iv: Buffer) => {
      if (failing.cipher > 0 && --failing.cipher === 0) throw new Error('out of memory')
      seen.keys.push(key)
      return crypto.createCipheriv(algorithm, key, iv)
    },
    createDecipheriv: (algorithm: 'aes-256-gcm', key: Buffer, iv: Buffer) => {
      if (failing.cipher > 0 && --failing.cipher === 0) throw new Error('out of memory')
      seen.keys.push(key)
      const decipher = crypto.createDecipheriv(algorithm, key, iv)
      const update = decipher.update.bind(decipher) as (content: Buffer) => Buffer
      decipher.update = ((content: Buffer) => {
        const plaintext = update(content)
        seen.plaintexts.push(plaintext)
        if (failing.update > 0 && --failing.update === 0) plaintext[0]! ^= 1
        return plaintext
      }) as typeof decipher.update
      return decipher
    },
  }
})

const SECRET = 'the plaintext that must not stay'
const dataKey = Buffer.from('a data key of thirty-two bytes..')
const encryptedDataKeys = Buffer.from('0001 0001 61 0001 62 0001 63'.replaceAll(' ', ''), 'hex')
const context = Buffer.from('\0\x1d\0\x01\0\x0edynaseal:table\0\x09Customers', 'latin1')

/** Hands out the data key above, and keeps no copy of what it hands out. */
class Known extends KeyringNode {
  override async _onEncrypt(material: NodeEncryptionMaterial) {
    const edk = new EncryptedDataKey({
      providerId: 'a',
      providerInfo: 'b',
      encryptedDataKey: Buffer.from('c'),
    })
    return this.#fill(material, KeyringTraceFlag.WRAPPING_KEY_GENERATED_DATA_KEY).addEncryptedDataKey(
      edk,
      KeyringTraceFlag.WRAPPING_KEY_ENCRYPTED_DATA_KEY,
    )
  }
  override async _onDecrypt(material: NodeDecryptionMaterial) {
    return this.#fill(material, KeyringTraceFlag.WRAPPING_KEY_DECRYPTED_DATA_KEY)
  }
  #fill<M extends NodeEncryptionMaterial | NodeDecryptionMaterial>(material: M, flags: KeyringTraceFlag): M {
    material.setUnencryptedDataKey(new Uint8Array(dataKey), { keyNamespace: 'a', keyName: 'b', flags })
    return material
  }
}

const isZero = (bytes: Uint8Array) => bytes.every(byte => byte === 0)

/** The AWS Encryption SDK makes copies of its own, which are its to zero. */
function calledByUs(): boolean {
  const frames = (new Error().stack ?? '').split('\n').slice(1)
  return frames.find(frame => !/zeroing\.test|vitest/.test(frame))?.includes('/core/src/') === true
}

/** All bytes that we allocate from now on. */
function recordMade(): { made: Uint8Array[]; stop: () => void } {
  const made: Uint8Array[] = []
  const makers = [
    ...(['allocUnsafeSlow', 'alloc', 'concat', 'from'] as const).map(name => [Buffer, name] as const),
    [Uint8Array, 'from'] as const,
  ]
  const spies = makers.map(([type, name]) => {
    const make = type[name as 'from'] as (...args: unknown[]) => Uint8Array
    return vi.spyOn(type as typeof Buffer, name as 'from').mockImplementation(function (
      this: unknown,
      ...args: unknown[]
    ) {
      const bytes = make.apply(this, args)
      if (calledByUs()) made.push(bytes)
      return bytes as never
    })
  })
  return {
    made,
    stop() {
      for (const spy of spies) spy.mockRestore()
    },
  }
}

function clearSeen(): void {
  for (const list of Object.values(seen)) list.length = 0
}

afterEach(clearSeen)

describe('our codec of messages leaves behind', () => {
  const byHand = (frameLength: number) => {
    const content = Buffer.concat([Buffer.of(9), Buffer.from(SECRET)])
    const message = writeByHand({ dataKey, context, encryptedDataKeys }, content, frameLength)
    clearSeen()
    return message
  }
  const damaged = (message: Uint8Array, offset: number) => {
    const bytes = Buffer.from(message)
    bytes[offset < 0 ? bytes.length + offset : offset]! ^= 1
    return bytes
  }
  const commitmentOffset = 35 + context.length + encryptedDataKeys.length + 5

  it.each<[string, (format: FieldFormat) => Promise<unknown>]>([
    ['sealing', format => sealOne(format, item({ S: SECRET }))],
    ['opening', format => openSealed(format, message => message)],
    ['opening in the wrong place', format => openSealed(format, message => message, ['other'])],
    ['opening what has another tag', format => openSealed(format, message => damaged(message, -1))],
    ['opening what has another commitment', format => openSealed(format, m => damaged(m, commitmentOffset))],
    ['opening several frames', format => open(format, byHand(10))],
    [
      'opening several frames, the last of which was changed',
      format => open(format, damaged(byHand(10), -1)),
    ],
    ['opening what is not framed', format => open(format, byHand(0))],
  ])('no key and no plaintext after %s', async (_name, work) => {
    const format = createFormat({ keyring: new Known(), format: 'message' })
    await work(format)
    expect(isZero(derived.commitment)).toBe(false)
    expect(isZero(derived.key)).toBe(true)
    expect(seen.keys.every(isZero)).toBe(true)
    expect(seen.plaintexts.every(isZero)).toBe(true)
  })

  it.each([
    ['hash', 1],
    ['hash', 6],
    ['cipher', 1],
    ['cipher', 2],
  ] as const)('no key when node:crypto fails, at %s %i', (call, count) => {
    const template = headerTemplate(context, encryptedDataKeys)
    const message = writeMessage(template, dataKey, Buffer.from(SECRET))
    for (const work of [
      () => writeMessage(template, dataKey, Buffer.from(SECRET)),
      () => readMessage(parseHeader(message), dataKey),
    ]) {
      derived.key.fill(1)
      failing[call] = count
      expect(work).toThrow(/out of memory|authentication tag/)
      expect(failing[call]).toBe(0)
      expect(isZero(derived.key)).toBe(true)
    }
  })

  it('nothing, since it decrypts nothing, where the place cannot be', async () => {
    await openSealed(createFormat({ keyring: new Known(), format: 'message' }), message => message, [])
    expect(seen.plaintexts).toEqual([])
  })

  async function openSealed(
    format: FieldFormat,
    change: (message: Uint8Array) => Uint8Array,
    path = ['ssn'],
  ): Promise<void> {
    const message = await sealOne(format, item({ S: SECRET }))
    clearSeen()
    await open(format, change(message), path)
  }

  async function open(format: FieldFormat, message: Uint8Array, path = ['ssn']): Promise<void> {
    await format.open([item(message, { path })])
  }
})

describe.each(FORMS2)('format 2, $name, leaves behind', form => {
  const create = () => form.create({ keyring: new Known() })
  const stored = async (): Promise<ItemToOpen> => {
    const one = await sealItem(create(), form.item({ S: SECRET }))
    clearSeen()
    return one
  }
  const tagChanged = (one: ItemToOpen) => {
    const bytes = bytesOf(one)
    bytes[bytes.length - 1]! ^= 1
    return withValue(one, bytes)
  }
  /** What an item key is made of: the padded root before the location, or before the inner digest. */
  const rootsHashed = () =>
    seen.hashed.filter(
      bytes => bytes.length === 96 || Buffer.from(bytes).toString('latin1').includes('dynaseal:v2:item'),
    )

  it.each<[string, (format: FieldFormat) => Promise<unknown>, number]>([
    ['sealing', format => sealOne(format, form.item({ S: SECRET })), 0],
    ['sealing that fails', format => format.seal([form.item({ S: SECRET }), form.item({ N: SECRET })]), 0],
    ['opening', async format => openOne(format, await stored()), 1],
    [
      'opening in the wrong place',
      async format => outcomes(format, movedTo(await stored(), { path: ['x'] })),
      1,
    ],
    ['opening what has another tag', async format => outcomes(format, tagChanged(await stored())), 1],
    [
      'opening what has another commitment',
      async format => outcomes(format, withoutProof(await stored())),
      0,
    ],
    ['opening where no place is', async format => outcomes(format, movedTo(await stored(), { path: [] })), 0],
  ])('no key and no plaintext after %s', async (_name, work, decrypted) => {
    const format = create()
    await work(format).catch(error => expect(error).toMatchObject({ code: 'invalid-value' }))
    expect(seen.keys.every(isZero)).toBe(true)
    expect(seen.plaintexts).toHaveLength(decrypted)
    expect(seen.plaintexts.every(isZero)).toBe(true)
    const roots = seen.derived.filter(({ label }) => label.startsWith('dynaseal:v2:encrypt'))
    expect(roots).toHaveLength(1)
    expect(isZero(new Uint8Array(roots[0]!.key))).toBe(true)
    // The padded root lives as long as its data key, where it is, and nothing else longer than it is used.
    const lasting = rootsHashed().filter(bytes => !isZero(bytes.subarray(0, 64)))
    expect(lasting.every(bytes => bytes.length === 96 && isZero(bytes.subarray(64)))).toBe(true)
    format.clear()
    expect(rootsHashed().every(isZeroRoot)).toBe(true)
  })

  it('no key and no plaintext when node:crypto fails', async () => {
    const one = await stored()
    for (const call of ['hash', 'cipher', 'update'] as const) {
      for (const count of [1, 2, 3]) {
        const works: ((format: FieldFormat) => Promise<unknown>)[] = [
          format => format.seal([form.item({ S: SECRET })]),
          format => format.open([one]),
        ]
        for (const work of works) {
          const format = create()
          failing[call] = count
          await work(format).catch(() => {})
          failing[call] = 0
          format.clear()
          expect(seen.keys.every(isZero)).toBe(true)
          expect(seen.plaintexts.every(isZero)).toBe(true)
          expect(rootsHashed().every(isZeroRoot)).toBe(true)
          clearSeen()
        }
      }
    }
  })

  /** No root, and where the outer hash is made no inner digest either. */
  function isZeroRoot(bytes: Uint8Array): boolean {
    return isZero(bytes.length === 96 ? bytes : bytes.subarray(0, 64))
  }
})

describe.each(FORMS_AND_CODECS)('with $name', form => {
  it('no copy that we made of the data key is left once the cache has let go of it', async () => {
    const format = form.create({ keyring: new Known() })
    const opening = form.create({ keyring: new Known() })
    const { made, stop } = recordMade()
    try {
      const stored = await sealItem(format, form.item({ S: SECRET }))
      expect(await outcomes(opening, stored)).toEqual([{ S: SECRET }])
      expect(await outcomes(opening, movedTo(stored, { path: ['x'] }))).toEqual([form.codes.moved])
      const holding = () => made.filter(bytes => Buffer.compare(bytes.subarray(0, 32), dataKey) === 0).length
      // One in each cache, and no other.
      expect(holding()).toBe(2)
      format.clear()
      expect(holding()).toBe(1)
      opening.clear()
      expect(holding()).toBe(0)
      expect(made.filter(bytes => Buffer.from(bytes).includes(SECRET))).toEqual([])
    } finally {
      stop()
    }
  })
})

it('what the material of the AWS Encryption SDK exports is zeroed', async () => {
  const exported: Buffer[] = []
  const keyObject = Object.getPrototypeOf(createSecretKey(dataKey)) as KeyObject
  const original = keyObject.export
  const spy = vi.spyOn(keyObject, 'export').mockImplementation(function (this: KeyObject) {
    const bytes = original.call(this) as unknown as Buffer
    exported.push(bytes)
    return bytes as never
  })
  try {
    const message = await sealOne(
      createFormat({ keyring: new Known(), format: 'message' }),
      item({ S: SECRET }),
    )
    await createFormat({ keyring: new Known(), format: 'message' }).open([item(message)])
    expect(exported.length).toBeGreaterThan(1)
    expect(exported.every(isZero)).toBe(true)
  } finally {
    spy.mockRestore()
  }
})

it('a serialized value is in the memory of the caller alone', () => {
  const { made, stop } = recordMade()
  try {
    // Longer than the buffer that it is first written to.
    const bytes = serializeValue({ L: Array(20).fill({ S: SECRET }) })
    expect(made.filter(each => Buffer.from(each).includes(SECRET))).toEqual([bytes])
    expect(made.length).toBeGreaterThan(2)
  } finally {
    stop()
  }
})
