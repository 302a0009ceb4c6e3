import { AwsError, type AwsRequest, type AwsResponse } from '../aws.js'
import type { OpenCall } from '../callLog.js'
import { jsonResponse } from '../http/responses.js'
import { arnOf, type RegionalKey } from './key.js'
import { KeyStore } from './keyStore.js'
import { aliases } from './operations/aliases.js'
import { cryptography } from './operations/cryptography.js'
import { keys } from './operations/keys.js'
import type { KmsCall, KmsOperations } from './operations/types.js'
import { Parameters } from './parameters.js'

const operations: KmsOperations = { ...keys, ...aliases, ...cryptography }

/** AWS KMS in every region. */
export class KmsService {
  readonly #store: KeyStore
  readonly #settleDelay: number
  readonly #timers = new Set<NodeJS.Timeout>()

  /** `settleDelay`: how long, in milliseconds, keys stay Creating or Updating. */
  constructor(regions: readonly string[], settleDelay: number) {
    this.#store = new KeyStore(regions)
    this.#settleDelay = settleDelay
  }

  /** Throws AwsError for what KMS answers with an error. */
  handle(request: AwsRequest, log: OpenCall): AwsResponse {
    const operation = Object.hasOwn(operations, request.operation) ? operations[request.operation] : undefined
    if (operation === undefined) throw new AwsError('UnknownOperationException')
    return jsonResponse('kms', operation(this.#call(request, log)))
  }

  stop(): void {
    for (const timer of this.#timers) clearTimeout(timer)
  }

  #call({ region, operation, body }: AwsRequest, log: OpenCall): KmsCall {
    const store = this.#store
    const parameters = new Parameters(body)
    const used = (key: RegionalKey) => {
      log.keyId = arnOf(key)
    }
    return {
      region,
      operation,
      parameters,
      store,
      used,
      key(parameter = 'KeyId') {
        const key = store.resolve(region, parameters.string(parameter))
        used(key)
        return key
      },
      context(parameter) {
        const context = parameters.encryptionContext(parameter)
        if (Object.keys(context).length > 0) log.encryptionContext = context
        return context
      },
      later: action => this.#later(action),
    }
  }

  #later(action: () => void): void {
    if (this.#settleDelay === 0) {
      // After this answer, before the next request: what a client sees does not depend on its speed.
      setImmediate(action)
      return
    }
    const timer = setTimeout(() => {
      this.#timers.delete(timer)
      action()
    }, this.#settleDelay)
    timer.unref()
    this.#timers.add(timer)
  }
}
