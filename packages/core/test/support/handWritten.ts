import { createCipheriv, hkdfSync, randomBytes } from 'node:crypto'

/** The parts of a message, for tests that write one by hand and not with the code under test. */
export interface Parts {
  readonly dataKey: Uint8Array
  /** Serialized with its length. */
  readonly context: Buffer
  /** Serialized with their count. */
  readonly encryptedDataKeys: Buffer
}

/** Writes a message of the given frames, or unframed when `frameLength` is 0; the last frame is the final one. */
export function writeByHand(parts: Parts, plaintext: Buffer, frameLength: number): Buffer {
  const messageId = randomBytes(32)
  const derive = (info: string) =>
    Buffer.from(hkdfSync('sha512', parts.dataKey, messageId, Buffer.from(info, 'latin1'), 32))
  const key = derive('\x04\x78DERIVEKEY')
  const header = Buffer.concat([
    Buffer.from('020478', 'hex'),
    messageId,
    parts.context,
    parts.encryptedDataKeys,
    Buffer.of(frameLength === 0 ? 1 : 2),
    u32(frameLength),
    derive('COMMITKEY'),
  ])
  const chunks = [header, encrypt(key, Buffer.alloc(12), header, Buffer.alloc(0))]
  if (frameLength === 0) {
    const iv = sequenceIv(1)
    const aad = Buffer.concat([
      messageId,
      Buffer.from('AWSKMSEncryptionClient Single Block'),
      u32(1),
      u32(0),
      u32(plaintext.length),
    ])
    chunks.push(iv, u32(0), u32(plaintext.length), encrypt(key, iv, aad, plaintext))
    return Buffer.concat(chunks)
  }
  const frames = Math.floor(plaintext.length / frameLength) + 1
  for (let sequence = 1; sequence <= frames; sequence++) {
    const content = plaintext.subarray((sequence - 1) * frameLength, sequence * frameLength)
    const final = sequence === frames
    const kind = final ? 'AWSKMSEncryptionClient Final Frame' : 'AWSKMSEncryptionClient Frame'
    const aad = Buffer.concat([messageId, Buffer.from(kind), u32(sequence), u32(0), u32(content.length)])
    if (final) chunks.push(u32(0xffffffff))
    chunks.push(u32(sequence), sequenceIv(sequence))
    if (final) chunks.push(u32(content.length))
    chunks.push(encrypt(key, sequenceIv(sequence), aad, content))
  }
  return Buffer.concat(chunks)
}

function encrypt(key: Buffer, iv: Buffer, aad: Buffer, plaintext: Buffer): Buffer {
  const cipher = createCipheriv('aes-256-gcm', key, iv).setAAD(aad)
  return Buffer.concat([cipher.update(plaintext), cipher.final(), cipher.getAuthTag()])
}

function sequenceIv(sequence: number): Buffer {
  return Buffer.concat([Buffer.alloc(8), u32(sequence)])
}

function u32(value: number): Buffer {
  const bytes = Buffer.alloc(4)
  bytes.writeUInt32BE(value)
  return bytes
}
