// Format 2 of docs/format.md a second time, on node:crypto alone. Nothing is random: the same vectors every time.

import { createCipheriv, createHash, createHmac, hkdfSync } from 'node:crypto'
import {
  canonicalPath,
  encryptDataKey,
  itemLocation,
  serializeContext,
  sized16,
  u16,
  u32,
  utf8,
} from '../writer.mjs'

const MAGIC = Buffer.of(0xda, 0x5e)
export const ENVELOPE = 0x20
export const SHORT = 0x21
export const FULL = 0x22

export const start = shape => Buffer.concat([MAGIC, Buffer.of(shape)])

const sha256 = bytes => createHash('sha256').update(bytes).digest()

/** As good as random, and the same every time. */
const bytesFrom = (seed, length) =>
  Buffer.concat([sha256(`${seed}/0`), sha256(`${seed}/1`)]).subarray(0, length)

export const pairsOf = ({ table, encryptionContext = {} }) => ({
  ...encryptionContext,
  'dynaseal:table': table,
  'dynaseal:format': '2',
})

/**
 * A data key and its envelope. `keys` makes the encrypted data keys, each by `wrap` with the name of a wrapping key;
 * `stored` makes what the envelope has of them, after they were bound. `tagged`, `wrapped` and `bound` are the
 * context's pairs as the context tag, the wrapping key and the binding know them; `committed` makes another of the
 * commitment. Returns, along with it, where its parts are.
 */
export function envelope(
  seed,
  {
    table,
    encryptionContext,
    pairs = pairsOf({ table, encryptionContext }),
    tagged = pairs,
    wrapped = pairs,
    bound = pairs,
    dataKey = bytesFrom(`${seed}/data key`, 32),
    keys = wrap => [wrap('first')],
    stored = list => list,
    committed = commitment => commitment,
  },
) {
  const context = sized16(serializeContext(bound))
  let wraps = 0
  const list = keys((name, key = dataKey) =>
    encryptDataKey(name, key, serializeContext(wrapped), bytesFrom(`${seed}/iv ${wraps++}`, 12)),
  )
  const encryptedDataKeys = keys => Buffer.concat([u16(keys.length), ...keys.flat()])
  const binding = sha256(Buffer.concat([context, encryptedDataKeys(list)]))
  const derive = what => {
    const info = Buffer.concat([utf8(`dynaseal:v2:${what}`), binding])
    return Buffer.from(hkdfSync('sha256', dataKey, Buffer.alloc(0), info, 32))
  }
  const contextTag = sha256(sized16(serializeContext(tagged))).subarray(0, 4)
  const commitment = committed(derive('commit'))
  const bytes = Buffer.concat([contextTag, encryptedDataKeys(stored(list)), commitment])
  return {
    dataKey,
    binding,
    contextTag,
    keys: stored(list),
    commitment,
    root: derive('encrypt'),
    bytes,
    attribute: Buffer.concat([start(ENVELOPE), bytes]),
  }
}

export function itemKey({ root }, place) {
  const input = Buffer.concat([u32(1), utf8('dynaseal:v2:item'), Buffer.of(0), itemLocation(place), u32(256)])
  return createHmac('sha256', root).update(input).digest()
}

/** Nonce, ciphertext and tag, for a field of this shape. */
export function box(seed, of, place, plaintext, shape) {
  const nonce = bytesFrom(`${seed}/${shape}/${JSON.stringify(place.path)}/nonce`, 12)
  const cipher = createCipheriv('aes-256-gcm', itemKey(of, place), nonce)
  cipher.setAAD(Buffer.concat([start(shape), canonicalPath(place.path)]))
  return Buffer.concat([nonce, cipher.update(plaintext), cipher.final(), cipher.getAuthTag()])
}

export const short = (seed, of, place, plaintext) => asShort(of, box(seed, of, place, plaintext, SHORT))
export const full = (seed, of, place, plaintext) => asFull(of, box(seed, of, place, plaintext, FULL))

export const asShort = ({ commitment }, box) => Buffer.concat([start(SHORT), commitment.subarray(0, 3), box])
export const asFull = ({ bytes }, box) => Buffer.concat([start(FULL), bytes, box])
