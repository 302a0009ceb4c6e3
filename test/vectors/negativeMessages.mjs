import { messageOfFormat1, SUITE_OFFSET, SUITES_OF_FORMAT1 } from './format1.mjs'
import { flip, place, plain, replaced, vector } from './negative.mjs'
import { content, message, serializeContext, u16, u32, utf8 } from './writer.mjs'

/** Cut or extended. */
function truncated() {
  const { bytes, offsets } = message('truncated', place, plain)
  const cuts = Object.entries(offsets).map(([part, offset]) =>
    vector(
      `cut before the ${part}`,
      offset < 3 ? 'not-a-message' : 'malformed-message',
      bytes.subarray(0, offset),
    ),
  )
  return [
    ...cuts,
    vector('cut in the tag', 'malformed-message', bytes.subarray(0, -1)),
    vector('a byte after the message', 'malformed-message', Buffer.concat([bytes, Buffer.of(0)])),
    vector('the message twice', 'malformed-message', Buffer.concat([bytes, bytes])),
  ]
}

/** One bit flipped, in each part where that leaves a well-formed message. */
function flipped() {
  const { bytes, offsets } = message('flipped', place, plain)
  const parts = [
    ['version', 'not-a-message'],
    ['suite', 'not-a-message'],
    ['message id', 'not-authentic'],
    ['commitment', 'not-authentic'],
    ['header tag', 'not-authentic'],
    ['IV', 'not-authentic'],
    ['ciphertext', 'not-authentic'],
    ['tag', 'not-authentic'],
  ]
  const signed = Buffer.concat([bytes.subarray(0, 1), Buffer.of(5), bytes.subarray(2)])
  return [
    ...parts.map(([part, error]) =>
      vector(`bit flipped in the ${part}`, error, flip(bytes, offsets[part], 0x80)),
    ),
    vector('suite 0578', 'unsupported-suite', signed),
    vector(
      'another sequence number',
      'malformed-message',
      replaced(bytes, offsets['sequence number'], u32(2)),
    ),
    vector(
      'another content type',
      'malformed-message',
      replaced(bytes, offsets['content type'], Buffer.of(3)),
    ),
    vector('frame length zero', 'malformed-message', replaced(bytes, offsets['frame length'], u32(0))),
    vector('another frame length', 'not-authentic', replaced(bytes, offsets['frame length'], u32(0x70000))),
    vector(
      'no encrypted data keys',
      'malformed-message',
      replaced(bytes, offsets['encrypted data key count'], u16(0)),
    ),
  ]
}

/** The header's tag is right, so that nothing but the comparison can find it. */
function miscommitted() {
  const other = (name, changeCommitment) =>
    vector(name, 'not-authentic', message(name, { ...place, changeCommitment }, plain).bytes)
  return [
    other('commitment of another first bit, and a tag over it', bytes => flip(bytes, 0, 0x80)),
    other('commitment of another last bit, and a tag over it', bytes => flip(bytes, 31, 0x01)),
    other('commitment of zeros, and a tag over it', bytes => Buffer.alloc(bytes.length)),
  ]
}

/** Bodies of other forms than one final frame, damaged. */
function otherBodies() {
  const framed = message('framed', { ...place, frameLength: 10 }, plain)
  const unframed = message('unframed', { ...place, frameLength: 0 }, plain)
  const flips = (what, { bytes, offsets }) =>
    ['IV', 'ciphertext', 'tag'].map(part =>
      vector(`bit flipped in the ${part} ${what}`, 'not-authentic', flip(bytes, offsets[part], 0x80)),
    )
  const { bytes, offsets } = unframed
  const length = offsets['content length']
  return [
    ...flips('of a frame', framed),
    ...flips('of an unframed body', unframed),
    ...[0, 3].map(type =>
      vector(
        `unframed, of content type ${type}`,
        'malformed-message',
        replaced(bytes, offsets['content type'], Buffer.of(type)),
      ),
    ),
    vector('unframed, cut in the tag', 'malformed-message', bytes.subarray(0, -1)),
    vector('unframed, cut before the IV', 'malformed-message', bytes.subarray(0, offsets.IV)),
    vector('unframed, and a byte more', 'malformed-message', Buffer.concat([bytes, Buffer.of(0)])),
    vector('unframed, of a huge length', 'malformed-message', replaced(bytes, length, Buffer.of(0xff))),
    vector('unframed, of 4 GB more', 'malformed-message', replaced(bytes, length + 3, Buffer.of(1))),
    vector(
      'unframed, of one byte less',
      'malformed-message',
      flip(bytes, length + 7, plain.length ^ (plain.length - 1)),
    ),
  ]
}

/** Frames of one message in another order, or of two messages mixed. */
function reordered() {
  const { bytes, offsets } = message('reordered', { ...place, frameLength: 10 }, plain)
  const start = offsets['sequence number']
  const frame = 4 + 12 + 10 + 16
  const header = bytes.subarray(0, start)
  const first = bytes.subarray(start, start + frame)
  const second = bytes.subarray(start + frame, start + 2 * frame)
  const rest = bytes.subarray(start + 2 * frame)
  return [
    vector('frames in another order', 'malformed-message', Buffer.concat([header, second, first, rest])),
    vector('a frame left out', 'malformed-message', Buffer.concat([header, first, rest])),
    vector('a frame twice', 'malformed-message', Buffer.concat([header, first, first, second, rest])),
    vector(
      'final frame longer than its frames',
      'malformed-message',
      message('long frame', { ...place, statedFrameLength: 10 }, plain).bytes,
    ),
    vector(
      'unframed with a frame length',
      'malformed-message',
      message('stated', { ...place, frameLength: 0, statedFrameLength: 10 }, plain).bytes,
    ),
    vector('no final frame', 'malformed-message', Buffer.concat([header, first, second])),
  ]
}

/** Authentic, and refused for what its header has, or has too much of. */
function beyondLimits() {
  const name = utf8('dynaseal-vectors')
  const withForm = (what, form, plaintext = plain) =>
    vector(what, 'malformed-message', message(what, { ...place, ...form }, plaintext).bytes)
  const pairs = Object.fromEntries(Array.from({ length: 64 }, (_, index) => [`key-${index}`, 'value']))
  const large = { large: 'x'.repeat(8193 - 2 - 4 - 'dynaseal:tableCustomers'.length - 4 - 'large'.length) }
  return [
    withForm('zero encrypted data keys', { keyNames: [] }),
    withForm('an empty provider id', { moreKeys: [[Buffer.alloc(0), name, name]] }),
    withForm('empty provider information', { moreKeys: [[name, Buffer.alloc(0), name]] }),
    withForm('an empty encrypted data key', { moreKeys: [[name, name, Buffer.alloc(0)]] }),
    withForm('an encrypted data key of empty parts', { moreKeys: [Array(3).fill(Buffer.alloc(0))] }),
    withForm('33 encrypted data keys', { keyNames: Array(33).fill('first') }),
    withForm('context of 65 pairs', { encryptionContext: pairs }),
    withForm('context of 8,193 bytes', { encryptionContext: large }),
    withForm('frames of length zero, and an empty content', { statedFrameLength: 0 }, Buffer.alloc(0)),
    long('524,289 bytes', 'malformed-message', 524_289),
    // As long as may be, so that its tag is what is wrong with it.
    long('bit flipped in the tag of 524,288 bytes', 'not-authentic', 524_288, bytes =>
      flip(bytes, 524_287, 1),
    ),
  ]
}

/** A binary value in one frame; the ciphertext of most of it is zero, so that it is short to write down. */
function long(name, error, size, change = bytes => bytes) {
  const start = content(place, { B: '' })
  const zeros = size - message(name, place, start).bytes.length
  const made = message(name, { ...place, zeros }, start)
  const bytes = change(made.bytes)
  const prefix = bytes.subarray(0, made.offsets.ciphertext + start.length)
  return {
    ...vector(name, error, Buffer.alloc(0)),
    message: {
      prefix: prefix.toString('base64'),
      zeros,
      suffix: bytes.subarray(prefix.length + zeros).toString('base64'),
    },
  }
}

/** The message is authentic, and its context differs from the expected one in its bytes. */
function otherContexts() {
  const expected = serializeContext({ 'dynaseal:table': place.table })
  const pair = expected.subarray(2)
  const contexts = [
    ['no context', Buffer.alloc(0)],
    ['a context of one byte', Buffer.alloc(1)],
    ['a context without pairs', u16(0)],
    ['a context with a byte more', Buffer.concat([expected, Buffer.of(0)])],
    ['a context with a byte less', expected.subarray(0, -1)],
    ['a context that counts a pair too many', Buffer.concat([u16(2), pair])],
    ['a context with its pair twice', Buffer.concat([u16(2), pair, pair])],
    ['a context whose value is invalid UTF-8', replaced(expected, expected.length - 1, Buffer.of(0xff))],
    [
      'a context whose value is longer than it',
      replaced(expected, expected.length - place.table.length - 2, u16(0xffff)),
    ],
  ]
  const tenant = { tenant: 'acme' }
  const sorted = serializeContext({ ...tenant, 'dynaseal:table': place.table })
  const unsorted = Buffer.concat([u16(2), sorted.subarray(2 + pair.length), pair])
  const unreadable = message('unreadable', { ...place, keyNames: ['second'] }, plain).bytes
  return [
    ...contexts.map(([name, context]) =>
      vector(name, 'wrong-context', message(name, { ...place, context }, plain).bytes),
    ),
    vector(
      'a context whose pairs descend',
      'wrong-context',
      message('descending', { ...place, context: unsorted }, plain).bytes,
      { encryptionContext: tenant },
    ),
    // The context is compared before a data key is asked for.
    vector('another table, and no data key', 'wrong-context', unreadable, { table: 'Orders' }),
  ]
}

/** The keyring is one for the first wrapping key alone. */
function withoutDataKey() {
  const unavailable = (name, form) =>
    vector(name, 'key-unavailable', message(name, { ...place, ...form }, plain).bytes)
  return [
    unavailable('an encrypted data key for another wrapping key', { keyNames: ['second'] }),
    unavailable('an encrypted data key that does not decrypt', { damagedKeyNames: ['first'], keyNames: [] }),
    unavailable('a data key of 16 bytes', { dataKeyLength: 16 }),
  ]
}

function ofOtherFormats() {
  const format1 = messageOfFormat1('format 1', place, plain)
  const ofSuite = suite => replaced(format1, SUITE_OFFSET, u16(suite))
  const named = suite => suite.toString(16).padStart(4, '0')
  const { bytes } = message('format 2', place, plain)
  return [
    vector('format 1, without key commitment', 'unsupported-suite', format1),
    ...SUITES_OF_FORMAT1.map(suite =>
      vector(`format 1, suite ${named(suite)}`, 'unsupported-suite', ofSuite(suite)),
    ),
    ...[0x0478, 0x0578, 0x0179].map(suite =>
      vector(`format 1, suite ${named(suite)}`, 'not-a-message', ofSuite(suite)),
    ),
    vector('format 1, another type', 'not-a-message', replaced(format1, 1, Buffer.of(0x81))),
    vector('format 2, suite 0378', 'not-a-message', replaced(bytes, 1, u16(0x0378))),
    vector('no bytes', 'not-a-message', Buffer.alloc(0)),
    vector('plaintext', 'not-a-message', utf8('4111 1111 1111 1111')),
    vector(
      'message in base64',
      'not-a-message',
      utf8(message('base64', place, plain).bytes.toString('base64')),
    ),
  ]
}

/** Refused for what the message is, whatever it protects. */
export function negativeMessages() {
  return [
    ...truncated(),
    ...flipped(),
    ...miscommitted(),
    ...otherBodies(),
    ...reordered(),
    ...beyondLimits(),
    ...otherContexts(),
    ...withoutDataKey(),
    ...ofOtherFormats(),
  ]
}
