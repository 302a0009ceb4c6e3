// Messages of the AWS Encryption SDK's format 1.0, which have no key commitment: a reader refuses them.

import { createCipheriv, createHash, hkdfSync } from 'node:crypto'
import { encryptDataKey, serializeContext, sized16, u16, u32, utf8 } from './writer.mjs'

/** All that a header may name. None has key commitment. */
export const SUITES_OF_FORMAT1 = [0x0014, 0x0046, 0x0078, 0x0114, 0x0146, 0x0178, 0x0214, 0x0346, 0x0378]

/** Where a message names its suite. */
export const SUITE_OFFSET = 2

const SUITE = u16(0x0178) // AES-256-GCM, HKDF-SHA-256, no signature

/** One unframed message, as good as its format allows. */
export function messageOfFormat1(seed, { table }, plaintext) {
  const random = what => createHash('sha256').update(`${seed}/${what}`).digest()
  const context = serializeContext({ 'dynaseal:table': table })
  const dataKey = random('data key')
  const messageId = random('message id').subarray(0, 16)
  const key = hkdfSync('sha256', dataKey, Buffer.alloc(0), Buffer.concat([SUITE, messageId]), 32)
  const encrypt = (iv, aad, bytes) => {
    const cipher = createCipheriv('aes-256-gcm', Buffer.from(key), iv).setAAD(aad)
    return [Buffer.concat([cipher.update(bytes), cipher.final()]), cipher.getAuthTag()]
  }
  const header = Buffer.concat([
    Buffer.of(0x01, 0x80),
    SUITE,
    messageId,
    sized16(context),
    u16(1),
    ...encryptDataKey('first', dataKey, context, random('iv').subarray(0, 12)),
    Buffer.of(1), // content type: unframed
    u32(0), // reserved
    Buffer.of(12), // bytes of an IV
    u32(0), // frame length
  ])
  const headerIv = Buffer.alloc(12)
  const iv = Buffer.concat([Buffer.alloc(8), u32(1)])
  const length = Buffer.concat([u32(0), u32(plaintext.length)])
  const aad = Buffer.concat([messageId, utf8('AWSKMSEncryptionClient Single Block'), u32(1), length])
  const [, headerTag] = encrypt(headerIv, header, Buffer.alloc(0))
  return Buffer.concat([header, headerIv, headerTag, iv, length, ...encrypt(iv, aad, plaintext)])
}
