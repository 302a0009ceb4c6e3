import { malformedValues } from '../malformedValues.mjs'
import { serialize } from '../writer.mjs'
import { goodShort, home, refused, value } from './negative.mjs'
import { hex, item, place } from './vector.mjs'
import { box, ENVELOPE, envelope, FULL, full, SHORT, short, start } from './writer.mjs'

/** No type id, or half of one. They are authentic. */
function withoutValue() {
  const of = (make, form, envelope) =>
    [0, 1].map(length =>
      refused(
        `a plaintext of ${length} bytes, ${form}`,
        'malformed-message',
        envelope,
        make(`${length} bytes`, home, place, value.subarray(0, length)),
      ),
    )
  return [...of(short, 'short', home.attribute), ...of(full, 'full', null)]
}

/** Binary values whose ciphertexts are zeros but for the type id, so that they are short to write down. */
function long() {
  const start = serialize({ B: '' })
  const ofLength = (make, size) => {
    const length = size - make('long', home, place, Buffer.alloc(0)).length
    const shape = make === short ? SHORT : FULL
    const keystream = box('long', home, place, Buffer.alloc(length), shape).subarray(12, -16)
    return make('long', home, place, Buffer.concat([start, keystream.subarray(2)]))
  }
  const flipLast = bytes => Buffer.concat([bytes.subarray(0, -1), Buffer.of(bytes.at(-1) ^ 1)])
  return [
    refused('524,289 bytes, short', 'malformed-message', home.attribute, ofLength(short, 524_289)),
    refused('524,289 bytes, full', 'malformed-message', null, ofLength(full, 524_289)),
    // As long as may be, so that the tag is what is wrong.
    refused(
      'bit flipped in the tag of 524,288 bytes, short',
      'not-authentic',
      home.attribute,
      flipLast(ofLength(short, 524_288)),
    ),
    refused(
      'bit flipped in the tag of 524,288 bytes, full',
      'not-authentic',
      null,
      flipLast(ofLength(full, 524_288)),
    ),
  ]
}

/** Authentic, but no value that a writer of this format serializes. Each in an attribute of its name. */
function withMalformedValues() {
  const fields = make =>
    malformedValues().map(([name, bytes]) => ({
      path: [name],
      field: hex(make('malformed values', home, { ...place, path: [name] }, bytes)),
      error: 'malformed-value',
    }))
  return [
    item('values that are not canonical, in short fields', {}, home.attribute, fields(short)),
    item('values that are not canonical, in full fields', {}, null, fields(full)),
  ]
}

/** What is refused does not keep the rest of its item from being opened. */
function besideGoodFields() {
  const at = path => ({ ...place, path })
  const opens = (make, of, path) => ({
    path,
    field: hex(make('beside', of, at(path), value)),
    value: { S: 'value' },
  })
  const second = envelope('update', place)
  const changed = Buffer.concat([
    start(ENVELOPE),
    home.bytes.subarray(0, -1),
    Buffer.of(home.bytes.at(-1) ^ 1),
  ])
  return [
    item('good fields beside one that was changed', {}, home.attribute, [
      opens(short, home, ['secret']),
      { path: ['broken'], field: hex(goodShort), error: 'not-authentic' },
      opens(full, second, ['profile', 'secret']),
    ]),
    item('full fields beside short ones without their envelope', {}, null, [
      {
        path: ['secret'],
        field: hex(short('beside', home, at(['secret']), value)),
        error: 'missing-envelope',
      },
      opens(full, second, ['profile', 'secret']),
      opens(full, home, ['profile', 'other']),
    ]),
    item('full fields beside an envelope that was changed', {}, changed, [
      { path: ['secret'], field: hex(short('beside', home, at(['secret']), value)), error: 'not-authentic' },
      opens(full, second, ['profile', 'secret']),
      opens(full, home, ['profile', 'other']),
    ]),
  ]
}

/** Refused for what the field has, whatever its place and its envelope. */
export const negativeFields = () => [
  ...withoutValue(),
  ...long(),
  ...withMalformedValues(),
  ...besideGoodFields(),
]
