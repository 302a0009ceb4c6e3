import type { AttributeValue } from '@dynaseal/core'
import { looksLikeBeacon } from './beacons/hash.js'
import { BEACON_PREFIX, CONTEXT_PREFIX, RESERVED_PREFIX } from './names.js'
import type { Table } from './table.js'

/**
 * Refuses names that the format has for its own.
 *
 * @throws {SealError} `invalid-value`, placed
 */
export function refuseReserved(table: Table, names: readonly string[]): void {
  for (const name of names) {
    if (!name.isWellFormed())
      throw table.sealError('invalid-value', 'the name of an attribute is not well-formed.')
    if (!name.startsWith(RESERVED_PREFIX) && !name.startsWith(CONTEXT_PREFIX)) continue
    const reserved = name.startsWith(RESERVED_PREFIX) ? RESERVED_PREFIX : CONTEXT_PREFIX
    throw table.sealError(
      'invalid-value',
      `names that begin with ${reserved} are the format's own. Leave the attribute out; if the item is sealed already, open it first.`,
      name,
    )
  }
}

/**
 * Refuses what stands under the name of a beacon and is none.
 *
 * @throws {SealError} `invalid-value`, placed
 */
export function checkBeacon(table: Table, name: string, value: AttributeValue): void {
  const { S, SS } = value as { S?: unknown; SS?: unknown }
  if (name.length > BEACON_PREFIX.length && (Array.isArray(SS) ? SS : [S]).every(looksLikeBeacon)) return
  throw table.sealError(
    'invalid-value',
    'it has the name of a beacon and is none. Give the client search: createBeacons({ … }), or store the token under another name.',
    name,
  )
}

/** A copy of an item without the attributes of the format's own. */
export function withoutReserved(
  item: Readonly<Record<string, AttributeValue>>,
): Record<string, AttributeValue> {
  const copy: Record<string, AttributeValue> = {}
  for (const name of Object.keys(item))
    if (!name.startsWith(RESERVED_PREFIX)) setAttribute(copy, name, item[name]!)
  return copy
}

export function setAttribute(
  item: Record<string, AttributeValue>,
  name: string,
  value: AttributeValue,
): void {
  // Assignment would take "__proto__" for the prototype.
  if (name === '__proto__')
    Object.defineProperty(item, name, { value, enumerable: true, writable: true, configurable: true })
  else item[name] = value
}

/**
 * The bytes of an attribute of the format's own.
 *
 * @throws {FieldError} placed
 */
export function binary(table: Table, name: string, value: unknown): Uint8Array {
  const { B } = (value ?? {}) as { B?: unknown }
  if (B instanceof Uint8Array) return B
  throw value === undefined
    ? table.fieldError(
        'missing-envelope',
        'the item has no such attribute, so it was not read as a whole, or is none of the AWS Database Encryption SDK. Read all of its attributes.',
        name,
      )
    : table.fieldError('malformed-message', 'it is not binary. Somebody wrote it past the SDK.', name)
}

export const IN_CLEAR =
  'the item is in clear: it has neither header nor footer. Somebody wrote it past the SDK, or it was not read as a whole.'
