import { timingSafeEqual } from 'node:crypto'
import type { AlgorithmSuite } from './header.js'
import { RECIPIENT_TAG_BYTES } from './intermediateKeys.js'
import { SIGNATURE_BYTES } from './signature.js'

/** How long a footer is: a tag for each recipient, and the signature where the suite has one. */
export function footerBytes(recipients: number, suite: AlgorithmSuite): number {
  return recipients * RECIPIENT_TAG_BYTES + (suite === '0x6701' ? SIGNATURE_BYTES : 0)
}

/** Whether one of the recipients' tags in a footer is `tag`. */
export function hasTag(footer: Buffer, recipients: number, tag: Buffer): boolean {
  let found = false
  for (let index = 0; index < recipients; index++) {
    const start = index * RECIPIENT_TAG_BYTES
    if (timingSafeEqual(footer.subarray(start, start + RECIPIENT_TAG_BYTES), tag)) found = true
  }
  return found
}
