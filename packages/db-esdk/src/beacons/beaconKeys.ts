import { type CallOptions, SearchError } from '@dynaseal/core'
import { beaconHmacKey, partitionHmacKey } from './hmacKeys.js'

/** A beacon key, held for the caller. */
export interface BeaconKey {
  /** 32 bytes. */
  readonly secret: Uint8Array
  readonly derived: unknown
  /** Keeps what was derived of the key for as long as that lives; `zero` then takes secrets out of it. */
  keep<T>(derived: T, zero: (derived: T) => void): T
  release(): void
}

/** What has beacon keys: a `BranchKeyring` of `@dynaseal/branch-keyring`. */
export interface BeaconKeySource {
  /** @param options.forWriting refuses a key that would only be used since none can be had */
  beaconKey(branchKeyId: string, options: CallOptions & { readonly forWriting: boolean }): Promise<BeaconKey>
}

/** What is derived of one beacon key: the keys of its HMACs, by the names of beacons. */
export class HmacKeys {
  readonly #secret: Uint8Array
  readonly #keys = new Map<string, Buffer>()
  #partition: Buffer | undefined

  private constructor(secret: Uint8Array) {
    this.#secret = secret
  }

  static of(key: BeaconKey): HmacKeys {
    if (key.derived instanceof HmacKeys) return key.derived
    return key.keep(new HmacKeys(key.secret), keys => keys.#zero())
  }

  ofBeacon(name: string): Uint8Array {
    let key = this.#keys.get(name)
    if (key === undefined) {
      key = beaconHmacKey(this.#secret, name)
      this.#keys.set(name, key)
    }
    return key
  }

  get ofPartitions(): Uint8Array {
    this.#partition ??= partitionHmacKey(this.#secret)
    return this.#partition
  }

  #zero(): void {
    for (const key of this.#keys.values()) key.fill(0)
    this.#keys.clear()
    this.#partition?.fill(0)
    this.#partition = undefined
  }
}

/**
 * Does something with the keys of some branch keys, which are let go of after it.
 *
 * @throws {SearchError} `key-unavailable`
 * @throws the reason of `signal`
 */
export async function withHmacKeys<R>(
  source: BeaconKeySource,
  branchKeyIds: ReadonlySet<string>,
  { signal, forWriting }: CallOptions & { readonly forWriting: boolean },
  use: (keys: ReadonlyMap<string, HmacKeys>) => Promise<R>,
): Promise<R> {
  const ids = [...branchKeyIds]
  const outcomes = await Promise.allSettled(ids.map(id => source.beaconKey(id, { signal, forWriting })))
  const held = outcomes.map(outcome => (outcome.status === 'fulfilled' ? outcome.value : undefined))
  try {
    const failed = outcomes.find(outcome => outcome.status === 'rejected')
    if (failed !== undefined) {
      signal?.throwIfAborted()
      throw unavailable(failed.reason)
    }
    return await use(new Map(ids.map((id, index) => [id, HmacKeys.of(held[index]!)])))
  } finally {
    for (const key of held) key?.release()
  }
}

function unavailable(cause: unknown): SearchError {
  return new SearchError(
    'key-unavailable',
    'the beacon key could not be had from the key store. The error is the cause; check that the branch key exists, and that this process may read it and decrypt with a replica of its KMS key.',
    { cause },
  )
}
