import { createSecretKey, type KeyObject } from 'node:crypto'
import {
  KeyringNode,
  KeyringTraceFlag,
  type NodeDecryptionMaterial,
  type NodeEncryptionMaterial,
} from '@aws-crypto/client-node'
import { EncryptedDataKey } from '@aws-crypto/material-management'
import { afterEach, describe, expect, it, vi } from 'vitest'
import { type CodecName, createFormat, type MessageFormat, serializeValue } from '../src/index.js'
import { parseHeader } from '../src/message/header.js'
import { derived } from '../src/message/keyDerivation.js'
import { readMessage } from '../src/message/read.js'
import { headerTemplate, writeMessage } from '../src/message/write.js'
import { customer, item, sealOne } from './support/fields.js'
import { writeByHand } from './support/handWritten.js'

/** What passed through node:crypto while a test ran: keys, and what was decrypted. */
const seen = vi.hoisted(() => ({
  keys: [] as Uint8Array[],
  plaintexts: [] as Buffer[],
}))
/** How many calls from now on fail, in the middle of a message. */
const failing = vi.hoisted(() => ({ hash: 0, cipher: 0 }))

vi.mock('node:crypto', async importOriginal => {
  const crypto = await importOriginal<typeof import('node:crypto')>()
  return {
    ...crypto,
    hash: (...args: Parameters<typeof crypto.hash>) => {
      if (failing.hash > 0 && --failing.hash === 0) throw new Error('out of memory')
      return crypto.hash(...args)
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

describe('our codec leaves behind', () => {
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

  it.each<[string, (format: MessageFormat) => Promise<unknown>]>([
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
    const format = createFormat({ keyring: new Known() })
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
    await openSealed(createFormat({ keyring: new Known() }), message => message, [])
    expect(seen.plaintexts).toEqual([])
  })

  async function openSealed(
    format: MessageFormat,
    change: (message: Uint8Array) => Uint8Array,
    path = ['ssn'],
  ): Promise<void> {
    const message = await sealOne(format, item({ S: SECRET }))
    clearSeen()
    await open(format, change(message), path)
  }

  async function open(format: MessageFormat, message: Uint8Array, path = ['ssn']): Promise<void> {
    await format.open([item(message, { path })])
  }
})

describe.each<CodecName>(['own', 'client-node'])('with codec %s', codec => {
  it('no copy that we made of the data key is left once the cache has let go of it', async () => {
    const format = createFormat({ keyring: new Known(), codec })
    const opening = createFormat({ keyring: new Known(), codec })
    const { made, stop } = recordMade()
    try {
      const message = await sealOne(format, item({ S: SECRET }))
      const [fields] = await opening.open([item(message)])
      expect(fields).toEqual([{ value: { S: SECRET } }])
      await opening.open([{ table: 'Customers', key: customer, fields: [{ path: ['x'], value: message }] }])
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
    const message = await sealOne(createFormat({ keyring: new Known() }), item({ S: SECRET }))
    await createFormat({ keyring: new Known() }).open([item(message)])
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
