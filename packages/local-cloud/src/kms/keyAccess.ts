import { kmsErrors } from './errors.js'
import { arnOf, type KeyState, type KeyUsage, type RegionalKey } from './key.js'

/** How KMS's messages name the states in which an operation is refused. */
const stateNames: Partial<Record<KeyState, string>> = {
  Creating: 'creating',
  Updating: 'updating',
  PendingDeletion: 'pending deletion',
  PendingReplicaDeletion: 'pending deletion',
}

/**
 * For cryptographic operations: enabled, or being updated (UpdatePrimaryRegion does not interrupt use), and
 * made for this.
 */
export function requireUsable(key: RegionalKey, usage: KeyUsage, operation: string): void {
  requireState(key, ['Enabled', 'Updating'])
  if (key.shared.usage !== usage) throw kmsErrors.wrongUsage(arnOf(key), key.shared.usage, operation)
}

/** For management: the states in which an operation is possible. */
export function requireState(key: RegionalKey, possible: readonly KeyState[]): void {
  if (possible.includes(key.state)) return
  const name = stateNames[key.state]
  throw name === undefined ? kmsErrors.disabled(arnOf(key)) : kmsErrors.invalidState(arnOf(key), name)
}
