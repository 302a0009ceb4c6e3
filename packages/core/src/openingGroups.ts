import { isAt } from './bytes/equal.js'
import type { DataKeyName } from './dataKeyCache/dataKeyName.js'
import type { OpeningCall } from './dataKeyCache/openingCall.js'
import type { OpeningLease } from './dataKeyCache/openingLease.js'
import { FieldError } from './errors.js'
import type { StoredField } from './storedField.js'

/** The fields under one data key, and that, or why there is none. */
export interface Group {
  readonly name: DataKeyName
  /** Where the encrypted data keys of the last of them stand. */
  keyBytes: Buffer
  /** Well formed to the last byte, in the order of items and fields. */
  readonly stored: StoredField[]
  /** The next of them to be opened. */
  next: number
  lease: OpeningLease | undefined
  refusal: unknown
}

/** Most calls have one, for which a map would be made for nothing. */
export class Groups {
  #all: Group[] = []
  #byId: Map<string, Group> | undefined

  get all(): readonly Group[] {
    return this.#all
  }

  named({ id }: DataKeyName): Group | undefined {
    if (this.#byId !== undefined) return this.#byId.get(id)
    const only = this.#all[0]
    return only?.name.id === id ? only : undefined
  }

  add(group: Group): void {
    if (this.#all.length === 0) {
      this.#all = [group]
      return
    }
    this.#byId ??= new Map(this.#all.map(each => [each.name.id, each]))
    this.#byId.set(group.name.id, group)
    this.#all.push(group)
  }
}

export async function takeKey(group: Group, call: OpeningCall): Promise<void> {
  try {
    group.lease = await call.take(group.name, claimsOf(group))
  } catch (error) {
    group.refusal = error
  }
}

/** What fields share once: it may be as long as an item, and they may be thousands. */
function* claimsOf({ stored }: Group): Iterable<Uint8Array> {
  let last: Uint8Array | undefined
  for (const { claim } of stored) {
    if (claim === last) continue
    last = claim
    yield last
  }
}

export function belongsTo(group: Group, stored: StoredField): boolean {
  const { name } = group
  const { context, keyBytes, encryptedDataKeysStart: start, encryptedDataKeysEnd: end } = stored
  if (name.context !== context) return false
  // The very same envelope, as most fields have.
  if (group.keyBytes === keyBytes) return true
  if (!isAt(keyBytes, start, end, name.encryptedDataKeys)) return false
  group.keyBytes = keyBytes
  return true
}

export function groupedByName(groups: Groups, stored: StoredField, call: OpeningCall): Group {
  const { context, keyBytes, encryptedDataKeysStart, encryptedDataKeysEnd } = stored
  const name = call.nameOf(context, keyBytes, encryptedDataKeysStart, encryptedDataKeysEnd)
  const known = groups.named(name)
  if (known !== undefined) {
    known.stored.push(stored)
    return known
  }
  const group: Group = {
    name,
    keyBytes,
    // Not empty at first: what is pushed to an empty list gets room for seventeen.
    stored: [stored],
    next: 0,
    lease: undefined,
    refusal: undefined,
  }
  groups.add(group)
  return group
}

/** The cache has errors of its own, for what it does not ask the keyring. */
export function refusalOf({ refusal }: Group): FieldError {
  return refusal instanceof FieldError ? refusal : keyUnavailable(refusal)
}

function keyUnavailable(cause: unknown): FieldError {
  return new FieldError(
    'key-unavailable',
    'the keyring gave no data key for it. Its error is the cause; check that a replica of the key can be reached and that this process may decrypt with it.',
    { cause },
  )
}
