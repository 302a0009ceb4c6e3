import type { DataKey } from './dataKey.js'
import type { DataKeyName } from './dataKeyName.js'

/** A data key to open with, held for the caller, who releases it. */
export class OpeningLease {
  readonly key: DataKey
  readonly #unproven: Unproven | undefined
  #lastRefuted: Uint8Array | undefined

  /** Takes over one hold of `key`. */
  constructor(key: DataKey, unproven?: Unproven) {
    this.key = key
    this.#unproven = unproven
  }

  /** Something authenticated under the key, its encrypted data keys included: from now on it is kept. */
  prove(): void {
    this.#unproven?.prove()
  }

  /** `claim` did not authenticate under the key, and never will: for a while, the key is not asked for for its sake. */
  refute(claim: Uint8Array): void {
    // Thousands of fields may share one, and it may be as long as an item: noted for each, it would be hashed for each.
    if (claim === this.#lastRefuted) return
    this.#lastRefuted = claim
    this.#unproven?.refute(claim)
  }

  release(): void {
    this.key.release()
    this.#unproven?.leave()
  }
}

/** Hears what becomes of data keys. */
export interface Fate {
  proven(unproven: Unproven): void
  refuted(unproven: Unproven, claim: Uint8Array): void
  /** Nobody has a lease of it any more. */
  left(unproven: Unproven): void
}

/**
 * A data key that the keyring gave and under which nothing has authenticated yet. Anybody can name one: a genuine
 * encrypted data key with anything beside it stands for the genuine key, under a name of its own.
 */
export class Unproven {
  readonly name: DataKeyName
  readonly key: DataKey
  readonly #fate: Fate
  #leases: number
  #proven = false

  /** Takes over one hold of `key`. Each of the `leases` is to be fetched with `lease`. */
  constructor(name: DataKeyName, key: DataKey, leases: number, fate: Fate) {
    this.name = name
    this.key = key
    this.#leases = leases
    this.#fate = fate
  }

  lease(): OpeningLease {
    return new OpeningLease(this.key.hold(), this)
  }

  /** A lease for somebody who was not counted. */
  join(): OpeningLease {
    this.#leases++
    return this.lease()
  }

  /** Once is enough; it is called for each field. */
  prove(): void {
    if (this.#proven) return
    this.#proven = true
    this.#fate.proven(this)
  }

  refute(claim: Uint8Array): void {
    this.#fate.refuted(this, claim)
  }

  leave(): void {
    if (--this.#leases > 0) return
    this.#fate.left(this)
    this.key.release()
  }
}
