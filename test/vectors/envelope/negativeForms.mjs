import { content, message, utf8 } from '../writer.mjs'
import { another, goodFull, goodShort, home, refused, value } from './negative.mjs'
import { place } from './vector.mjs'
import { asFull, asShort, box, ENVELOPE, envelope, FULL, SHORT, start } from './writer.mjs'

/** Short and full fields are no good in each other's form. */
function otherForms() {
  const { attribute } = home
  const boxOf = (shape, seed = 'home') => box(seed, home, place, value, shape)
  const withStart = (bytes, start) => Buffer.concat([Buffer.from(start, 'hex'), bytes])
  const shapes = ['00', '01', '02', '12', '1f', '23', '24', '42', 'ff']
  return [
    refused('a short field made full', 'not-authentic', null, asFull(home, boxOf(SHORT))),
    refused('a full field made short', 'not-authentic', attribute, asShort(home, boxOf(FULL))),
    refused(
      "a box of an envelope's shape, short",
      'not-authentic',
      attribute,
      asShort(home, boxOf(ENVELOPE)),
    ),
    refused("a box of an envelope's shape, full", 'not-authentic', null, asFull(home, boxOf(ENVELOPE))),
    ...shapes.flatMap(shape => [
      refused(
        `shape ${shape}, short`,
        'unsupported-version',
        attribute,
        withStart(goodShort.subarray(3), `da5e${shape}`),
      ),
      refused(
        `shape ${shape}, full`,
        'unsupported-version',
        null,
        withStart(goodFull.subarray(3), `da5e${shape}`),
      ),
    ]),
    refused('shape ff, and no more', 'unsupported-version', attribute, Buffer.from('da5eff', 'hex')),
    refused('first bytes da5f', 'not-a-message', attribute, withStart(goodShort.subarray(2), 'da5f')),
    refused('first bytes 5eda', 'not-a-message', attribute, withStart(goodShort.subarray(2), '5eda')),
    refused('a byte before the field', 'not-a-message', attribute, withStart(goodShort, '00')),
    refused('a short field in hexadecimal', 'not-a-message', attribute, utf8(goodShort.toString('hex'))),
    refused('a short field in base64', 'not-a-message', attribute, utf8(goodShort.toString('base64'))),
    refused('plaintext', 'not-a-message', attribute, utf8('4111 1111 1111 1111')),
    refused('an envelope as a field', 'malformed-message', attribute, attribute),
    refused(
      'an envelope and a box as a field',
      'malformed-message',
      attribute,
      Buffer.concat([attribute, boxOf(FULL)]),
    ),
    refused(
      'an envelope with a third byte of a short field',
      'wrong-envelope',
      attribute,
      withStart(attribute.subarray(3), 'da5e21'),
    ),
    refused('a box alone', 'not-a-message', attribute, boxOf(SHORT)),
  ]
}

/** A short field beside an envelope that is not its own, or is none. */
function otherEnvelopes() {
  const beside = (name, error, envelope, field = goodShort) => refused(name, error, envelope, field)
  const forged = Buffer.concat([start(SHORT), another.commitment.subarray(0, 3), goodShort.subarray(6)])
  const malformed = {
    'an empty envelope': Buffer.alloc(0),
    'an envelope without its first bytes': home.bytes,
    'an envelope of other first bytes': Buffer.concat([Buffer.from('da5f20', 'hex'), home.bytes]),
    "an envelope of a full field's shape": Buffer.concat([start(FULL), home.bytes]),
    'an envelope of an unknown shape': Buffer.concat([start(0x23), home.bytes]),
    'first bytes as an envelope': start(ENVELOPE),
    'two envelopes': Buffer.concat([home.attribute, home.attribute]),
    'an envelope, and another without its first bytes': Buffer.concat([home.attribute, another.bytes]),
    'a full field as an envelope': goodFull,
    'a short field as an envelope': goodShort,
    'a message as an envelope': message('as envelope', place, content(place, { S: 'v' })).bytes,
    'plaintext as an envelope': utf8('4111 1111 1111 1111'),
    'an envelope in base64': utf8(home.attribute.toString('base64')),
  }
  return [
    beside('no envelope', 'missing-envelope', null),
    refused('no envelope, and read from another place', 'missing-envelope', null, goodShort, {
      table: 'Orders',
    }),
    beside(
      'no envelope, and a short field that is cut',
      'malformed-message',
      null,
      goodShort.subarray(0, 20),
    ),
    ...Object.entries(malformed).map(([name, bytes]) => beside(name, 'malformed-message', bytes)),
    refused('two envelopes, of another context', 'malformed-message', malformed['two envelopes'], goodShort, {
      table: 'Orders',
    }),
    beside(
      'a cut field beside two envelopes',
      'malformed-message',
      malformed['two envelopes'],
      goodShort.subarray(0, 20),
    ),
    beside('the envelope of another data key', 'wrong-envelope', another.attribute),
    beside(
      'the envelope of another data key, which cannot be had',
      'wrong-envelope',
      envelope('unreadable', { ...place, keys: wrap => [wrap('second')] }).attribute,
    ),
    beside(
      'the envelope of another data key and context',
      'wrong-context',
      envelope('orders', { table: 'Orders' }).attribute,
    ),
    beside('another envelope, and an envelope tag that fits', 'not-authentic', another.attribute, forged),
    beside(
      'a full field whose envelope is beside it',
      'malformed-message',
      home.attribute,
      Buffer.concat([start(FULL), goodFull.subarray(3 + home.bytes.length)]),
    ),
    beside(
      'a full field of another envelope',
      'not-authentic',
      home.attribute,
      Buffer.concat([start(FULL), another.bytes, goodFull.subarray(3 + home.bytes.length)]),
    ),
    beside(
      'a full field of two envelopes',
      'not-authentic',
      null,
      Buffer.concat([start(FULL), home.bytes, home.bytes, goodFull.subarray(3 + home.bytes.length)]),
    ),
    beside(
      "a full field whose envelope has the attribute's first bytes",
      'malformed-message',
      null,
      Buffer.concat([start(FULL), home.attribute, goodFull.subarray(3 + home.bytes.length)]),
    ),
  ]
}

/** In another form, or beside another envelope, than they were sealed in. */
export const negativeForms = () => [...otherForms(), ...otherEnvelopes()]
