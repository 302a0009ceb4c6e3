// Search tokens of docs/format.md a second time, on node:crypto alone. Nothing is random: the same vectors every time.

import { createHash, createHmac, hkdfSync } from 'node:crypto'
import {
  canonicalPath,
  encryptDataKey,
  serialize,
  serializeContext,
  sized,
  sized16,
  u16,
  u32,
  utf8,
} from '../writer.mjs'

const sha256 = bytes => createHash('sha256').update(bytes).digest()
const derive = (dataKey, info) =>
  Buffer.from(hkdfSync('sha256', dataKey, Buffer.alloc(0), Buffer.concat(info), 32))

/** As good as random, and the same every time. */
const bytesFrom = (seed, length) => sha256(seed).subarray(0, length)

/**
 * A search key. `keys` makes the encrypted data keys, each by `wrap` with the name of a wrapping key; `stored` makes what the
 * search key has of them, after they were bound. `tagged`, `wrapped` and `bound` are the context's pairs as the context tag,
 * the wrapping key and the commitment know them; `committed` makes another of the commitment, which is to version `bound to`.
 */
export function searchKey(
  seed,
  {
    version = 1,
    boundTo = version,
    encryptionContext = {},
    pairs = { ...encryptionContext, 'dynaseal:search': '1' },
    tagged = pairs,
    wrapped = pairs,
    bound = pairs,
    dataKey = bytesFrom(`${seed}/data key`, 32),
    keys = wrap => [wrap('first')],
    stored = list => list,
    committed = commitment => commitment,
  } = {},
) {
  let wraps = 0
  const list = keys((name, key = dataKey) =>
    encryptDataKey(name, key, serializeContext(wrapped), bytesFrom(`${seed}/iv ${wraps++}`, 12)),
  )
  const encryptedDataKeys = keys => Buffer.concat([u16(keys.length), ...keys.flat()])
  const binding = sha256(Buffer.concat([sized16(serializeContext(bound)), encryptedDataKeys(list)]))
  const commitment = committed(
    derive(dataKey, [utf8('dynaseal:search:v1:commit'), Buffer.of(boundTo), binding]),
  )
  const contextTag = sha256(sized16(serializeContext(tagged))).subarray(0, 4)
  return {
    version,
    encryptionContext,
    dataKey,
    binding,
    contextTag,
    commitment,
    keys: stored(list),
    root: derive(dataKey, [utf8('dynaseal:search:v1:root'), Buffer.of(version)]),
    bytes: Buffer.concat([
      Buffer.from('da5e30', 'hex'),
      Buffer.of(version),
      contextTag,
      encryptedDataKeys(stored(list)),
      commitment,
    ]),
  }
}

export function scope({ table, tenant, paths }) {
  return Buffer.concat([
    sized(utf8(table)),
    tenant === undefined ? Buffer.of(0) : Buffer.concat([Buffer.of(1), sized(utf8(tenant))]),
    u32(paths.length),
    ...paths.map(canonicalPath),
  ])
}

export function tokenKey({ root }, place) {
  const input = [u32(1), utf8('dynaseal:search:v1:token'), Buffer.of(0), scope(place), u32(256)]
  return createHmac('sha256', root).update(Buffer.concat(input)).digest()
}

/** Of values that are normalized already. */
export const message = values => Buffer.concat(values.map(value => sized(serialize(value))))

export const digest = (key, place, values) =>
  createHmac('sha256', tokenKey(key, place)).update(message(values)).digest()

export function token(key, place, values, bits) {
  const all = [...digest(key, place, values)].map(byte => byte.toString(2).padStart(8, '0')).join('')
  const cut = all.slice(0, bits)
  const sextets = cut.padEnd(Math.ceil(bits / 6) * 6, '0').match(/.{6}/g)
  const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_'
  return `${key.version}.${sextets.map(sextet => alphabet[Number.parseInt(sextet, 2)]).join('')}`
}
