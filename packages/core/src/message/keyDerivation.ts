import { createHmac } from 'node:crypto'
import { COMMITMENT_BYTES, DATA_KEY_BYTES, SUITE_ID } from './suite.js'

/** HKDF's last block counter: 32 bytes are less than one SHA-512 block, so it is the only one. */
const COUNTER = Buffer.of(1)
const KEY_INFO = Buffer.concat([
  Buffer.of(SUITE_ID >> 8, SUITE_ID & 0xff),
  Buffer.from('DERIVEKEY', 'ascii'),
  COUNTER,
])
const COMMITMENT_INFO = Buffer.concat([Buffer.from('COMMITKEY', 'ascii'), COUNTER])

export interface DerivedKeys {
  /** Encrypts one message. To be zeroed by whoever asked for it. */
  readonly key: Buffer
  readonly commitment: Buffer
}

/**
 * The message's own key and its commitment to the data key, by HKDF-SHA-512 (RFC 5869) with the message
 * id as salt. Written out as three HMACs because they take less than half the time of `hkdfSync` twice:
 * the extraction is shared.
 */
export function deriveKeys(dataKey: Buffer, messageId: Buffer): DerivedKeys {
  const pseudorandomKey = createHmac('sha512', messageId).update(dataKey).digest()
  const key = createHmac('sha512', pseudorandomKey).update(KEY_INFO).digest()
  const commitment = createHmac('sha512', pseudorandomKey).update(COMMITMENT_INFO).digest()
  pseudorandomKey.fill(0)
  key.fill(0, DATA_KEY_BYTES)
  return { key: key.subarray(0, DATA_KEY_BYTES), commitment: commitment.subarray(0, COMMITMENT_BYTES) }
}
