import { randomBytes } from 'node:crypto'
import { AlgorithmSuiteIdentifier } from '@aws-crypto/client-node'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { readMessage } from '../../src/page/message.js'
import { seal } from './seal.js'

const suiteIds = Object.values(AlgorithmSuiteIdentifier).filter(id => typeof id === 'number')

describe('the header of a message', () => {
  it.each(suiteIds.map(id => [`0x${id.toString(16).padStart(4, '0')}`, id] as const))(
    'is read in suite %s',
    async (_, id) => {
      const encryptionContext = { tenant: 'acme', ünï: '<b>' }
      const message = await seal({
        suiteId: id,
        plaintext: randomBytes(1000),
        frameLength: 300,
        encryptionContext,
      })
      const read = readMessage(message)
      expect(read).toMatchObject({
        version: id >= 0x0400 ? 2 : 1,
        suite: { id },
        contentType: 'framed',
        frameLength: 300,
        frames: 4,
        contentLength: 1000,
        length: message.length,
      })
      expect(Object.fromEntries(read?.encryptionContext ?? [])).toMatchObject(encryptionContext)
      expect(Object.keys(Object.fromEntries(read?.encryptionContext ?? []))).toHaveLength(
        read?.suite.signed ? 3 : 2,
      )
      expect(
        message.subarray(0, read?.headerLength).includes(Buffer.from(read?.messageId ?? '', 'hex')),
      ).toBe(true)
      // The information of a raw AES key is its name, then lengths and the IV, in bytes.
      expect(read?.dataKeys).toMatchObject([{ provider: 'a namespace' }])
      expect(read?.dataKeys[0]?.information).toMatch(new RegExp(`^${Buffer.from('a name').toString('hex')}`))
    },
  )

  it('is read without a context, and with nothing inside', async () => {
    const message = await seal({ plaintext: new Uint8Array(0), encryptionContext: {} })
    expect(readMessage(message)).toMatchObject({
      encryptionContext: [],
      contentLength: 0,
      frames: 1,
    })
  })

  it('is read when the content is unframed', async () => {
    const framed = await seal({ plaintext: Buffer.from('secrets') })
    const { headerLength = 0 } = readMessage(framed) ?? {}
    // Commitment and tag end the header; before them stand content type and frame length.
    const header = Buffer.from(framed.subarray(0, headerLength))
    header.writeUInt8(1, headerLength - 48 - 5)
    header.writeUInt32BE(0, headerLength - 48 - 4)
    const length = Buffer.alloc(8)
    length.writeBigUInt64BE(7n)
    const block = Buffer.concat([randomBytes(12), length, randomBytes(7), randomBytes(16)])
    expect(readMessage(Buffer.concat([header, block]))).toMatchObject({
      contentType: 'unframed',
      frameLength: 0,
      contentLength: 7,
    })
    expect(readMessage(Buffer.concat([framed.subarray(0, headerLength), block]))).toBeUndefined()
  })

  it('is not read from a message that lacks a byte, or has one too many', async () => {
    for (const id of suiteIds) {
      const message = await seal({ suiteId: id, plaintext: randomBytes(50), frameLength: 20 })
      expect(readMessage(message)).toBeDefined()
      for (let length = 0; length < message.length; length++)
        expect(readMessage(message.subarray(0, length))).toBeUndefined()
      expect(readMessage(Buffer.concat([message, Buffer.alloc(1)]))).toBeUndefined()
    }
  })

  it('is not read from any bytes', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 600 }), bytes => {
        expect(readMessage(bytes)).toBeUndefined()
      }),
    )
  })

  it('is read or not, but never throws, however a message is damaged', async () => {
    const message = await seal()
    fc.assert(
      fc.property(fc.nat({ max: message.length - 1 }), fc.nat({ max: 255 }), (at, value) => {
        const damaged = Buffer.from(message)
        damaged[at] = value
        readMessage(damaged)
      }),
      { numRuns: 1000 },
    )
  })
})
