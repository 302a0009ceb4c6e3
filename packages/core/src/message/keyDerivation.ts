import { copyBytes, copyLatin1 } from '../bytes/copy.js'
import { Hmac } from './hmac.js'
import { COMMITMENT_BYTES, DATA_KEY_BYTES, MESSAGE_ID_BYTES, MESSAGE_ID_OFFSET, SUITE_ID } from './suite.js'

/** HKDF's last block counter: 32 bytes are less than one SHA-512 block, so it is the only one. */
const COUNTER = Buffer.of(1)
const KEY_INFO = Buffer.concat([
  Buffer.of(SUITE_ID >> 8, SUITE_ID & 0xff),
  Buffer.from('DERIVEKEY', 'ascii'),
  COUNTER,
])
const COMMITMENT_INFO = Buffer.concat([Buffer.from('COMMITKEY', 'ascii'), COUNTER])

const extract = new Hmac(DATA_KEY_BYTES)
const expandKey = new Hmac(KEY_INFO.length)
const expandCommitment = new Hmac(COMMITMENT_INFO.length)
expandKey.setMessage(KEY_INFO)
expandCommitment.setMessage(COMMITMENT_INFO)

const NO_DATA_KEY = new Uint8Array(DATA_KEY_BYTES)
/** Keys go into an HMAC as words, and come as bytes: two views of the same memory. */
const salt = new Uint32Array(MESSAGE_ID_BYTES / 4)
const saltBytes = new Uint8Array(salt.buffer)
const prk = new Uint32Array(16)
const prkBytes = Buffer.from(prk.buffer)

/** What was derived last. The key encrypts one message, and is to be zeroed by whoever had it derived. */
export const derived = {
  key: Buffer.allocUnsafeSlow(DATA_KEY_BYTES),
  commitment: Buffer.allocUnsafeSlow(COMMITMENT_BYTES),
} as const

/**
 * Derives the message's own key and its commitment to the data key, by HKDF-SHA-512 (RFC 5869) with the message
 * id as salt. Written out as three HMACs, which share the extraction, because `hkdfSync` would do it twice.
 *
 * @param message has at least its message id
 */
export function deriveKeys(dataKey: Uint8Array, message: Buffer): void {
  try {
    copyBytes(saltBytes, message, MESSAGE_ID_OFFSET)
    extract.setKey(salt)
    extract.setMessage(dataKey)
    copyLatin1(prkBytes, extract.digest())
    expandKey.setKey(prk)
    expandCommitment.setKey(prk)
    copyLatin1(derived.key, expandKey.digest())
    copyLatin1(derived.commitment, expandCommitment.digest())
  } finally {
    extract.setMessage(NO_DATA_KEY)
    extract.clear()
    expandKey.clear()
    expandCommitment.clear()
    prk.fill(0)
  }
}
