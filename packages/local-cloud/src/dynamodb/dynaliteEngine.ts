import { EventEmitter } from 'node:events'
import type { Server } from 'node:http'
import dynalite from 'dynalite'
import { ACCOUNT, type AwsRequest, type AwsResponse } from '../aws.js'
import type { Engine, EngineRequest } from './engine.js'
import { DYNALITE_OPERATIONS } from './operations.js'

/** dynalite, in memory. Its request handler is called directly: a socket between us would cost half the speed. */
export class DynaliteEngine implements Engine {
  readonly name = 'dynalite'
  readonly #server: Server

  /** `settleDelay`: how long, in milliseconds, a table stays CREATING, UPDATING or DELETING. */
  constructor(region: string, settleDelay: number) {
    this.#server = withEnvironment({ AWS_REGION: region, AWS_ACCOUNT_ID: ACCOUNT }, () =>
      dynalite({ createTableMs: settleDelay, updateTableMs: settleDelay, deleteTableMs: settleDelay }),
    )
  }

  supports(operation: string): boolean {
    return DYNALITE_OPERATIONS.has(operation)
  }

  send({ headers, body }: EngineRequest): Promise<AwsResponse> {
    return new Promise(resolve => {
      const request = new DirectRequest(headers)
      this.#server.emit('request', request, new DirectResponse(resolve))
      request.emit('data', body)
      request.emit('end')
    })
  }

  /** In memory there is nothing to close: nothing listens, nothing is open, and its timers are short. */
  async close(): Promise<void> {}
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
