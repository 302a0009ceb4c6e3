import { AwsError, type AwsRequest, type AwsResponse } from '../aws.js'
import { ask, type Engine, EngineError } from './engine.js'
import { settled } from './engineTables.js'
import type { GlobalTable } from './globalTable.js'
import { requireIndexUpdates, requireOperation, requireStream } from './operations.js'
import { explain } from './refusals.js'

/** UpdateTable's members that are about one replica only; all others that engines know are about all of them. */
const LOCAL = ['DeletionProtectionEnabled', 'ReplicaUpdates'] as const

/**
 * Settings that all replicas of a table share, whichever of them is asked to change them: capacity mode and
 * throughput, global secondary indexes, stream, TTL. See "Settings synchronization" in
 * https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/globaltables-CoreConcepts.html.
 */
export class SharedSettings {
  readonly #engines: ReadonlyMap<string, Engine>
  readonly #settleDelay: number

  constructor(engines: ReadonlyMap<string, Engine>, settleDelay: number) {
    this.#engines = engines
    this.#settleDelay = settleDelay
  }

  /** UpdateTable or UpdateTimeToLive, of a table that need not be global. The answer is the one of its own region. */
  async update(request: AwsRequest, table: GlobalTable | undefined): Promise<AwsResponse> {
    const { region, operation } = request
    const input = readObject(request.body)
    const others = [...(table?.replicas.keys() ?? [])].filter(one => one !== region)
    for (const one of [region, ...others]) {
      requireOperation(this.#engine(one), operation)
      requireIndexUpdates(this.#engine(one), input)
      requireStream(this.#engine(one), input)
    }
    const response = await this.#engine(region).send(request)
    if (response.status !== 200) return response
    const tableName = String(input.TableName)
    if (operation === 'UpdateTable') await this.#settle(region, tableName)
    for (const one of others) await this.#follow(request, input, one)
    return response
  }

  async #follow(
    { region, operation }: AwsRequest,
    input: Record<string, unknown>,
    to: string,
  ): Promise<void> {
    const shared = Object.fromEntries(
      Object.entries(input).filter(([name]) => !LOCAL.some(one => one === name)),
    )
    const { TableName, ...settings } = shared
    if (Object.keys(settings).length === 0) return
    try {
      await ask(this.#engine(to), operation, shared)
    } catch (error) {
      if (!(error instanceof EngineError)) throw error
      const { error: name, message } = explain(error)
      if (isSoAlready(message)) return
      throw new AwsError(
        'InternalServerError',
        `${operation} was done in ${region}, but the engine of ${to} refused it: ${name}: ${message} ` +
          `The replicas of ${TableName} now differ in this setting.`,
      )
    }
    if (operation === 'UpdateTable') await this.#settle(to, String(TableName))
  }

  async #settle(region: string, tableName: string): Promise<void> {
    if (this.#settleDelay === 0) await settled(this.#engine(region), tableName)
  }

  #engine(region: string): Engine {
    return this.#engines.get(region)!
  }
}

/** DynamoDB, and so its engines, refuse to set what is set. */
function isSoAlready(message: string): boolean {
  return /will not change|TimeToLive is already (enabled|disabled)/.test(message)
}

function readObject(body: Buffer): Record<string, unknown> {
  try {
    const input: unknown = JSON.parse(body.toString())
    return typeof input === 'object' && input !== null && !Array.isArray(input) ? { ...input } : {}
  } catch {
    return {}
  }
}
