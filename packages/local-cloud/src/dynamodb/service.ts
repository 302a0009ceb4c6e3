import type { AwsRequest, AwsResponse } from '../aws.js'
import type { RegionClocks } from '../clocks.js'
import { Descriptions } from './descriptions.js'
import type { Engine } from './engine.js'
import { GlobalTables } from './globalTable.js'
import { Inspection } from './inspection.js'
import type { Journal } from './journal.js'
import { KeyLocks } from './keyLocks.js'
import type { Lag } from './link.js'
import { requireOperation } from './operations.js'
import { isPartiQl, refuseUnclearWrites } from './partiQl/request.js'
import { ReplicationError } from './refusals.js'
import { Replication } from './replication.js'
import { isTableAdmin, TableAdmin } from './tableAdmin.js'
import { withTableNames } from './tableArns.js'
import { VersionClock } from './versions.js'
import { Writer } from './writer.js'
import { isWriting } from './writes.js'

export interface DynamoDbOptions {
  /** By region. */
  readonly engines: ReadonlyMap<string, Engine>
  /** How long after a write it starts to be applied elsewhere. */
  readonly replicationLag: Lag
  /** Milliseconds that tables stay CREATING, UPDATING or DELETING. */
  readonly settleDelay: number
  /** By these it is decided who wrote last. */
  readonly clocks: RegionClocks
  /** Default: all is forgotten in the end. */
  readonly journal?: Journal | undefined
}

/** DynamoDB in every region, with global tables between them. */
export class DynamoDbService {
  /** For people to look at. */
  readonly inspection: Inspection
  readonly #engines: ReadonlyMap<string, Engine>
  readonly #replication: Replication
  readonly #tables: GlobalTables
  readonly #writer: Writer
  readonly #admin: TableAdmin
  readonly #descriptions = new Descriptions()
  readonly #restore: () => Promise<void>

  constructor({ engines, replicationLag, settleDelay, clocks, journal }: DynamoDbOptions) {
    const tables = new GlobalTables()
    const locks = new KeyLocks()
    const replication = new Replication(engines, locks, replicationLag, journal)
    const clock = new VersionClock(clocks)
    const writer = new Writer({ tables, locks, replication, clock, journal })
    this.inspection = new Inspection(engines, tables, replication)
    this.#engines = engines
    this.#replication = replication
    this.#tables = tables
    this.#writer = writer
    this.#admin = new TableAdmin({
      engines,
      tables,
      replication,
      journal,
      settleDelay,
      untrackedDone: () => writer.untrackedDone(),
    })
    this.#restore = async () => {
      if (journal === undefined) return
      const { restore } = await import('./restore.js')
      await restore({ journal, engines, tables, replication, admin: this.#admin, clock })
    }
  }

  /** With a journal, goes on where an earlier process has ended. To be called before the first request. */
  restore(): Promise<void> {
    return this.#restore()
  }

  async handle(received: AwsRequest): Promise<AwsResponse> {
    const { request, restore } = withTableNames(received)
    return restore(await this.#handle(request))
  }

  async #handle(request: AwsRequest): Promise<AwsResponse> {
    const engine = this.#engines.get(request.region)!
    const { operation } = request
    const describe = this.#descriptions.of(engine, operation)
    if (describe !== undefined) return describe(request, engine)
    requireOperation(engine, operation)
    if (isPartiQl(operation)) await refuseUnclearWrites(request, this.#tables, engine)
    if (isWriting(operation)) return this.#writer.write(engine, request)
    if (isTableAdmin(operation)) return this.#admin.handle(engine, request)
    return engine.send(request)
  }

  /** Cuts replication between two regions; the function that is returned heals it. */
  cut(a: string, b: string): () => void {
    return this.#replication.cut(a, b)
  }

  /** Throws ReplicationError for writes that were refused for good since the last time. */
  async whenReplicated(): Promise<void> {
    await this.#replication.whenQuiet()
    const refused = this.#replication.takeRefused()
    if (refused.length > 0) throw new ReplicationError(refused)
  }

  async stop(): Promise<void> {
    this.#replication.stop()
    await Promise.all([...this.#engines.values()].map(engine => engine.close()))
  }
}
