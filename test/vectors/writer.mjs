// A second implementation of docs/format.md, on node:crypto alone, so that the vectors say what the
// specification says and not what the package does. Nothing is random: the same vectors every time.

import { createCipheriv, createHash, hkdfSync } from 'node:crypto'

export const WRAPPING_KEY = {
  namespace: 'dynaseal-vectors',
  names: ['first', 'second', 'third'],
  /** The wrapping key of each name is SHA-256 of the name. */
  key: name => createHash('sha256').update(name).digest(),
}

const TYPE_IDS = {
  NULL: 0x0000,
  S: 0x0001,
  N: 0x0002,
  BOOL: 0x0004,
  SS: 0x0101,
  NS: 0x0102,
  BS: 0x01ff,
  M: 0x0200,
  L: 0x0300,
  B: 0xffff,
}

export const u16 = value => Buffer.of(value >> 8, value & 0xff)
export const u32 = value => Buffer.of(value >>> 24, (value >> 16) & 0xff, (value >> 8) & 0xff, value & 0xff)
export const sized16 = bytes => Buffer.concat([u16(bytes.length), bytes])
export const sized = bytes => Buffer.concat([u32(bytes.length), bytes])
export const utf8 = text => Buffer.from(text, 'utf8')

/** Type id and value; the value is in canonical order and its numbers are normalized already. */
export function serialize(value) {
  const [[type, content]] = Object.entries(value)
  return Buffer.concat([u16(TYPE_IDS[type]), serializeContent(type, content)])
}

function serializeContent(type, content) {
  switch (type) {
    case 'NULL':
      return Buffer.alloc(0)
    case 'BOOL':
      return Buffer.of(content ? 1 : 0)
    case 'S':
    case 'N':
      return utf8(content)
    case 'B':
      return Buffer.from(content, 'base64')
    case 'SS':
    case 'NS':
      return Buffer.concat([u32(content.length), ...content.map(member => sized(utf8(member)))])
    case 'BS':
      return Buffer.concat([
        u32(content.length),
        ...content.map(member => sized(Buffer.from(member, 'base64'))),
      ])
    case 'M': {
      const entries = Object.entries(content).map(([key, inner]) => [
        u16(TYPE_IDS.S),
        sized(utf8(key)),
        nested(inner),
      ])
      return Buffer.concat([u32(entries.length), ...entries.flat()])
    }
    case 'L':
      return Buffer.concat([u32(content.length), ...content.map(nested)])
  }
}

function nested(value) {
  const bytes = serialize(value)
  return Buffer.concat([bytes.subarray(0, 2), sized(bytes.subarray(2))])
}

/** The canonical location of an item. */
export function itemLocation({ table, key }) {
  const names = Object.keys(key).sort((a, b) => Buffer.compare(utf8(a), utf8(b)))
  const attributes = names.map(name => {
    const bytes = serialize(key[name])
    return Buffer.concat([sized(utf8(name)), bytes.subarray(0, 2), sized(bytes.subarray(2))])
  })
  return Buffer.concat([utf8('dynaseal:location:v1'), sized(utf8(table)), u32(names.length), ...attributes])
}

export function canonicalPath(path) {
  const steps = path.map(step =>
    typeof step === 'number' ? Buffer.of(1) : Buffer.concat([Buffer.of(0), sized(utf8(step))]),
  )
  return Buffer.concat([u32(path.length), ...steps])
}

export function location(place) {
  return createHash('sha256').update(itemLocation(place)).update(canonicalPath(place.path)).digest()
}

/** What a message protects. */
export function content(place, value) {
  return Buffer.concat([Buffer.of(1), location(place), serialize(value)])
}

export function serializeContext(pairs) {
  const entries = Object.entries(pairs)
    .map(pair => pair.map(utf8))
    .sort(([a], [b]) => Buffer.compare(a, b))
  return Buffer.concat([u16(entries.length), ...entries.flat().map(sized16)])
}

/** As the raw AES keyrings of the AWS Encryption SDKs write them. */
export function encryptDataKey(name, dataKey, context, iv) {
  const cipher = createCipheriv('aes-256-gcm', WRAPPING_KEY.key(name), iv).setAAD(context)
  const ciphertext = Buffer.concat([cipher.update(dataKey), cipher.final(), cipher.getAuthTag()])
  const information = Buffer.concat([utf8(name), u32(128), u32(12), iv])
  return [utf8(WRAPPING_KEY.namespace), information, ciphertext].map(sized16)
}

/**
 * One message. `frameLength` 0 writes it unframed; by default it is one final frame.
 * `statedFrameLength` is what the header says, true or not; `context` stands for the serialized one, and
 * `changeCommitment` makes another of the commitment. Encrypted data keys are those of `damagedKeyNames`, which do not
 * decrypt, those of `keyNames`, and `moreKeys`, each as its three parts. `zeros` more bytes of content, in a message of
 * one frame, are those whose ciphertext is zero. Returns the offsets at which its parts begin along with it.
 */
export function message(
  seed,
  {
    table,
    encryptionContext = {},
    context = serializeContext({ ...encryptionContext, 'dynaseal:table': table }),
    dataKeyLength = 32,
    damagedKeyNames = [],
    keyNames = ['first'],
    moreKeys = [],
    frameLength = 0x80000,
    statedFrameLength = frameLength,
    changeCommitment = commitment => commitment,
    zeros = 0,
  },
  start,
) {
  const random = what => createHash('sha256').update(`${seed}/${what}`).digest()
  const dataKey = random('data key').subarray(0, dataKeyLength)
  const messageId = random('message id')
  const derive = info => Buffer.from(hkdfSync('sha512', dataKey, messageId, Buffer.from(info, 'latin1'), 32))
  const key = derive('\x04\x78DERIVEKEY')
  const parts = []
  const offsets = {}
  let length = 0
  const add = (name, bytes) => {
    if (name !== undefined) offsets[name] ??= length
    parts.push(bytes)
    length += bytes.length
    return bytes
  }
  const encrypt = (iv, aad, bytes) => {
    const cipher = createCipheriv('aes-256-gcm', key, iv).setAAD(aad)
    return [Buffer.concat([cipher.update(bytes), cipher.final()]), cipher.getAuthTag()]
  }

  add('version', Buffer.of(2))
  add('suite', u16(0x0478))
  add('message id', messageId)
  add('context length', u16(context.length))
  add('context', context)
  add('encrypted data key count', u16(damagedKeyNames.length + keyNames.length + moreKeys.length))
  const keyFor = name => encryptDataKey(name, dataKey, context, random(`iv ${name}`).subarray(0, 12))
  for (const parts of damagedKeyNames.map(keyFor)) {
    parts[2][parts[2].length - 1] ^= 1
    for (const part of parts) add(undefined, part)
  }
  for (const [id, information, ciphertext] of keyNames.map(keyFor)) {
    add('provider id', id)
    add('provider information', information)
    add('encrypted data key', ciphertext)
  }
  for (const part of moreKeys.flat()) add(undefined, sized16(part))
  add('content type', Buffer.of(frameLength === 0 ? 1 : 2))
  add('frame length', u32(statedFrameLength))
  add('commitment', changeCommitment(derive('COMMITKEY')))
  add('header tag', encrypt(Buffer.alloc(12), Buffer.concat(parts), Buffer.alloc(0))[1])

  // Of zeros, AES-GCM makes what turns into zeros.
  const [keystream] = encrypt(
    Buffer.concat([Buffer.alloc(8), u32(1)]),
    Buffer.alloc(0),
    Buffer.alloc(start.length + zeros),
  )
  const plaintext = Buffer.concat([start, keystream.subarray(start.length)])
  const frames = frameLength === 0 ? 1 : Math.floor(plaintext.length / frameLength) + 1
  for (let sequence = 1; sequence <= frames; sequence++) {
    const final = sequence === frames
    const bytes =
      frameLength === 0 ? plaintext : plaintext.subarray((sequence - 1) * frameLength, sequence * frameLength)
    const kind = frameLength === 0 ? 'Single Block' : final ? 'Final Frame' : 'Frame'
    const iv = Buffer.concat([Buffer.alloc(8), u32(sequence)])
    const aad = Buffer.concat([
      messageId,
      utf8(`AWSKMSEncryptionClient ${kind}`),
      u32(sequence),
      u32(0),
      u32(bytes.length),
    ])
    const [ciphertext, tag] = encrypt(iv, aad, bytes)
    if (frameLength === 0) {
      add('IV', iv)
      add('content length', Buffer.concat([u32(0), u32(bytes.length)]))
    } else {
      if (final) add('final frame', u32(0xffffffff))
      add('sequence number', u32(sequence))
      add('IV', iv)
      if (final) add('content length', u32(bytes.length))
    }
    add('ciphertext', ciphertext)
    add('tag', tag)
  }
  return { bytes: Buffer.concat(parts), offsets, dataKey }
}
