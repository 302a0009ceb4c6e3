import { sized16, utf8 } from '../writer.mjs'
import { damaged, keysOfLength, zeroKey } from './encryptedDataKeys.mjs'
import { another, both } from './negative.mjs'
import { place } from './vector.mjs'
import { envelope } from './writer.mjs'

/** The data key is the keyring's, and is not that of the commitment. */
function miscommitted() {
  const of = (name, options) => both(name, 'not-authentic', envelope(name, { ...place, ...options }))
  const flipped = (bytes, at, bit) =>
    Buffer.from(bytes.map((byte, index) => (index === at ? byte ^ bit : byte)))
  const two = wrap => [wrap('first'), wrap('second')]
  return [
    ...of('commitment of another first bit', { committed: bytes => flipped(bytes, 0, 0x80) }),
    ...of('commitment of another fourth byte', { committed: bytes => flipped(bytes, 3, 0x01) }),
    ...of('commitment of another last bit', { committed: bytes => flipped(bytes, 31, 0x01) }),
    ...of('commitment of zeros', { committed: bytes => Buffer.alloc(bytes.length) }),
    ...of('commitment of another data key', { committed: () => another.commitment }),
    ...of('encrypted data keys in another order', { keys: two, stored: ([a, b]) => [b, a] }),
    ...of('an encrypted data key taken away', { keys: two, stored: ([a]) => [a] }),
    ...of('an encrypted data key added', { stored: list => [...list, zeroKey(48)] }),
    ...of('an encrypted data key twice', { stored: ([a]) => [a, a] }),
    ...of('the encrypted data key of another envelope', { stored: () => another.keys }),
    ...of('an encrypted data key of another data key before the right one', {
      keys: wrap => [wrap('first', another.dataKey), wrap('first')],
    }),
  ]
}

/** The keyring is one for the first wrapping key alone. */
function withoutDataKey() {
  const of = (name, options) => both(name, 'key-unavailable', envelope(name, { ...place, ...options }))
  const ofLength = length => {
    const dataKey = Buffer.alloc(length, 7)
    return of(`a data key of ${length} bytes`, { dataKey })
  }
  return [
    ...of('an encrypted data key for another wrapping key', { keys: wrap => [wrap('second')] }),
    ...of('an encrypted data key that does not decrypt', { keys: wrap => [damaged(wrap('first'))] }),
    // Of one wrapping key the first alone is tried. Its IV is a part of the provider information.
    ...of('an encrypted data key that does not decrypt before one of the same wrapping key and IV', {
      keys: wrap => {
        const good = wrap('first')
        return [damaged(good), good]
      },
    }),
    ...[16, 24, 31, 33, 64].flatMap(ofLength),
  ]
}

/** Envelopes that have what none may have, or too much of it. They are authentic, as are their fields. */
function beyondLimits() {
  const of = (name, keys) => both(name, 'malformed-message', envelope(name, { ...place, keys }))
  const empty = sized16(Buffer.alloc(0))
  const part = sized16(utf8('dynaseal-vectors'))
  // A full field is as long as its envelope, and has a limit of its own.
  const [tooLong] = of('envelope of 524,289 bytes', keysOfLength(524_289))
  return [
    ...of('zero encrypted data keys', () => []),
    ...of('33 encrypted data keys', wrap => Array.from({ length: 33 }, () => wrap('first'))),
    ...of('an empty provider id', wrap => [wrap('first'), [empty, part, part]]),
    ...of('empty provider information', wrap => [wrap('first'), [part, empty, part]]),
    ...of('an empty encrypted data key', wrap => [wrap('first'), [part, part, empty]]),
    ...of('an encrypted data key of empty parts', wrap => [wrap('first'), [empty, empty, empty]]),
    tooLong,
  ]
}

/** Refused for the data key, or for how it is wrapped. */
export const negativeKeys = () => [...miscommitted(), ...withoutDataKey(), ...beyondLimits()]
