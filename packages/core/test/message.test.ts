import { beforeAll, describe, expect, it } from 'vitest'
import {
  FieldError,
  locationHash,
  MAX_MESSAGE_BYTES,
  type OpenedField,
  serializeValue,
} from '../src/index.js'
import { encryptionContext } from '../src/materials/context.js'
import { isMessage, parseHeader } from '../src/message/header.js'
import { readMessage } from '../src/message/read.js'
import { headerTemplate, writeMessage } from '../src/message/write.js'
import { createFormat } from './support/codec.js'
import { customer, item, openOne, refusal, sealOne } from './support/fields.js'
import { type Parts, writeByHand } from './support/handWritten.js'
import { clientNode, multiKeyring, rawKeyring } from './support/keyrings.js'

const dataKey = Buffer.alloc(32, 9)
const context = encryptionContext('message', 'Customers', {}).bytes
const oneKey = Buffer.from('0001 0001 61 0002 6262 0003 636363'.replaceAll(' ', ''), 'hex')
const plaintext = Buffer.from('plaintext of a message')

const byHand = (frameLength: number, parts: Partial<Parts> = {}) =>
  writeByHand({ dataKey, context, encryptedDataKeys: oneKey, ...parts }, plaintext, frameLength)
const read = (message: Uint8Array) => readMessage(parseHeader(Buffer.from(message)), dataKey)
/** The code with which a message is refused. */
function outcome(message: Uint8Array): string {
  try {
    read(message)
    return 'opened'
  } catch (error) {
    return error instanceof FieldError ? error.code : `${error}`
  }
}
const ours = () => writeMessage(headerTemplate(context, oneKey), dataKey, plaintext)

/** Every code with which a damaged message may be refused. */
const REFUSALS = [
  'not-a-message',
  'unsupported-suite',
  'malformed-message',
  'wrong-context',
  'key-unavailable',
  'not-authentic',
]

describe('a message written by hand, with another HKDF', () => {
  it.each([0, 1, 7, 22, 23, 1000, 0x80000000, 0xffffffff])(
    'opens with frame length %i (0: unframed)',
    frameLength => {
      expect(read(byHand(frameLength))).toEqual(plaintext)
    },
  )

  it.each([6, 22, 0])('is refused with frame length %i and one bit flipped anywhere', frameLength => {
    const message = byHand(frameLength)
    const codes = new Set<string>()
    for (let bit = 0; bit < message.length * 8; bit++) {
      message[bit >> 3]! ^= 1 << (bit & 7)
      codes.add(outcome(message))
      message[bit >> 3]! ^= 1 << (bit & 7)
    }
    expect(REFUSALS).toEqual(expect.arrayContaining([...codes]))
    expect(read(message)).toEqual(plaintext)
  })

  it.each([6, 22, 0])(
    'is refused with frame length %i, cut at any byte or with bytes after it',
    frameLength => {
      const message = byHand(frameLength)
      const codes = Array.from(message, (_, length) => outcome(message.subarray(0, length)))
      expect(new Set(codes)).toEqual(new Set(['not-a-message', 'malformed-message']))
      expect(outcome(Buffer.concat([message, Buffer.of(0)]))).toBe('malformed-message')
    },
  )

  it('is refused with another data key, by its commitment', () => {
    const message = byHand(0)
    expect(() => readMessage(parseHeader(message), Buffer.alloc(32, 8))).toThrow(/key commitment/)
  })

  it('is refused with its frames in another order, or one left out', () => {
    const message = byHand(10)
    const start = parseHeader(message).end + 16
    const frame = 4 + 12 + 10 + 16
    const [first, second, rest] = [
      message.subarray(start, start + frame),
      message.subarray(start + frame, start + 2 * frame),
      message.subarray(start + 2 * frame),
    ]
    const header = message.subarray(0, start)
    expect(read(Buffer.concat([header, first, second, rest]))).toEqual(plaintext)
    for (const body of [
      [second, first, rest],
      [first, rest],
      [second, rest],
      [first, first, rest],
      [first, second],
      [],
    ]) {
      expect(() => read(Buffer.concat([header, ...body]))).toThrow(
        expect.objectContaining({ code: 'malformed-message' }),
      )
    }
  })
})

describe('a message of ours', () => {
  it('has the layout of the specification', () => {
    const message = ours()
    const body = message.subarray(-16 - plaintext.length - 24 - 16)
    expect(message.subarray(0, 3).toString('hex')).toBe('020478')
    expect(message.subarray(35, 35 + context.length)).toEqual(context)
    expect(message.subarray(35 + context.length, 35 + context.length + oneKey.length)).toEqual(oneKey)
    expect(
      message
        .subarray(35 + context.length + oneKey.length)
        .subarray(0, 5)
        .toString('hex'),
    ).toBe('0200080000')
    expect(body.subarray(16, 16 + 24).toString('hex')).toBe(
      `ffffffff00000001000000000000000000000001000000${'16'}`,
    )
    expect(message.length).toBe(
      35 + context.length + oneKey.length + 5 + 32 + 16 + 24 + plaintext.length + 16,
    )
  })

  it('adds 402 bytes and the context, with one encrypted data key of KMS', () => {
    const kms = Buffer.concat([
      Buffer.from('0001 0007'.replace(' ', ''), 'hex'),
      Buffer.from('aws-kms'),
      Buffer.from('004b', 'hex'),
      Buffer.alloc(75, 'a'),
      Buffer.from('00b8', 'hex'),
      Buffer.alloc(184),
    ])
    const message = writeMessage(headerTemplate(context, kms), dataKey, plaintext)
    expect(parseHeader(message).encryptedDataKeysEnd).toBe(35 + context.length + kms.length)
    expect(message.length - plaintext.length - context.length).toBe(402)
  })

  it('is never the same twice', () => {
    const messages = Array.from({ length: 2000 }, ours)
    expect(new Set(messages.map(message => message.subarray(3, 35).toString('hex'))).size).toBe(2000)
    expect(new Set(messages.map(message => message.subarray(-20).toString('hex'))).size).toBe(2000)
  })

  it('shares its memory with other messages alone', () => {
    const messages = Array.from({ length: 200 }, ours)
    const copies = messages.map(message => Buffer.from(message))
    const memories = new Map(messages.map(({ buffer }) => [buffer, 0]))
    expect(memories.size).toBeLessThan(20)
    for (const { buffer, length } of messages) memories.set(buffer, memories.get(buffer)! + length)
    for (const [memory, bytes] of [...memories].slice(1, -1)) {
      const rest = Buffer.from(memory).subarray(bytes)
      expect(rest.length).toBeLessThan(1024)
      expect(rest.every(byte => byte === 0)).toBe(true)
    }
    expect(messages).toEqual(copies)
  })

  it('has memory of its own when it is long', () => {
    const message = writeMessage(headerTemplate(context, oneKey), dataKey, Buffer.alloc(100_000))
    expect(message.byteOffset).toBe(0)
    expect(message.buffer.byteLength).toBe(message.length)
  })

  it('stays where it is when a message beside it is transferred to another thread', () => {
    const [one, other] = [ours(), ours()]
    expect(one.buffer).toBe(other.buffer)
    const { port1, port2 } = new MessageChannel()
    try {
      port1.postMessage(other, [other.buffer as ArrayBuffer])
    } catch {
      // Newer versions of Node.js say that it cannot be done.
    }
    port1.close()
    port2.close()
    expect(read(one)).toEqual(plaintext)
    expect(read(other)).toEqual(plaintext)
  })
})

describe('a message header', () => {
  const withKeys = (hex: string) =>
    byHand(100, { encryptedDataKeys: Buffer.from(hex.replaceAll(' ', ''), 'hex') })

  it.each([
    ['no encrypted data key', withKeys('0000')],
    ['33 encrypted data keys', withKeys(`0021${'0001 61 0001 62 0001 63'.repeat(33)}`)],
    ['an empty provider id', withKeys('0001 0000 0001 62 0001 63')],
    ['empty provider information', withKeys('0001 0001 61 0000 0001 63')],
    ['an empty encrypted data key', withKeys('0001 0001 61 0001 62 0000')],
    ['an encrypted data key beyond the end', withKeys('0001 0001 61 0001 62 ffff')],
    [
      'a context longer than allowed',
      byHand(100, { context: Buffer.concat([Buffer.from('2001', 'hex'), Buffer.alloc(0x2001)]) }),
    ],
    ['65 pairs in its context', byHand(100, { context: Buffer.from('0002 0041'.replace(' ', ''), 'hex') })],
    ['more bytes than any item', Buffer.concat([byHand(100), Buffer.alloc(MAX_MESSAGE_BYTES)])],
  ])('with %s is malformed', (_name, message) => {
    expect(() => parseHeader(message)).toThrow(expect.objectContaining({ code: 'malformed-message' }))
  })

  it.each([
    ['content type 0', 0, 100],
    ['content type 3', 3, 100],
    ['frames of length 0', 2, 0],
    ['a frame length without frames', 1, 100],
  ])('with %s is malformed', (_name, contentType, frameLength) => {
    const message = ours()
    const position = 35 + context.length + oneKey.length
    message[position] = contentType
    message.writeUInt32BE(frameLength, position + 1)
    expect(() => parseHeader(message)).toThrow(expect.objectContaining({ code: 'malformed-message' }))
  })

  it('may have as many bytes as are allowed, and no more', () => {
    const most = Buffer.alloc(MAX_MESSAGE_BYTES - byHand(MAX_MESSAGE_BYTES).length + plaintext.length)
    const parts = { dataKey, context, encryptedDataKeys: oneKey }
    const message = writeByHand(parts, most, MAX_MESSAGE_BYTES)
    expect(message.length).toBe(MAX_MESSAGE_BYTES)
    expect(Buffer.compare(read(message), most)).toBe(0)
    expect(outcome(writeByHand(parts, Buffer.alloc(most.length + 1), MAX_MESSAGE_BYTES))).toBe(
      'malformed-message',
    )
  })

  it('may have 32 encrypted data keys', () => {
    expect(read(withKeys(`0020${'0001 61 0001 62 0001 63'.repeat(32)}`))).toEqual(plaintext)
  })
})

/** The different codes of fields that were all refused. */
function codes(fields: OpenedField[]): string[] {
  return [...new Set(fields.map(field => ('error' in field ? field.error.code : 'opened')))]
}

describe('a stored field', () => {
  const format = createFormat({ keyring: multiKeyring('a', 'bb') })
  let message: Uint8Array

  beforeAll(async () => {
    message = await sealOne(format, item({ S: 'secret' }))
  })

  it('is refused with one bit flipped anywhere', async () => {
    const places = Array.from({ length: message.length * 8 }, (_, bit) => {
      const damaged = Uint8Array.from(message)
      damaged[bit >> 3]! ^= 1 << (bit & 7)
      return item(damaged)
    })
    const fields = (await format.open(places)).flatMap(({ fields }) => fields)
    expect(fields).toHaveLength(message.length * 8)
    expect(REFUSALS).toEqual(expect.arrayContaining(codes(fields)))
  })

  it('is refused when cut at any byte', async () => {
    const places = Array.from(message, (_, length) => item(message.subarray(0, length)))
    const fields = (await format.open(places)).flatMap(({ fields }) => fields)
    expect(codes(fields)).toEqual(['not-a-message', 'malformed-message'])
  })

  it('is refused with bytes after it', async () => {
    const longer = Buffer.concat([message, Buffer.of(0)])
    expect((await refusal(format, item<Uint8Array>(longer))).code).toBe('malformed-message')
  })

  it('opens from any view of memory', async () => {
    const padded = new Uint8Array(message.length + 7)
    padded.set(message, 5)
    expect(await openOne(format, item(padded.subarray(5, 5 + message.length)))).toEqual({ S: 'secret' })
  })

  it.each([
    [
      'an unknown version',
      Buffer.concat([Buffer.of(2), Buffer.alloc(32), Buffer.of(0, 0)]),
      'unsupported-version',
    ],
    ['no content', Buffer.alloc(0), 'unsupported-version'],
    ['a version alone', Buffer.of(1), 'malformed-value'],
    ['another location', Buffer.concat([Buffer.of(1), Buffer.alloc(32), Buffer.of(0, 0)]), 'wrong-location'],
    [
      'a location alone',
      Buffer.concat([Buffer.of(1), locationHash('Customers', customer, ['ssn'])]),
      'malformed-value',
    ],
    [
      'bytes after the value',
      Buffer.concat([
        Buffer.of(1),
        locationHash('Customers', customer, ['ssn']),
        serializeValue({ NULL: true }),
        Buffer.of(0),
      ]),
      'malformed-value',
    ],
  ])('is refused with %s, though it is authentic', async (_name, content, code) => {
    const { result } = await clientNode.encrypt(rawKeyring('a'), content, {
      suiteId: 0x0478,
      encryptionContext: { 'dynaseal:table': 'Customers' },
    })
    expect((await refusal(format, item<Uint8Array>(result))).code).toBe(code)
  })
})

/** A message of one pair, whose context says that it is longer or shorter, or has another number of pairs. */
function withTable(table: string, key = 'dynaseal:table', longer = 0, count = 1): Buffer {
  const [name, value] = [Buffer.from(key, 'latin1'), Buffer.from(table, 'latin1')]
  const pair = Buffer.concat([u16(name.length), name, u16(value.length), value])
  return byHand(100, { context: Buffer.concat([u16(2 + pair.length + longer), u16(count), pair]) })
}

function u16(number: number): Buffer {
  return Buffer.of(number >> 8, number & 0xff)
}

describe('isMessage', () => {
  it('takes the contexts of these tests', () => {
    expect(isMessage(withTable('T'))).toBe(true)
    expect(isMessage(withTable('T', 'dynaseal:table', 0, 65))).toBe(true)
  })

  it('knows what we write', async () => {
    const contexts: Record<string, string>[] = [{}, { a: 'b' }, { zzz: 'b', 'dynaseal-table': 'c' }]
    for (const encryptionContext of contexts) {
      const format = createFormat({ keyring: rawKeyring(), encryptionContext })
      expect(isMessage(await sealOne(format, item({ S: '' })))).toBe(true)
    }
  })

  it.each([
    ['no bytes', new Uint8Array()],
    ['text', Buffer.from('hello, this is a text that is longer than the shortest message there could be')],
    ['a message without a table', byHand(100, { context: Buffer.from('0000', 'hex') })],
    [
      'a message of another context',
      byHand(100, { context: Buffer.from('000a 0001 0003 666f6f 0001 62'.replaceAll(' ', ''), 'hex') }),
    ],
    ['a message of another suite', Buffer.concat([Buffer.from('020378', 'hex'), byHand(100).subarray(3)])],
    ['a message of format 1', Buffer.concat([Buffer.from('01', 'hex'), byHand(100).subarray(1)])],
    ['no bytes at all', 'text' as unknown as Uint8Array],
    ['an array of bytes', Array.from(byHand(100)) as unknown as Uint8Array],
    ['a table that is no UTF-8', withTable('\xff\xff')],
    ['a table whose key goes on', withTable('T', 'dynaseal:tableX')],
    ['a table that ends beyond the context', withTable('Table', 'dynaseal:table', -1)],
    ['more pairs than a context may have', withTable('T', 'dynaseal:table', 0, 66)],
  ])('knows %s is none', (_name, bytes) => {
    expect(isMessage(bytes)).toBe(false)
  })

  it('knows a signed message, so that nobody takes it for a binary value', () => {
    expect(isMessage(Buffer.concat([Buffer.from('020578', 'hex'), byHand(100).subarray(3)]))).toBe(true)
  })

  it.each([
    ['01 80 0178', true],
    ['01 81 0178', false],
    ['03 80 0178', false],
    ['01 80 0179', false],
  ])('tells messages of format 1 by version, type and suite: %s', (start, expected) => {
    const bytes = Buffer.concat([Buffer.from(start.replaceAll(' ', ''), 'hex'), Buffer.alloc(16), context])
    expect(isMessage(bytes)).toBe(expected)
  })

  it('stays within the context', () => {
    const message = byHand(100)
    for (let length = 0; length < 35 + context.length; length++)
      expect(isMessage(message.subarray(0, length))).toBe(false)
    expect(isMessage(message.subarray(0, 35 + context.length))).toBe(true)
  })
})
