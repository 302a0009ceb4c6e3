import type { Callback, Database, Lock, Release, Store } from 'dynalite/db/index.js'
import { dynaliteDb } from './dynaliteModule.js'

/** A request, while dynalite works on it. */
interface Work {
  readonly fail: (error: unknown) => void
  /** The locks that it holds, as functions that let go. */
  readonly held: Set<() => void>
}

/**
 * dynalite throws what it did not expect from callbacks, which would end the process, and keeps the locks it had. Here
 * such an error fails the request it belongs to, and only that. All callbacks come from its databases, so that these
 * can pass on whose they are; a `domain` or an `AsyncLocalStorage` could, too, but would halve the speed.
 */
export class DynaliteGuard {
  readonly #guarded = new WeakSet<object>()
  #current: Work | undefined
  #store: Store | undefined

  /** Makes a dynalite whose databases are guarded. */
  guarding<T>(make: () => T): T {
    const { create } = dynaliteDb
    dynaliteDb.create = options => {
      this.#store = create(options)
      return this.#guardStore(this.#store)
    }
    try {
      return make()
    } finally {
      dynaliteDb.create = create
    }
  }

  /** Starts a request. `fail` is called for what is thrown now or in callbacks. */
  run(start: () => void, fail: (error: unknown) => void): void {
    this.#as({ fail, held: new Set() }, start)
  }

  /** Closes its LevelDB. Its server does that, too, but only one that listens, and then it answers any web page. */
  async closeStore(): Promise<void> {
    await new Promise<void>((resolve, reject) =>
      this.#store?.lifecycleManager.gracefulClose(error => (error ? reject(error) : resolve())),
    )
  }

  #as(work: Work | undefined, step: () => void): void {
    const before = this.#current
    this.#current = work
    try {
      step()
    } catch (error) {
      if (work === undefined) throw error
      for (const release of work.held) release()
      work.fail(error)
    } finally {
      this.#current = before
    }
  }

  #guardStore(store: Store): Store {
    this.#guardDatabase(store.tableDb)
    for (const name of ['getItemDb', 'getIndexDb', 'getTagDb'] as const) {
      const get = store[name]
      store[name] = (...args) => this.#guardDatabase(get(...args))
    }
    return store
  }

  #guardDatabase(database: Database): Database {
    if (this.#guarded.has(database)) return database
    this.#guarded.add(database)
    for (const name of ['get', 'put', 'del', 'batch'] as const) {
      const call = database[name].bind(database)
      database[name] = (...args) => call(...args.map(one => this.#guardCallback(one)))
    }
    for (const name of ['createKeyStream', 'createValueStream'] as const) {
      const create = database[name].bind(database)
      database[name] = options => {
        const stream = create(options)
        const on = stream.on.bind(stream)
        stream.on = (event, listener) => on(event, this.#guardCallback(listener) as Callback)
        return stream
      }
    }
    database.lock = this.#guardLock(database.lock)
    return database
  }

  #guardCallback(argument: unknown): unknown {
    if (typeof argument !== 'function') return argument
    const work = this.#current
    return (...args: unknown[]) => this.#as(work, () => argument(...args))
  }

  #guardLock(lock: Lock): Lock {
    return (key, hold) => {
      const work = this.#current
      lock(key, release =>
        this.#as(work, () => hold(work === undefined ? release : once(release, work.held))),
      )
    }
  }
}

/** A lock is let go once: when dynalite has done what it held it for, or when that has failed. */
function once(release: Release, held: Set<() => void>): Release {
  const letGo = () => {
    if (held.delete(letGo)) release(() => {})()
  }
  held.add(letGo)
  return done =>
    (...args) => {
      letGo()
      done(...args)
    }
}
