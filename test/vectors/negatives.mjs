import { messageOfFormat1 } from './format1.mjs'
import { content, location, message, serialize, sized, u16, u32, utf8 } from './writer.mjs'

const place = {
  table: 'Customers',
  key: { id: { S: 'customer-1' }, sort: { N: '7' } },
  path: ['cards', 0, 'number'],
}
const plain = content(place, { S: 'value' })

/** Everything a reader needs, and the error it must report. */
function vector(name, error, bytes, overrides = {}) {
  const { table, key, path, encryptionContext } = { ...place, encryptionContext: {}, ...overrides }
  return { name, error, table, key, path, encryptionContext, message: bytes.toString('base64') }
}

/** The message is good, but is read from somewhere else. */
function moved() {
  const bytes = message('moved', place, plain).bytes
  const wrongLocation = [
    ['another item', { key: { id: { S: 'customer-2' }, sort: { N: '7' } } }],
    ['another sort key', { key: { id: { S: 'customer-1' }, sort: { N: '8' } } }],
    ['a key attribute of another type', { key: { id: { S: 'customer-1' }, sort: { S: '7' } } }],
    ['a key attribute of another name', { key: { id: { S: 'customer-1' }, sorted: { N: '7' } } }],
    ['fewer key attributes', { key: { id: { S: 'customer-1' } } }],
    ['another attribute', { path: ['accounts', 0, 'number'] }],
    ['another map key', { path: ['cards', 0, 'code'] }],
    ['the list element', { path: ['cards', 0] }],
    ['a map key in place of the position', { path: ['cards', '0', 'number'] }],
  ]
  const wrongContext = [
    ['another table', { table: 'Orders' }],
    ['a context with a pair more', { encryptionContext: { tenant: 'acme' } }],
  ]
  const tenant = message('tenant', { ...place, encryptionContext: { tenant: 'acme' } }, plain).bytes
  return [
    ...wrongLocation.map(([name, overrides]) =>
      vector(`moved to ${name}`, 'wrong-location', bytes, overrides),
    ),
    ...wrongContext.map(([name, overrides]) => vector(`moved to ${name}`, 'wrong-context', bytes, overrides)),
    vector('context with a pair less', 'wrong-context', tenant),
    vector('context with another value', 'wrong-context', tenant, { encryptionContext: { tenant: 'Acme' } }),
  ]
}

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
    ...parts.map(([part, error]) => {
      const damaged = Buffer.from(bytes)
      damaged[offsets[part]] ^= 0x80
      return vector(`bit flipped in the ${part}`, error, damaged)
    }),
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
    tooLong(),
  ]
}

/** A binary value in one frame; the ciphertext of most of it is zero, so that it is short to write down. */
function tooLong() {
  const start = content(place, { B: '' })
  const zeros = 524_289 - message('524,289 bytes', place, start).bytes.length
  const { bytes, offsets } = message('524,289 bytes', { ...place, zeros }, start)
  const prefix = bytes.subarray(0, offsets.ciphertext + start.length)
  return {
    ...vector('524,289 bytes', 'malformed-message', Buffer.alloc(0)),
    message: {
      prefix: prefix.toString('base64'),
      zeros,
      suffix: bytes.subarray(prefix.length + zeros).toString('base64'),
    },
  }
}

/** Authentic, but with a content that no writer of this format makes. */
function forged() {
  const head = Buffer.concat([Buffer.of(1), location(place)])
  const withContent = (name, error, plaintext) => vector(name, error, message(name, place, plaintext).bytes)
  const withValue = (name, ...parts) => withContent(name, 'malformed-value', Buffer.concat([head, ...parts]))
  const value = hex => Buffer.from(hex.replaceAll(' ', ''), 'hex')
  const nested = (depth, wrap) => (depth === 0 ? { NULL: true } : wrap(nested(depth - 1, wrap)))
  return [
    withContent('content version 0', 'unsupported-version', Buffer.concat([Buffer.of(0), plain.subarray(1)])),
    withContent('content version 2', 'unsupported-version', Buffer.concat([Buffer.of(2), plain.subarray(1)])),
    withContent('location with another first bit', 'wrong-location', flip(plain, 1, 0x80)),
    withContent('location with another last bit', 'wrong-location', flip(plain, 32, 0x01)),
    withContent('no content', 'unsupported-version', Buffer.alloc(0)),
    withContent('a location alone', 'malformed-value', head),
    withContent('half a location', 'malformed-value', head.subarray(0, 20)),
    withContent('half a type id', 'malformed-value', Buffer.concat([head, Buffer.of(0)])),
    withValue('unknown type id', value('0003')),
    withValue('bytes after a null', value('0000 00')),
    withValue('bytes after a map', serialize({ M: {} }), Buffer.of(0)),
    withValue('boolean 2', value('0004 02')),
    withValue('boolean without content', value('0004')),
    withValue('string of invalid UTF-8', value('0001 ff')),
    withValue('string with an encoded surrogate', value('0001 eda080')),
    withValue('string with an overlong form', value('0001 c080')),
    withValue('number with an exponent', u16(2), utf8('1E1')),
    withValue('number with a trailing zero', u16(2), utf8('1.0')),
    withValue('number with a leading zero', u16(2), utf8('01')),
    withValue('number with a plus sign', u16(2), utf8('+1')),
    withValue('negative zero', u16(2), utf8('-0')),
    withValue('number of 39 digits', u16(2), utf8('1'.repeat(39))),
    withValue('number that is too large', u16(2), utf8(`1${'0'.repeat(126)}`)),
    withValue('number that is too small', u16(2), utf8(`0.${'0'.repeat(130)}1`)),
    withValue('empty number', u16(2)),
    withValue('empty set', value('0101 00000000')),
    withValue('duplicate in a string set', serialize({ SS: ['a', 'a'] })),
    withValue('duplicate in a number set', serialize({ NS: ['1', '1'] })),
    withValue('duplicate in a binary set', serialize({ BS: ['AA==', 'AA=='] })),
    withValue('string set in the wrong order', serialize({ SS: ['b', 'a'] })),
    withValue('string set in UTF-8 order', serialize({ SS: ['\uff61', '𐀂'] })),
    withValue('number set in numeric order', serialize({ NS: ['9', '10'] })),
    withValue('binary set in the wrong order', serialize({ BS: ['/w==', 'AA=='] })),
    withValue('set count too large', value('0101 00000002'), sized(utf8('a'))),
    withValue('set count too small', value('0101 00000001'), sized(utf8('a')), sized(utf8('b'))),
    withValue('set member of huge length', value('0101 00000001 ffffffff 61')),
    withValue('map in the wrong order', serialize({ M: { b: { NULL: true }, a: { NULL: true } } })),
    withValue('map in UTF-8 order', serialize({ M: { '\uff61': { NULL: true }, 𐀂: { NULL: true } } })),
    withValue(
      'duplicate map key',
      value('0200 00000002 0001 00000001 61 0000 00000000 0001 00000001 61 0000 00000000'),
    ),
    withValue('empty map key', serialize({ M: { '': { NULL: true } } })),
    withValue('map key that is a number', value('0200 00000001 0002 00000001 31 0000 00000000')),
    withValue('list count of four billion', value('0300 ffffffff')),
    withValue('nested value longer than its length', value('0300 00000001 0004 00000000 01')),
    withValue('nested value shorter than its length', value('0300 00000001 0004 00000002 0100')),
    withValue('33 nested lists', serialize(nested(33, inner => ({ L: [inner] })))),
    withValue('33 nested maps', serialize(nested(33, inner => ({ M: { k: inner } })))),
  ]
}

function other() {
  return [
    vector('format 1, without key commitment', 'unsupported-suite', messageOfFormat1('format 1', place, plain)),
    vector('no bytes', 'not-a-message', Buffer.alloc(0)),
    vector('plaintext', 'not-a-message', utf8('4111 1111 1111 1111')),
    vector(
      'message in base64',
      'not-a-message',
      utf8(message('base64', place, plain).bytes.toString('base64')),
    ),
  ]
}

function flip(bytes, offset, bit) {
  return replaced(bytes, offset, Buffer.of(bytes[offset] ^ bit))
}

function replaced(bytes, offset, part) {
  return Buffer.concat([bytes.subarray(0, offset), part, bytes.subarray(offset + part.length)])
}

export function negatives() {
  return [...moved(), ...truncated(), ...flipped(), ...reordered(), ...beyondLimits(), ...forged(), ...other()]
}
