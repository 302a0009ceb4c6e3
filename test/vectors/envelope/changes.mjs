// Good fields and envelopes, each byte of which is changed in turn, at each length of which they are cut.

import { serialize } from '../writer.mjs'
import { hex, place } from './vector.mjs'
import { asFull, asShort, box, envelope, FULL, SHORT } from './writer.mjs'

const BITS = [0x01, 0x02, 0x04, 0x08, 0x10, 0x20, 0x40, 0x80]
const BOX = 12 + 2 + 16

/** Puts parts, each `[bytes, error]` or `[bytes, [xor, error]...]`, behind each other as ranges of changed bytes. */
function ranges(target, parts) {
  let from = 0
  return parts.flatMap(([bytes, ...errors]) => {
    const to = from + bytes
    const found = errors.map(error => {
      const [xor, code] = Array.isArray(error) ? error : [BITS, error]
      return { target, from, to, xor, error: code }
    })
    from = to
    return found
  })
}

/** The parts of an envelope. `left` are the bytes behind its encrypted data keys, which a wrong length eats. */
function envelopeParts({ keys }, { left, end, lost }) {
  const partsOf = ([id, information, ciphertext], index) => {
    const code = lost(index)
    const last = index === keys.length - 1
    return [
      [2, 'malformed-message'],
      [id.length - 2, code],
      [2, 'malformed-message'],
      [information.length - 2, code],
      [1, 'malformed-message'],
      [1, ...(last ? ciphertextLength(ciphertext.length - 2, left, end, code) : ['malformed-message'])],
      [ciphertext.length - 2, code],
    ]
  }
  return [[4, 'wrong-context'], [2, 'malformed-message'], ...keys.flatMap(partsOf)]
}

/**
 * The length of the last ciphertext moves the commitment and the end of the envelope. Where a field has its envelope
 * inside, and enough is left for a box, nothing tells that from another ciphertext: the keyring has to.
 */
function ciphertextLength(length, left, end, code) {
  if (end) return ['malformed-message']
  return BITS.map(bit => {
    const changed = length ^ bit
    return [[bit], changed > 0 && left - (changed - length) >= 32 + BOX ? code : 'malformed-message']
  })
}

/** A base, and what becomes of it. */
function changed(name, { field, envelope, value }, { flipped, cut, appended }) {
  const { table, key, path } = place
  return {
    name,
    table,
    key,
    path,
    encryptionContext: {},
    envelope: envelope && hex(envelope),
    field: hex(field),
    value,
    flipped,
    cut,
    appended,
  }
}

const VALUE = { S: 'value' }

function shortField(name, keys, lost) {
  const of = envelope(name, { ...place, keys })
  const field = asShort(of, box(name, of, place, serialize(VALUE), SHORT))
  return changed(
    name,
    { field, envelope: of.attribute, value: VALUE },
    {
      flipped: [
        ...ranges('field', [
          [2, 'not-a-message'],
          [
            1,
            [[0x01], 'malformed-message'], // an envelope
            [[0x03], 'malformed-message'], // a full field
            [BITS.slice(1), 'unsupported-version'],
          ],
          [3, 'wrong-envelope'],
          [field.length - 6, 'not-authentic'],
        ]),
        ...ranges('envelope', [
          [3, 'malformed-message'],
          ...envelopeParts(of, { end: true, lost }),
          [3, 'wrong-envelope'],
          [29, 'not-authentic'],
        ]),
      ],
      cut: [
        { target: 'field', from: 0, to: 2, error: 'not-a-message' },
        { target: 'field', from: 2, to: 6 + BOX, error: 'malformed-message' },
        { target: 'field', from: 6 + BOX, to: field.length, error: 'not-authentic' },
        { target: 'envelope', from: 0, to: of.attribute.length, error: 'malformed-message' },
      ],
      appended: [
        { target: 'field', bytes: '00', error: 'not-authentic' },
        { target: 'field', bytes: hex(field), error: 'not-authentic' },
        { target: 'envelope', bytes: '00', error: 'malformed-message' },
      ],
    },
  )
}

function fullField(name, keys, lost) {
  const of = envelope(name, { ...place, keys })
  const sealed = box(name, of, place, serialize(VALUE), FULL)
  const field = asFull(of, sealed)
  const end = field.length - sealed.length
  return changed(
    name,
    { field, envelope: null, value: VALUE },
    {
      flipped: ranges('field', [
        [2, 'not-a-message'],
        [
          1,
          [[0x02], 'malformed-message'], // an envelope
          [[0x03], 'missing-envelope'], // a short field
          [BITS.filter(bit => bit !== 0x02), 'unsupported-version'],
        ],
        ...envelopeParts(of, { end: false, left: 32 + sealed.length, lost }),
        [32 + sealed.length, 'not-authentic'],
      ]),
      cut: [
        { target: 'field', from: 0, to: 2, error: 'not-a-message' },
        { target: 'field', from: 2, to: end + BOX, error: 'malformed-message' },
        { target: 'field', from: end + BOX, to: field.length, error: 'not-authentic' },
      ],
      appended: [
        { target: 'field', bytes: '00', error: 'not-authentic' },
        { target: 'field', bytes: hex(field), error: 'not-authentic' },
      ],
    },
  )
}

export function changes() {
  const one = wrap => [wrap('first')]
  const two = wrap => [wrap('first'), wrap('second')]
  // The keyring finds what befell the one that it opens, and the commitment what befell another.
  const lost = index => (index === 0 ? 'key-unavailable' : 'not-authentic')
  return [
    shortField('short field, changed', one, lost),
    fullField('full field, changed', one, lost),
    shortField('short field of two encrypted data keys, changed', two, lost),
    fullField('full field of two encrypted data keys, changed', two, lost),
  ]
}
