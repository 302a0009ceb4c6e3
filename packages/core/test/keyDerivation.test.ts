import { createHmac, hkdfSync, randomBytes } from 'node:crypto'
import { describe, expect, it, vi } from 'vitest'
import { Hmac } from '../src/message/hmac.js'
import { deriveKeys } from '../src/message/keyDerivation.js'

const words = (bytes: Uint8Array) => new Uint32Array(Uint8Array.from(bytes).buffer)

describe('HMAC-SHA-512', () => {
  it.each([4, 32, 64, 128])('is that of node:crypto with keys of %i bytes, one after the other', keyBytes => {
    const hmac = new Hmac(20)
    for (let round = 0; round < 50; round++) {
      const key = randomBytes(keyBytes)
      const message = randomBytes(20)
      hmac.setKey(words(key))
      hmac.setMessage(message)
      expect(hmac.digest()).toEqual(createHmac('sha512', key).update(message).digest())
      hmac.clear()
    }
  })

  it('has the answer of RFC 4231, test case 2', () => {
    const hmac = new Hmac(28)
    hmac.setKey(words(Buffer.from('Jefe')))
    hmac.setMessage(Buffer.from('what do ya want for nothing?'))
    expect(hmac.digest().toString('hex')).toBe(
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
    expect(hmac.digest()).toEqual(withoutKey)
  })
})

describe('the keys of a message', () => {
  it('leave no data key behind', () => {
    const messages = vi.spyOn(Hmac.prototype, 'setMessage')
    deriveKeys(randomBytes(32), randomBytes(32))
    expect(messages.mock.lastCall).toEqual([new Uint8Array(32)])
    messages.mockRestore()
  })

  it('are those of HKDF', () => {
    for (let round = 0; round < 50; round++) {
      const dataKey = randomBytes(32)
      const messageId = randomBytes(32)
      const derive = (info: string) =>
        Buffer.from(hkdfSync('sha512', dataKey, messageId, Buffer.from(info, 'latin1'), 32))
      expect(deriveKeys(dataKey, messageId)).toEqual({
        key: derive('\x04\x78DERIVEKEY'),
        commitment: derive('COMMITKEY'),
      })
    }
  })
})
