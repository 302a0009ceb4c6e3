import { readFileSync } from 'node:fs'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { readEnvelopePart } from '../../src/page/envelope.js'

const vectors = new URL('../../../../test/vectors/envelope/positive.json', import.meta.url)
const { items } = JSON.parse(readFileSync(vectors, 'utf8')) as {
  items: {
    name: string
    /** One that is not spelled out is a list. */
    envelope: string | null | readonly unknown[]
    fields: { field: string; plaintext: string }[]
  }[]
}
const parts = (hex: string) => Buffer.from(hex, 'hex')

describe('what a part of format 2 says in the clear', () => {
  it.each(items.map(item => [item.name, item] as const))('%s', (_, { envelope, fields }) => {
    if (typeof envelope === 'string' && envelope.startsWith('da5e20')) {
      const bytes = parts(envelope)
      expect(readEnvelopePart(bytes)).toMatchObject({
        shape: 'envelope',
        length: bytes.length,
        contextTag: envelope.slice(6, 14),
        commitment: envelope.slice(-64),
      })
    }
    for (const { field, plaintext } of fields) {
      if (!field.startsWith('da5e')) continue
      const read = readEnvelopePart(parts(field))
      expect(read).toMatchObject({ length: field.length / 2, contentLength: plaintext.length / 2 })
      if (read?.shape === 'short') expect(read.envelopeTag).toBe(field.slice(6, 12))
      else expect(read).toMatchObject({ shape: 'full', contextTag: field.slice(6, 14) })
    }
  })

  it('is read to the last byte, and names each encrypted data key', () => {
    const envelope = parts(items[0]!.envelope as string)
    expect(readEnvelopePart(envelope)).toMatchObject({
      dataKeys: [{ provider: 'dynaseal-vectors', length: 48 }],
    })
    for (let length = 0; length < envelope.length; length++)
      expect(readEnvelopePart(envelope.subarray(0, length))).toBeUndefined()
    expect(readEnvelopePart(Buffer.concat([envelope, Buffer.alloc(1)]))).toBeUndefined()
    expect(readEnvelopePart(Buffer.from('da5e30', 'hex'))).toBeUndefined()
    // A nonce, a tag and half a type id.
    expect(
      readEnvelopePart(Buffer.concat([Buffer.from('da5e21', 'hex'), Buffer.alloc(3 + 29)])),
    ).toBeUndefined()
  })

  it('is read or not, but never throws', () => {
    fc.assert(
      fc.property(
        fc.constantFrom('da5e20', 'da5e21', 'da5e22'),
        fc.uint8Array({ maxLength: 300 }),
        (start, rest) => {
          readEnvelopePart(Buffer.concat([Buffer.from(start, 'hex'), rest]))
        },
      ),
    )
  })
})
