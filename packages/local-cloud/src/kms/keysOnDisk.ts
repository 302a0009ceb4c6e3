import type { Store, StoreChange } from '../disk/store.js'
import { type KeyRecord, keysOf, recordOf } from './keyRecords.js'
import type { Alias, KeyStore } from './keyStore.js'

const KEYS = 'kms/keys/'
const ALIASES = 'kms/aliases/'

/** Keeps the keys, one entry each with all its replicas, and the aliases, one entry for each region. */
export class KeysOnDisk {
  readonly #store: Store
  #saved: Promise<void> = Promise.resolve()

  constructor(store: Store) {
    this.#store = store
  }

  async load(keys: KeyStore): Promise<void> {
    for await (const [, record] of this.#store.entries(KEYS))
      for (const key of keysOf(record as KeyRecord)) keys.restore(key)
    for await (const [region, aliases] of this.#store.entries(ALIASES))
      for (const alias of aliases as Alias[]) keys.aliases(region).set(alias.name, alias)
  }

  /** Resolves when all that has changed so far is kept, by earlier calls as well. */
  save(keys: KeyStore): Promise<void> {
    const changed = keys.takeChanges()
    const changes: StoreChange[] = []
    for (const shared of changed.keys) {
      const key = KEYS + shared.id
      const replicas = keys.replicas(shared)
      changes.push(
        replicas.length === 0
          ? { type: 'del', key }
          : { type: 'put', key, value: recordOf(shared, replicas) },
      )
    }
    for (const region of changed.aliases)
      changes.push({ type: 'put', key: ALIASES + region, value: [...keys.aliases(region).values()] })
    if (changes.length > 0) this.#saved = this.#store.write(changes)
    return this.#saved
  }
}
