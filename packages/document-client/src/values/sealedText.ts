import type { Format } from '@dynaseal/core'

/** Whether a value is ciphertext as JSON has it, in an export or in the event of a stream: base64 text. */
export function isSealedText(value: unknown, format: Pick<Format, 'looksSealed'>): boolean {
  if (typeof value !== 'string') return false
  const bytes = Buffer.from(value, 'base64')
  return format.looksSealed(bytes) && bytes.toString('base64') === value
}
