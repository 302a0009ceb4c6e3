import { AwsError, type AwsRequest, type AwsResponse } from '../aws.js'
import { jsonResponse } from '../http/responses.js'
import { withBody } from './answers.js'
import { ask, describeTable, type Engine, EngineError, type TableDescription } from './engine.js'
import { copyOf, copyTimeToLive, exists, settled } from './engineTables.js'
import { GlobalTable, type GlobalTables } from './globalTable.js'
import type { Journal } from './journal.js'
import type { Replication } from './replication.js'
import { SharedSettings } from './sharedSettings.js'

interface ReplicaUpdate {
  readonly Create?: { readonly RegionName?: string }
  readonly Update?: { readonly RegionName?: string }
  readonly Delete?: { readonly RegionName?: string }
}

interface TableInput {
  readonly TableName?: string
  readonly ReplicaUpdates?: readonly ReplicaUpdate[]
  readonly [member: string]: unknown
}

const OPERATIONS: ReadonlySet<string> = new Set([
  'CreateTable',
  'DescribeTable',
  'UpdateTable',
  'DeleteTable',
  'UpdateTimeToLive',
])

export function isTableAdmin(operation: string): boolean {
  return OPERATIONS.has(operation)
}

/**
 * Operations on tables: the engine's, plus replicas. The messages are those that DynamoDB gives for
 * `ReplicaUpdates`.
 *
 * With a settle delay of 0 an answer waits until the table is what the client will ask for next, ACTIVE or gone:
 * the SDK's waiters, having seen anything else, sleep for 20 seconds.
 */
export class TableAdmin {
  readonly #engines: ReadonlyMap<string, Engine>
  readonly #tables: GlobalTables
  readonly #replication: Replication
  readonly #journal: Journal | undefined
  readonly #settings: SharedSettings
  readonly #settleDelay: number
  /** Resolves when the writes are done that were under way before a table became global. */
  readonly #untrackedDone: () => Promise<void>

  constructor(options: {
    engines: ReadonlyMap<string, Engine>
    tables: GlobalTables
    replication: Replication
    journal?: Journal | undefined
    settleDelay: number
    untrackedDone: () => Promise<void>
  }) {
    this.#engines = options.engines
    this.#tables = options.tables
    this.#replication = options.replication
    this.#journal = options.journal
    this.#settings = new SharedSettings(options.engines, options.settleDelay)
    this.#settleDelay = options.settleDelay
    this.#untrackedDone = options.untrackedDone
  }

  async handle(engine: Engine, request: AwsRequest): Promise<AwsResponse> {
    const { TableName = '', ReplicaUpdates, ...others } = readInput(request.body)
    if (request.operation === 'UpdateTable' && ReplicaUpdates !== undefined) {
      requireUpdates(ReplicaUpdates)
      refuseMore(ReplicaUpdates, others)
      return this.#updateReplicas(request.region, TableName, ReplicaUpdates)
    }

    const global = this.#tables.find(request.region, TableName)
    if (request.operation === 'DeleteTable' && global !== undefined)
      return this.#deleteHere(engine, request, global)
    if (request.operation === 'UpdateTimeToLive') return this.#settings.update(request, global)
    const response =
      request.operation === 'UpdateTable'
        ? await this.#settings.update(request, global)
        : await engine.send(request)
    if (response.status !== 200) return response
    const settles = request.operation === 'CreateTable' || request.operation === 'DeleteTable'
    if (settles && this.#settleDelay === 0) await settled(engine, TableName)
    return global === undefined ? response : withReplicas(response, global.describe(request.region))
  }

  /** What arrives meanwhile waits, until it is clear whether the replica is still one. */
  async #deleteHere(engine: Engine, request: AwsRequest, table: GlobalTable): Promise<AwsResponse> {
    const status = table.replicas.get(request.region)!
    const described = table.describe(request.region)
    table.replicas.set(request.region, 'DELETING')
    const response = await engine.send(request).catch((error: unknown) => {
      table.replicas.set(request.region, status)
      throw error
    })
    if (response.status !== 200) {
      table.replicas.set(request.region, status)
      return response
    }
    await this.#leave(table, request.region)
    if (this.#settleDelay === 0) await settled(engine, table.name)
    return withReplicas(response, described)
  }

  async #updateReplicas(
    region: string,
    tableName: string,
    updates: readonly ReplicaUpdate[],
  ): Promise<AwsResponse> {
    const description = await this.#describe(region, tableName)
    for (const update of updates) this.#check(region, tableName, update)
    for (const update of updates) {
      const target = update.Create?.RegionName ?? update.Delete?.RegionName
      if (target !== undefined && update.Create) await this.#createReplica(region, description, target)
      if (target !== undefined && update.Delete) await this.#deleteReplica(region, tableName, target)
    }
    const replicas = this.#tables.find(region, tableName)?.describe(region)
    return jsonResponse('dynamodb', {
      TableDescription: { ...description, TableStatus: 'UPDATING', ...replicas },
    })
  }

  #check(region: string, tableName: string, { Create, Update, Delete }: ReplicaUpdate): void {
    const target = (Create ?? Update ?? Delete)?.RegionName
    if (target === undefined)
      throw new AwsError(
        'ValidationException',
        'There are no actions specified in the Replica Update Action of the request.',
      )
    if (target === region)
      throw new AwsError(
        'ValidationException',
        'Cannot add, delete, or update the local region through ReplicaUpdates. ' +
          'Use CreateTable, DeleteTable, or UpdateTable as required.',
      )
    if (!this.#engines.has(target))
      throw new AwsError(
        'ValidationException',
        `Region ${target} is not supported. The latest version of global tables are only supported ` +
          `in the following regions: [${[...this.#engines.keys()].join(', ')}]`,
      )
    if (!Create && !this.#tables.find(region, tableName)?.replicas.has(target))
      throw new AwsError(
        'ValidationException',
        'Update global table operation failed because one or more replicas were not part of the global table. ' +
          `Please retry the request without these replicas: [${target}].`,
      )
  }

  /** The replica is noted before its table is made, so that a process that is killed knows of it when it starts again. */
  async #createReplica(region: string, description: TableDescription, target: string): Promise<void> {
    const { TableName } = description
    const there = await exists(this.#engines.get(target)!, TableName)
    if (there || this.#tables.find(target, TableName)) throw alreadyThere(TableName)
    const table =
      this.#tables.find(region, TableName) ??
      new GlobalTable(
        TableName,
        description.KeySchema.map(({ AttributeName }) => AttributeName),
      )
    if (!table.replicas.has(region)) this.#tables.join(table, region, 'ACTIVE')
    this.#tables.join(table, target, 'CREATING')
    await this.#journal?.saveTable(table)
    try {
      await ask(this.#engines.get(target)!, 'CreateTable', copyOf(description))
    } catch (error) {
      await this.#leave(table, target)
      if (!(error instanceof EngineError) || !error.response.body.toString().includes('ResourceInUse'))
        throw error
      throw alreadyThere(TableName)
    }
    const ready = this.#replication.track(this.#fill(table, region, target))
    if (this.#settleDelay === 0) await ready
    // Nobody is left to be told: DescribeTable shows the replica as CREATION_FAILED.
    else ready.catch(() => {})
  }

  async #fill(table: GlobalTable, source: string, target: string): Promise<void> {
    try {
      await settled(this.#engines.get(target)!, table.name)
      await this.#untrackedDone()
      await copyTimeToLive(this.#engines.get(source)!, this.#engines.get(target)!, table.name)
      await this.#replication.backfill(table, source, target)
      if (!table.replicas.has(target)) return
      table.replicas.set(target, 'ACTIVE')
      await this.#journal?.saveTable(table)
    } catch (error) {
      // Not noted: with a journal it is tried again at the next start.
      if (table.replicas.has(target)) table.replicas.set(target, 'CREATION_FAILED')
      throw error
    }
  }

  async #deleteReplica(region: string, tableName: string, target: string): Promise<void> {
    const table = this.#tables.find(region, tableName)!
    table.replicas.set(target, 'DELETING')
    await this.#journal?.saveTable(table)
    await this.#removeReplica(table, target)
  }

  async #removeReplica(table: GlobalTable, target: string): Promise<void> {
    const engine = this.#engines.get(target)!
    await ask(engine, 'DeleteTable', { TableName: table.name })
    await this.#leave(table, target)
    if (this.#settleDelay === 0) await settled(engine, table.name)
  }

  /** Finishes the removal of replicas that a killed process has begun. To be called before anything is replicated. */
  async resumeRemovals(table: GlobalTable): Promise<void> {
    for (const [region, status] of [...table.replicas]) {
      const left = !(await exists(this.#engines.get(region)!, table.name))
      if (status === 'DELETING' && !left) await this.#removeReplica(table, region)
      else if (status !== 'CREATING' && left) await this.#leave(table, region)
    }
  }

  /** Finishes, in the background, the creation of replicas that a killed process has begun. */
  async resumeCreations(table: GlobalTable): Promise<void> {
    const [source] = [...table.replicas].find(([, status]) => status === 'ACTIVE') ?? []
    if (source === undefined) return
    for (const [region, status] of table.replicas) {
      if (status !== 'CREATING') continue
      const engine = this.#engines.get(region)!
      if (!(await exists(engine, table.name)))
        await ask(engine, 'CreateTable', copyOf(await this.#describe(source, table.name)))
      this.#replication.track(this.#fill(table, source, region)).catch(() => {})
    }
  }

  async #leave(table: GlobalTable, region: string): Promise<void> {
    this.#tables.leave(table, region)
    await this.#journal?.left(table, region)
  }

  async #describe(region: string, tableName: string): Promise<TableDescription> {
    try {
      return await describeTable(this.#engines.get(region)!, tableName)
    } catch (error) {
      if (!(error instanceof EngineError)) throw error
      throw new AwsError(
        'ResourceNotFoundException',
        `Requested resource not found: Table: ${tableName} not found`,
      )
    }
  }
}

function readInput(body: Buffer): TableInput {
  try {
    const input = JSON.parse(body.toString()) as TableInput | null
    return typeof input?.TableName === 'string' ? input : {}
  } catch {
    return {}
  }
}

/** Throws AwsError for what is not of the shape that an SDK sends. */
function requireUpdates(updates: unknown): void {
  const isObject = (value: unknown) => typeof value === 'object' && value !== null
  if (!Array.isArray(updates) || !updates.every(isObject)) throw new AwsError('SerializationException')
}

/** What is asked for besides a replica would be forgotten in silence. */
function refuseMore(updates: readonly ReplicaUpdate[], others: Record<string, unknown>): void {
  const refuse = (what: string, instead: string): never => {
    throw new AwsError('UnknownOperationException', `${what} is not there in the local cloud. ${instead}`)
  }
  for (const name of Object.keys(others)) {
    if (name === 'MultiRegionConsistency' && others[name] === 'EVENTUAL') continue
    if (name === 'MultiRegionConsistency')
      refuse('Multi-Region strong consistency', 'Its global tables are eventually consistent.')
    refuse(`UpdateTable with ReplicaUpdates and ${name} at once`, 'Send the two one after the other.')
  }
  for (const { Create, Update } of updates) {
    const settings = Object.keys(Create ?? {}).filter(name => name !== 'RegionName')
    if (Update !== undefined || settings.length > 0)
      refuse('A replica with settings of its own', 'All replicas have the settings of their table.')
  }
}

function alreadyThere(tableName: string): AwsError {
  return new AwsError(
    'ValidationException',
    `Failed to create a the new replica of table with name: '${tableName}' ` +
      'because one or more replicas already existed as tables.',
  )
}

/** Adds members to the table description of an answer. */
function withReplicas(response: AwsResponse, replicas: Record<string, unknown>): AwsResponse {
  const answer = JSON.parse(response.body.toString()) as Record<string, Record<string, unknown>>
  for (const member of Object.values(answer)) Object.assign(member, replicas)
  return withBody(response, JSON.stringify(answer))
}
