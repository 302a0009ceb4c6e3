import { itemFormatParts, keyringParts } from '@dynaseal/core/parts'
import type { Target } from '../config/project.js'

/**
 * Calls to KMS that one item takes at most, where the format has a data key for each: one for each recipient to seal it, and one to
 * open it. With branch keys there are none; of what a function gives for an item, or of a keyring that tells nothing of its keys, it
 * is taken that there are. 0 for formats whose data keys are for many items.
 */
export function kmsCallsPerItem({ format }: Target, opens: boolean): number {
  const parts = itemFormatParts(format)
  if (parts === undefined) return 0
  const { keyring } = parts
  const recipients: readonly unknown[] =
    typeof keyring === 'function' ? [undefined] : Array.isArray(keyring) ? keyring : [keyring]
  const sealing = recipients.filter(one => asks(one, false)).length
  return sealing + (opens && recipients.some(one => asks(one, true)) ? 1 : 0)
}

/** Whether a keyring asks KMS for each data key, when it makes one, or opens one that any of its keys has made. */
function asks(keyring: unknown, toOpen: boolean): boolean {
  const parts = keyringParts(keyring)
  if (parts?.kind !== 'combined') return parts?.kind !== 'branch-keys'
  return asks(parts.sealWith, toOpen) || (toOpen && parts.openWith.some(one => asks(one, true)))
}
