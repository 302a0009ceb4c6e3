import type { AwsResponse } from '../aws.js'
import type { Engine, EngineRequest } from './engine.js'

/** An engine that is loaded and started by its first request: who only calls KMS, or another region, does without. */
export class LazyEngine implements Engine {
  readonly name: string
  readonly updatesIndexes: boolean
  readonly supports: Engine['supports']
  readonly #start: () => Promise<Engine>
  #starting: Promise<Engine> | undefined
  #started: Engine | undefined

  /** `traits`: what is known of it before. */
  constructor(traits: Pick<Engine, 'name' | 'updatesIndexes' | 'supports'>, start: () => Promise<Engine>) {
    this.name = traits.name
    this.updatesIndexes = traits.updatesIndexes
    this.supports = traits.supports
    this.#start = start
  }

  send(request: EngineRequest): Promise<AwsResponse> {
    return this.#started === undefined ? this.#sendFirst(request) : this.#started.send(request)
  }

  async #sendFirst(request: EngineRequest): Promise<AwsResponse> {
    this.#starting ??= this.#start()
    this.#started = await this.#starting
    return this.#started.send(request)
  }

  async close(): Promise<void> {
    const engine = await this.#starting
    await engine?.close()
  }
}
