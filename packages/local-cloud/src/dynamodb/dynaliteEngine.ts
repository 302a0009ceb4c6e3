import { EventEmitter } from 'node:events'
import type { Server } from 'node:http'
import { ACCOUNT, type AwsRequest, type AwsResponse } from '../aws.js'
import { DynaliteGuard } from './dynaliteGuard.js'
import { dynalite } from './dynaliteModule.js'
import type { Engine, EngineRequest } from './engine.js'
import { DYNALITE } from './operations.js'

/** dynalite. Its request handler is called directly: a socket between us would cost half the speed. */
export class DynaliteEngine implements Engine {
  readonly name = DYNALITE.name
  readonly supports = DYNALITE.supports
  readonly updatesIndexes = DYNALITE.updatesIndexes
  readonly #guard = new DynaliteGuard()
  readonly #server: Server
  readonly #folder: string | undefined
  readonly #underWay = new Set<Promise<AwsResponse>>()
  #closed = false

  /**
   * In memory, or with a folder in LevelDB, which needs `repairDynalite` first. `settleDelay`: how long, in
   * milliseconds, a table stays CREATING, UPDATING or DELETING.
   */
  constructor(region: string, settleDelay: number, folder?: string) {
    this.#folder = folder
    this.#server = withEnvironment({ AWS_REGION: region, AWS_ACCOUNT_ID: ACCOUNT }, () =>
      this.#guard.guarding(() =>
        dynalite({
          ...(folder === undefined ? {} : { path: folder }),
          createTableMs: settleDelay,
          updateTableMs: settleDelay,
          deleteTableMs: settleDelay,
        }),
      ),
    )
  }

  /** Goes on with what a process that may have been killed has left in the folder. */
  static async onDisk(region: string, settleDelay: number, folder: string): Promise<DynaliteEngine> {
    const { repairDynalite } = await import('./dynaliteRepair.js')
    await repairDynalite(folder)
    return new DynaliteEngine(region, settleDelay, folder)
  }

  async send(request: EngineRequest): Promise<AwsResponse> {
    if (this.#closed) throw new Error('dynalite is closed')
    const answer = this.#send(request)
    if (this.#folder !== undefined) {
      this.#underWay.add(answer)
      const done = () => void this.#underWay.delete(answer)
      answer.then(done, done)
    }
    return answer
  }

  #send({ headers, body }: EngineRequest): Promise<AwsResponse> {
    return new Promise((resolve, reject) => {
      const start = () => {
        const request = new DirectRequest(headers)
        this.#server.emit('request', request, new DirectResponse(resolve))
        request.emit('data', body)
        request.emit('end')
      }
      this.#guard.run(start, error =>
        reject(
          new Error(`dynalite failed: ${error instanceof Error ? error.message : error}`, { cause: error }),
        ),
      )
    })
  }

  /** In memory there is nothing to close: nothing listens, nothing is open, and its timers are short. */
  async close(): Promise<void> {
    if (this.#folder === undefined || this.#closed) return
    this.#closed = true
    // dynalite throws, where nobody can catch it, when its LevelDB closes under a request.
    while (this.#underWay.size > 0) await Promise.allSettled(this.#underWay)
    await this.#guard.closeStore()
  }
}

/** What dynalite uses of an http.IncomingMessage. */
class DirectRequest extends EventEmitter {
  readonly method = 'POST'
  readonly url = '/'
  readonly headers: AwsRequest['headers']

  constructor(headers: AwsRequest['headers']) {
    super()
    this.headers = headers
  }
}

/** What dynalite uses of an http.ServerResponse. */
class DirectResponse {
  statusCode = 200
  readonly #headers: Record<string, string> = {}
  readonly #resolve: (response: AwsResponse) => void

  constructor(resolve: (response: AwsResponse) => void) {
    this.#resolve = resolve
  }

  setHeader(name: string, value: string | number): void {
    this.#headers[name.toLowerCase()] = String(value)
  }

  end(body = ''): void {
    this.#resolve({ status: this.statusCode, headers: this.#headers, body })
  }
}

/** dynalite reads the region and account of its ARNs from the environment, once, when it is made. */
function withEnvironment<T>(variables: Readonly<Record<string, string>>, make: () => T): T {
  const before = Object.keys(variables).map(name => [name, process.env[name]] as const)
  Object.assign(process.env, variables)
  try {
    return make()
  } finally {
    for (const [name, value] of before) {
      if (value === undefined) delete process.env[name]
      else process.env[name] = value
    }
  }
}
