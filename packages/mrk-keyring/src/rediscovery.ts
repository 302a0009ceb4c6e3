import { describeKey, newIn, replicasOf } from './discovery.js'
import { publish } from './events.js'
import { failure, idOf } from './failure.js'
import type { RegionalKms } from './regionalKms.js'
import { isReplicaOf, resolveReplicas } from './replicas.js'

/** Asks for the replicas of a key again and again, so that new ones come into use without a restart. */
export class Rediscovery {
  readonly #kms: RegionalKms
  readonly #interval: number
  readonly #stopped = new AbortController()
  #cancel: () => void

  constructor(kms: RegionalKms, interval: number) {
    this.#kms = kms
    this.#interval = interval
    this.#cancel = this.#schedule()
  }

  stop(): void {
    this.#stopped.abort()
    this.#cancel()
  }

  #schedule(): () => void {
    return this.#kms.clock.after(this.#interval, () => void this.#ask(), true)
  }

  async #ask(): Promise<void> {
    const { replicas: before } = this.#kms
    const limits = this.#kms.begin(this.#stopped.signal)
    const result = await this.#kms.ask(
      describeKey(arn => isReplicaOf(before[0]!, arn)),
      limits,
    )
    if (this.#stopped.signal.aborted) return
    this.#cancel = this.#schedule()
    try {
      if (!result.won) throw failure('DescribeKey', idOf(before), this.#kms, [result], limits)
      const replicas = resolveReplicas(replicasOf(result.answer).map(({ arn }) => arn))
      this.#kms.replicas = replicas
      publish('discovery', () => ({
        replicas,
        added: newIn(replicas, before),
        removed: newIn(before, replicas),
      }))
    } catch (error) {
      // The replicas known before stay in use: what cannot be described may well still decrypt.
      publish('discovery', () => ({ replicas: before, added: [], removed: [], error }))
    }
  }
}
