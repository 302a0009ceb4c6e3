import { malformedValues } from './malformedValues.mjs'
import { flip, place, plain, vector } from './negative.mjs'
import { location, message } from './writer.mjs'

/** Authentic, but with a content that no writer of this format makes. */
export function negativeContents() {
  const head = Buffer.concat([Buffer.of(1), location(place)])
  const withContent = (name, error, plaintext) => vector(name, error, message(name, place, plaintext).bytes)
  return [
    withContent('content version 0', 'unsupported-version', Buffer.concat([Buffer.of(0), plain.subarray(1)])),
    withContent('content version 2', 'unsupported-version', Buffer.concat([Buffer.of(2), plain.subarray(1)])),
    withContent('location with another first bit', 'wrong-location', flip(plain, 1, 0x80)),
    withContent('location with another last bit', 'wrong-location', flip(plain, 32, 0x01)),
    withContent('no content', 'unsupported-version', Buffer.alloc(0)),
    withContent('a location alone', 'malformed-value', head),
    withContent('half a location', 'malformed-value', head.subarray(0, 20)),
    withContent('half a type id', 'malformed-value', Buffer.concat([head, Buffer.of(0)])),
    ...malformedValues().map(([name, bytes]) =>
      withContent(name, 'malformed-value', Buffer.concat([head, bytes])),
    ),
  ]
}
