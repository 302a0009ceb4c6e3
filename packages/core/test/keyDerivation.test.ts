import { createHmac, hkdfSync, randomBytes } from 'node:crypto'
import { describe, expect, it, vi } from 'vitest'
import { Hmac } from '../src/message/hmac.js'
import { derived, deriveKeys } from '../src/message/keyDerivation.js'

/** How many hashes from now on fails. */
const failing = vi.hoisted(() => ({ hash: 0 }))
vi.mock('node:crypto', async importOriginal => {
  const crypto = await importOriginal<typeof import('node:crypto')>()
  return {
    ...crypto,
    hash: (...args: Parameters<typeof crypto.hash>) => {
      if (failing.hash > 0 && --failing.hash === 0) throw new Error('out of memory')
      return crypto.hash(...args)
    },
  }
})

const words = (bytes: Uint8Array) => new Uint32Array(Uint8Array.from(bytes).buffer)

describe('HMAC-SHA-512', () => {
  it.each([4, 32, 64, 128])('is that of node:crypto with keys of %i bytes, one after the other', keyBytes => {
    const hmac = new Hmac(20)
    for (let round = 0; round < 50; round++) {
      const key = randomBytes(keyBytes)
      const message = randomBytes(20)
      hmac.setKey(words(key))
      hmac.setMessage(message)
      expect(hmac.digest()).toBe(createHmac('sha512', key).update(message).digest('binary'))
      hmac.clear()
    }
  })

  it('has the answer of RFC 4231, test case 2', () => {
    const hmac = new Hmac(28)
    hmac.setKey(words(Buffer.from('Jefe')))
    hmac.setMessage(Buffer.from('what do ya want for nothing?'))
    expect(Buffer.from(hmac.digest(), 'latin1').toString('hex')).toBe(
      '164b7a7bfcf819e2e395fbe73b56e0a387bd64222e831fd610270cd7ea250554' +
        '9758bf75c05a994a6d034f65f8f0e6fdcaeab1a34d4a6b4b636e070a38bce737',
    )
  })

  it('forgets its key when cleared', () => {
    const hmac = new Hmac(3)
    hmac.setMessage(Buffer.from('abc'))
    const withoutKey = hmac.digest()
    hmac.setKey(words(randomBytes(64)))
    hmac.digest()
    hmac.clear()
    expect(hmac.digest()).toBe(withoutKey)
  })
})

/** A message, as far as its keys depend on it. */
function messageWith(messageId: Uint8Array): Buffer {
  return Buffer.concat([Buffer.from('020478', 'hex'), messageId])
}

describe('the keys of a message', () => {
  it('are those of HKDF', () => {
    for (let round = 0; round < 50; round++) {
      const dataKey = randomBytes(32)
      const messageId = randomBytes(32)
      const derive = (info: string) =>
        Buffer.from(hkdfSync('sha512', dataKey, messageId, Buffer.from(info, 'latin1'), 32))
      deriveKeys(dataKey, messageWith(messageId))
      expect(derived).toEqual({ key: derive('\x04\x78DERIVEKEY'), commitment: derive('COMMITKEY') })
    }
  })

  it('leave nothing behind that depends on the data key, but for themselves, also when a hash fails', async () => {
    const memory: ArrayBufferLike[] = []
    const recording = <T extends abstract new (...args: never[]) => object>(type: T) =>
      new Proxy(type, {
        construct(target, args, newTarget) {
          const made = Reflect.construct(target, args, newTarget) as ArrayBuffer | Uint8Array
          memory.push(made instanceof ArrayBuffer ? made : made.buffer)
          return made
        },
      })
    vi.resetModules()
    vi.stubGlobal('ArrayBuffer', recording(ArrayBuffer))
    vi.stubGlobal('Uint8Array', recording(Uint8Array))
    vi.stubGlobal('Uint32Array', recording(Uint32Array))
    const fresh = await import('../src/message/keyDerivation.js')
    vi.unstubAllGlobals()

    const message = messageWith(randomBytes(32))
    const snapshot = () => memory.map(bytes => Buffer.from(bytes).toString('hex'))
    const left = () => {
      fresh.deriveKeys(randomBytes(32), message)
      return snapshot()
    }
    const before = left()
    // Three HMACs of two buffers each, salt and pseudorandom key.
    expect(new Set(memory).size).toBeGreaterThanOrEqual(8)
    expect(left()).toEqual(before)
    for (let count = 1; count <= 6; count++) {
      failing.hash = count
      expect(left).toThrow('out of memory')
      expect(snapshot()).toEqual(before)
    }
  })
})
