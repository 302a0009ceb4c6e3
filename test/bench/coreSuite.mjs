import { createCipheriv, createDecipheriv, createHmac, randomBytes, timingSafeEqual } from 'node:crypto'

/**
 * What suite 0x0478 alone asks of `node:crypto` for a message: three HMACs for its key and its commitment, and the
 * tags of its header and its frame. Without parsing, location, value types, or anything being put together: what it
 * makes is no message. As one would write it, with `createHmac`.
 */
export function suite(text) {
  const dataKey = randomBytes(32)
  const header = randomBytes(400)
  const frame = Buffer.from('message id, kind, sequence number and length: some 80 bytes besides the text')
  const headerIv = Buffer.alloc(12)
  const frameIv = Buffer.concat([Buffer.alloc(11), Buffer.of(1)])
  const keyInfo = Buffer.from('\x04\x78DERIVEKEY\x01', 'latin1')
  const commitmentInfo = Buffer.from('COMMITKEY\x01', 'latin1')

  const hmac = (key, message) => createHmac('sha512', key).update(message).digest()
  const derive = messageId => {
    const pseudorandomKey = hmac(messageId, dataKey)
    return {
      key: hmac(pseudorandomKey, keyInfo).subarray(0, 32),
      commitment: hmac(pseudorandomKey, commitmentInfo).subarray(0, 32),
    }
  }

  const seal = () => {
    const messageId = randomBytes(32)
    const { key, commitment } = derive(messageId)
    const overHeader = createCipheriv('aes-256-gcm', key, headerIv)
    overHeader.setAAD(header)
    overHeader.final()
    const overFrame = createCipheriv('aes-256-gcm', key, frameIv)
    overFrame.setAAD(frame)
    const content = overFrame.update(text, 'utf8')
    overFrame.final()
    return {
      messageId,
      commitment,
      content,
      headerTag: overHeader.getAuthTag(),
      frameTag: overFrame.getAuthTag(),
    }
  }

  const sealed = seal()
  const open = () => {
    const { messageId, headerTag, content, frameTag } = sealed
    const { key, commitment } = derive(messageId)
    if (!timingSafeEqual(commitment, sealed.commitment)) throw new Error('The commitment does not match.')
    const overHeader = createDecipheriv('aes-256-gcm', key, headerIv)
    overHeader.setAAD(header)
    overHeader.setAuthTag(headerTag)
    overHeader.final()
    const overFrame = createDecipheriv('aes-256-gcm', key, frameIv)
    overFrame.setAAD(frame)
    overFrame.setAuthTag(frameTag)
    const opened = overFrame.update(content, undefined, 'utf8')
    overFrame.final()
    return opened
  }
  return { seal, open }
}
