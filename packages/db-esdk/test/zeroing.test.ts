import type { Keyring } from '@dynaseal/core'
import { afterEach, describe, expect, it, vi } from 'vitest'
import type { Item } from '../src/index.js'
import { bytesOf, customer, customers, rejection } from './support/items.js'

// What was secret is zeroed when it is not needed any more, whatever went wrong.

/** What passed through node:crypto and our copies while a test ran. */
const seen = vi.hoisted(() => ({
  /** Keys of ciphers, which are what HMAC gave or a stretch of key stream. */
  keys: [] as Uint8Array[],
  /** What was hashed by HMAC, the padded key first. */
  hashed: [] as Uint8Array[],
  /** Keys, as HMAC has filled them in. */
  derived: [] as Uint8Array[],
  /** What was encrypted, and what was decrypted: values and data keys. */
  plaintexts: [] as Uint8Array[],
  /** What keys of attributes are cut from. */
  streams: [] as Uint8Array[],
  randoms: [] as Uint8Array[],
}))
/** How many calls from now on fail. */
const failing = vi.hoisted(() => ({ hash: 0, cipher: 0 }))

vi.mock('node:crypto', async importOriginal => {
  const crypto = await importOriginal<typeof import('node:crypto')>()
  const fails = (what: keyof typeof failing) => {
    if (failing[what] > 0 && --failing[what] === 0) throw new Error('out of memory')
  }
  return {
    ...crypto,
    hash: (...args: Parameters<typeof crypto.hash>) => {
      fails('hash')
      if (ArrayBuffer.isView(args[1])) seen.hashed.push(args[1] as Uint8Array)
      return crypto.hash(...args)
    },
    randomFillSync: (bytes: Uint8Array) => {
      if (bytes.length === 32) seen.randoms.push(bytes)
      return crypto.randomFillSync(bytes)
    },
    createCipheriv: (algorithm: 'aes-256-gcm', key: Buffer, ...rest: [Buffer, { authTagLength: number }]) => {
      fails('cipher')
      seen.keys.push(key)
      const cipher = crypto.createCipheriv(algorithm, key, ...rest)
      const update = cipher.update.bind(cipher) as (content: Buffer) => Buffer
      cipher.update = ((content: Buffer) => {
        const output = update(content)
        if ((algorithm as string) === 'aes-256-ctr') seen.streams.push(output)
        else seen.plaintexts.push(content)
        return output
      }) as typeof cipher.update
      return cipher
    },
    createDecipheriv: (
      algorithm: 'aes-256-gcm',
      key: Buffer,
      ...rest: [Buffer, { authTagLength: number }]
    ) => {
      fails('cipher')
      seen.keys.push(key)
      const decipher = crypto.createDecipheriv(algorithm, key, ...rest)
      const update = decipher.update.bind(decipher) as (content: Buffer) => Buffer
      decipher.update = ((content: Buffer) => {
        const output = update(content)
        seen.plaintexts.push(output)
        return output
      }) as typeof decipher.update
      return decipher
    },
  }
})

vi.mock('@dynaseal/core/formats', async importOriginal => {
  const formats = await importOriginal<typeof import('@dynaseal/core/formats')>()
  return {
    ...formats,
    copyLatin1: (target: Buffer, text: string) => {
      // Tags and the commitment are stored, and stand in memory that Buffers share.
      if (target.buffer.byteLength <= 64) seen.derived.push(target)
      return formats.copyLatin1(target, text)
    },
  }
})

afterEach(() => {
  for (const all of Object.values(seen)) all.length = 0
  failing.hash = failing.cipher = 0
})

const isZero = (bytes: Uint8Array) => bytes.every(byte => byte === 0)

/** What HMAC has where no key is: nothing, or the pad alone; behind it nothing, or what is derived, by its public name. */
function holdsNoKey(hashed: Uint8Array): boolean {
  const [block, message] = [hashed.subarray(0, 128), Buffer.from(hashed.subarray(128))]
  return (
    [0, 0x36, 0x5c].some(pad => block.every(byte => byte === pad)) &&
    (isZero(message) || message.toString('latin1').startsWith('AWS_'))
  )
}

/** @param least how many of each there were at least: what is not seen is not checked */
function expectZeroed(least: Partial<Record<keyof typeof seen, number>>): void {
  for (const [kind, count] of Object.entries(least))
    expect(seen[kind as keyof typeof seen].length, kind).toBeGreaterThanOrEqual(count)
  const left = Object.entries(seen).flatMap(([kind, all]) =>
    all.every(kind === 'hashed' ? holdsNoKey : isZero) ? [] : [kind],
  )
  expect(left).toEqual([])
}

/** Keyrings that know one key, and remember what they handed out. */
function known(): { keyring: Keyring; handedOut: Uint8Array[] } {
  const handedOut: Uint8Array[] = []
  const give = () => {
    const key = new Uint8Array(32).fill(9)
    handedOut.push(key)
    return key
  }
  const entry = {
    providerId: 'a',
    providerInfo: 'b',
    encryptedDataKey: new Uint8Array([99]),
  }
  const source = {
    generateDataKey: async () => ({ dataKey: give(), encryptedDataKeys: [entry] }),
    decryptDataKey: async () => give(),
  }
  return { keyring: sourced(source), handedOut }
}

function sourced(source: object): Keyring {
  const unused = () => Promise.reject(new Error('asked in its other way'))
  return { onEncrypt: unused, onDecrypt: unused, [Symbol.for('dynaseal:data-key-source')]: source } as never
}

const sealing = { keys: 2, hashed: 6, derived: 6, plaintexts: 3, streams: 1 }

describe('sealing zeroes', () => {
  it.each(['0x6700', '0x6701'] as const)('keys and plaintexts of an item, with %s', async algorithmSuite => {
    const { keyring, handedOut } = known()
    await customers({ keyring: [keyring, keyring], algorithmSuite }).encryptItem(customer)
    expect(handedOut).toHaveLength(2)
    expect(handedOut.every(isZero)).toBe(true)
    expectZeroed(sealing)
  })

  it.each([1, 2, 3, 4, 5, 6, 7, 8])('where hash %i fails', async count => {
    const { keyring, handedOut } = known()
    failing.hash = count
    await expect(customers({ keyring }).encryptItem(customer)).rejects.toThrow('out of memory')
    expect(handedOut.map(isZero)).toEqual([true])
    expectZeroed({})
  })

  it.each([1, 2, 3, 4])('where cipher %i fails', async count => {
    const { keyring, handedOut } = known()
    failing.cipher = count
    await expect(customers({ keyring }).encryptItem(customer)).rejects.toThrow('out of memory')
    expect(handedOut.map(isZero)).toEqual([true])
    expectZeroed({ keys: count - 1 })
  })

  it('what other keyrings gave, where one of them gives nothing', async () => {
    const { keyring, handedOut } = known()
    const broken = sourced({ generateDataKey: () => Promise.reject(new Error('down')) })
    await rejection(() => customers({ keyring: [keyring, broken, keyring] }).encryptItem(customer))
    expect(handedOut.map(isZero)).toEqual([true, true])
  })

  it('the key of a keyring that gives several encrypted data keys', async () => {
    const key = new Uint8Array(32).fill(9)
    const entry = { providerId: 'a', providerInfo: 'b', encryptedDataKey: new Uint8Array(1) }
    const double = sourced({
      generateDataKey: async () => ({ dataKey: key, encryptedDataKeys: [entry, entry] }),
    })
    await rejection(() => customers({ keyring: double }).encryptItem(customer))
    expect(isZero(key)).toBe(true)
  })

  it('the key for a child of a multi keyring that does not encrypt it', async () => {
    const { keyring: generator, handedOut } = known()
    const down = () => Promise.reject(new Error('down'))
    const child = { onEncrypt: down, onDecrypt: down }
    const keyring = { ...child, generator, children: [child] }
    await rejection(() => customers({ keyring }).encryptItem(customer))
    expect(handedOut.map(isZero)).toEqual([true])
    expectZeroed({ randoms: 1 })
  })

  it('what a keyring gives when nobody waits for it any more', async () => {
    const key = new Uint8Array(32).fill(9)
    const controller = new AbortController()
    let answer = () => {}
    const answered = new Promise<void>(resolve => {
      answer = resolve
    })
    const slow = sourced({
      generateDataKey: async () => {
        controller.abort()
        await answered
        return {
          dataKey: key,
          encryptedDataKeys: [{ providerId: 'a', providerInfo: 'b', encryptedDataKey: new Uint8Array(1) }],
        }
      },
    })
    const sealed = customers({ keyring: slow }).encryptItem(customer, { signal: controller.signal })
    await expect(sealed).rejects.toThrow()
    expect(isZero(key)).toBe(false)
    answer()
    await vi.waitFor(() => expect(isZero(key)).toBe(true))
  })
})

describe('opening zeroes', () => {
  const opening = { keys: 2, hashed: 6, derived: 4, plaintexts: 3, streams: 1 }

  async function stored(change: (item: Item) => void = () => {}): Promise<Item> {
    const item = await customers({ keyring: known().keyring }).encryptItem(customer)
    for (const all of Object.values(seen)) all.length = 0
    change(item)
    return item
  }

  const open = async (item: Item) => {
    const reader = customers({ keyring: known().keyring })
    return reader.decryptItem(item).finally(() => reader.clear())
  }

  it('keys and plaintexts of an item', async () => {
    expect(await open(await stored())).toEqual(customer)
    expectZeroed(opening)
  })

  it('what it had when a tag was wrong', async () => {
    const item = await stored(changed => {
      const bytes = bytesOf(changed, 'aws_dbe_foot')
      bytes[0]! ^= 1
      changed.aws_dbe_foot = { B: bytes }
    })
    await expect(open(item)).rejects.toMatchObject({ code: 'not-authentic' })
    expectZeroed({ keys: 1, hashed: 6, derived: 4, plaintexts: 1 })
  })

  it('what a wrong key made of the data key', async () => {
    const item = await stored()
    const other = sourced({ decryptDataKey: async () => new Uint8Array(32).fill(8) })
    const reader = customers({ keyring: other })
    await expect(reader.decryptItem(item)).rejects.toMatchObject({ code: 'not-authentic' })
    reader.clear()
    expectZeroed({ keys: 1, plaintexts: 1 })
  })

  it.each([1, 2, 3, 4, 5, 6, 7, 8])('where hash %i fails', async count => {
    const item = await stored()
    failing.hash = count
    await expect(open(item)).rejects.toThrow()
    expectZeroed({})
  })

  it.each([1, 2, 3, 4])('where cipher %i fails', async count => {
    const item = await stored()
    failing.cipher = count
    await expect(open(item)).rejects.toThrow()
    expectZeroed({ keys: count - 1 })
  })
})
