import { AwsError, type AwsRequest, type AwsResponse } from '../aws.js'
import type { OpenCall } from '../callLog.js'
import type { RegionClocks } from '../clocks.js'
import { jsonResponse } from '../http/responses.js'
import { kmsErrors } from './errors.js'
import { arnOf, type RegionalKey } from './key.js'
import { KeyStore } from './keyStore.js'
import type { KeysOnDisk } from './keysOnDisk.js'
import { aliases } from './operations/aliases.js'
import { cryptography } from './operations/cryptography.js'
import { keys } from './operations/keys.js'
import { macs } from './operations/macs.js'
import { policies } from './operations/policies.js'
import { rotation } from './operations/rotation.js'
import { tags } from './operations/tags.js'
import type { KmsCall, KmsOperations } from './operations/types.js'
import { type KeyOverview, overviewOf } from './overview.js'
import { Parameters } from './parameters.js'
import { requireSupported } from './unsupported.js'

const operations: KmsOperations = {
  ...keys,
  ...aliases,
  ...tags,
  ...policies,
  ...rotation,
  ...cryptography,
  ...macs,
}

/** None of these changes anything, so that a dry run is a run whose answer is not given. */
const dryRunnable: ReadonlySet<string> = new Set([
  ...Object.keys(cryptography).filter(name => name !== 'GenerateRandom'),
  ...Object.keys(macs),
])

/** The operations after which a key or an alias may be another. */
const changing: ReadonlySet<string> = new Set(
  Object.keys({ ...keys, ...aliases, ...tags, ...policies, ...rotation }).filter(
    name => !/^(Describe|Get|List)/.test(name),
  ),
)

/** AWS KMS in every region. */
export class KmsService {
  readonly #store: KeyStore
  readonly #settleDelay: number
  readonly #disk: KeysOnDisk | undefined
  readonly #timers = new Set<NodeJS.Timeout>()

  /**
   * `settleDelay`: how long, in milliseconds, keys stay Creating or Updating. `disk`: where keys are kept; they are
   * read from there by `load`.
   */
  constructor(regions: readonly string[], settleDelay: number, clocks: RegionClocks, disk?: KeysOnDisk) {
    this.#store = new KeyStore(regions, region => clocks.now(region))
    this.#settleDelay = settleDelay
    this.#disk = disk
  }

  async load(): Promise<void> {
    await this.#disk?.load(this.#store)
  }

  /** Throws AwsError for what KMS answers with an error. What the answer tells is kept before it is given. */
  async handle(request: AwsRequest, log: OpenCall): Promise<AwsResponse> {
    try {
      return this.#answer(request, log)
    } finally {
      if (this.#disk !== undefined) await this.#disk.save(this.#store)
    }
  }

  /**
   * Creates a key that is called as the caller likes, in one step: a process that is killed leaves no key without its
   * alias. Answers its id. Throws AwsError.
   */
  async createKey(
    region: string,
    input: object,
    { keyId, aliasName }: { keyId?: string | undefined; aliasName?: string | undefined },
  ): Promise<string> {
    const answer = (operation: string, members: object) => {
      const body = Buffer.from(JSON.stringify(members))
      const log: OpenCall = { service: 'kms', region, operation, status: undefined, ended: false, at: 0 }
      return this.#answer({ service: 'kms', region, operation, headers: {}, body }, log, keyId)
    }
    try {
      const { KeyMetadata } = JSON.parse(answer('CreateKey', input).body.toString())
      if (aliasName !== undefined)
        answer('CreateAlias', { AliasName: aliasName, TargetKeyId: KeyMetadata.KeyId })
      return KeyMetadata.KeyId
    } finally {
      await this.#disk?.save(this.#store)
    }
  }

  /** `newKeyId`: the id of a key that it creates. */
  #answer(request: AwsRequest, log: OpenCall, newKeyId?: string): AwsResponse {
    const operation = Object.hasOwn(operations, request.operation) ? operations[request.operation] : undefined
    if (operation === undefined)
      throw new AwsError(
        'UnknownOperationException',
        `The local cloud's KMS has no operation ${request.operation}.`,
      )
    const call = this.#call(request, log, newKeyId)
    requireSupported(request.operation, call.parameters)
    const answer = operation(call)
    if (dryRunnable.has(request.operation) && call.parameters.boolean('DryRun')) throw kmsErrors.dryRun()
    return jsonResponse('kms', answer)
  }

  overview(): KeyOverview[] {
    return overviewOf(this.#store)
  }

  stop(): void {
    for (const timer of this.#timers) clearTimeout(timer)
  }

  #call({ region, operation, body }: AwsRequest, log: OpenCall, newKeyId?: string): KmsCall {
    const store = this.#store
    const parameters = new Parameters(body)
    const used = (key: RegionalKey) => {
      log.keyId = arnOf(key)
      if (changing.has(operation)) store.noteChange(key)
    }
    if (changing.has(operation) && operation.endsWith('Alias')) store.noteAliasChange(region)
    return {
      region,
      operation,
      parameters,
      store,
      newKeyId,
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
