import { FieldError } from '@dynaseal/core'
import { describe, expect, it, test } from 'vitest'
import { serializePairs } from '../src/context.js'
import { type HeaderParts, layOutHeader, parseHeader } from '../src/header.js'

const parts: HeaderParts = {
  version: 1,
  suite: '0x6700',
  messageId: Buffer.alloc(32, 1),
  legend: 'es',
  context: serializePairs({ a: '1', b: '2' })!,
  encryptedDataKeys: [{ providerId: 'p', providerInfo: 'i', encryptedDataKey: Uint8Array.of(1, 2) }],
}
const codeOf = (header: Buffer) => {
  try {
    parseHeader(header)
  } catch (error) {
    if (error instanceof FieldError) return error.code
    throw error
  }
  return 'parsed'
}
const changed = (change: Partial<HeaderParts>) => codeOf(layOutHeader({ ...parts, ...change }))

describe('a header', () => {
  it('is read as it was laid out', () => {
    const { version, suite, messageId, legend, pairs, encryptedDataKeys, body } = parseHeader(
      layOutHeader(parts),
    )
    expect({ version, suite, messageId, legend }).toEqual({
      version: 1,
      suite: '0x6700',
      messageId: parts.messageId,
      legend: 'es',
    })
    expect(pairs).toEqual({ a: '1', b: '2' })
    expect(encryptedDataKeys).toMatchObject([
      { providerId: 'p', providerInfo: 'i', encryptedDataKey: Buffer.from([1, 2]) },
    ])
    expect(body.length).toBe(layOutHeader(parts).length - 32)
  })

  it('ends where it ends', () => {
    const header = layOutHeader(parts)
    for (let length = 0; length < header.length; length++)
      expect(codeOf(header.subarray(0, length))).toBe('malformed-message')
    expect(codeOf(Buffer.concat([header, Buffer.alloc(1)]))).toBe('malformed-message')
  })

  test.each<[string, Partial<HeaderParts>, string]>([
    ['of an unknown version', { version: 3 as never }, 'unsupported-version'],
    ['without a legend', { legend: '' }, 'malformed-message'],
    ['with another letter', { legend: 'ex' }, 'malformed-message'],
    ['of version 1 with something in the context', { legend: 'ec' }, 'malformed-message'],
    ['of version 2 with nothing in it', { version: 2 }, 'malformed-message'],
    [
      'whose pairs are not in order',
      { context: Buffer.from('00020001620001310001610001 32'.replace(' ', ''), 'hex') },
      'malformed-message',
    ],
    [
      'with a pair twice',
      { context: Buffer.from('000200016100013100016100 0132'.replace(' ', ''), 'hex') },
      'malformed-message',
    ],
    [
      'with a text that is no UTF-8',
      { context: Buffer.from('00010001ff000131', 'hex') },
      'malformed-message',
    ],
    ['without an encrypted data key', { encryptedDataKeys: [] }, 'malformed-message'],
  ])('%s is refused', (_name, change, code) => {
    expect(changed(change)).toBe(code)
  })

  it('of an unknown suite is refused', () => {
    const header = layOutHeader(parts)
    header[1] = 2
    expect(codeOf(header)).toBe('unsupported-suite')
  })
})
