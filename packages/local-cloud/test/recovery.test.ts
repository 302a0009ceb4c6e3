import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { AwsResponse } from '../src/aws.js'
import { RegionClocks } from '../src/clocks.js'
import { type Directory, openDirectory } from '../src/disk/directory.js'
import { DynaliteEngine } from '../src/dynamodb/dynaliteEngine.js'
import { ask, describeTable, type Engine, type EngineRequest } from '../src/dynamodb/engine.js'
import { Journal } from '../src/dynamodb/journal.js'
import { DynamoDbService } from '../src/dynamodb/service.js'
import { wireHeaders } from './wire.js'

/*
 * Moments at which a killed process leaves engines and journal apart, which a kill from outside seldom hits: here
 * the engines stop answering at a chosen operation, for good, and others go on with what is on disk.
 */

const EAST = 'us-east-1'
const WEST = 'us-west-2'
const IRELAND = 'eu-west-1'
const REGIONS = [EAST, WEST, IRELAND]
const TableName = 'table'

type Moment = 'before' | 'after'

/** Shared by all engines of a process. */
interface Fate {
  readonly region: string
  readonly operation: string
  /** Before or after the engine has done it. */
  readonly moment: Moment
  readonly reached: () => void
}

class MortalEngine implements Engine {
  readonly updatesIndexes = false
  readonly name = 'dynalite'
  /** The next such operation is done, and then fails. */
  failing: string | undefined
  readonly #region: string
  readonly #inner: Engine
  readonly #process: Process

  constructor(region: string, inner: Engine, process: Process) {
    this.#region = region
    this.#inner = inner
    this.#process = process
  }

  supports(operation: string): boolean {
    return this.#inner.supports(operation)
  }

  async send(request: EngineRequest): Promise<AwsResponse> {
    const operation = String(request.headers['x-amz-target']).split('.')[1] ?? ''
    await this.#meet('before', operation)
    const response = await this.#inner.send(request)
    await this.#meet('after', operation)
    if (operation === this.failing) {
      this.failing = undefined
      throw new Error('out of order')
    }
    return response
  }

  async #meet(moment: Moment, operation: string): Promise<void> {
    const { fate } = this.#process
    if (fate?.moment === moment && fate.region === this.#region && fate.operation === operation) {
      this.#process.dead = true
      fate.reached()
    }
    if (this.#process.dead) await new Promise(() => {})
  }

  close(): Promise<void> {
    return this.#inner.close()
  }
}

/** What lives between a start and a death. */
class Process {
  dead = false
  fate: Fate | undefined
  service!: DynamoDbService
  readonly engines = new Map<string, MortalEngine>()
  #directory!: Directory

  /** `delay`: of replication, in milliseconds. */
  static async start(path: string, delay = 0): Promise<Process> {
    const process = new Process()
    const directory = await openDirectory(path, REGIONS, 'dynalite')
    process.#directory = directory
    for (const region of REGIONS) {
      const inner = await DynaliteEngine.onDisk(region, 0, directory.engineFolder(region))
      process.engines.set(region, new MortalEngine(region, inner, process))
    }
    process.service = new DynamoDbService({
      engines: process.engines,
      replicationLag: { delay, jitter: 0 },
      settleDelay: 0,
      clocks: new RegionClocks(),
      journal: new Journal(directory.store),
    })
    await process.service.restore()
    return process
  }

  /** Ends it at that moment of what `work` does; whatever `work` was to answer is never known. */
  async dieAt(region: string, operation: string, moment: Moment, work: () => unknown): Promise<void> {
    const death = new Promise<void>(reached => {
      this.fate = { region, operation, moment, reached }
    })
    void work()
    await death
    await this.end()
  }

  failNext(region: string, operation: string): void {
    this.engines.get(region)!.failing = operation
  }

  async end(): Promise<void> {
    await this.service.stop()
    await this.#directory.close()
  }

  async call(region: string, operation: string, input: unknown): Promise<AwsResponse> {
    const headers = wireHeaders({ service: 'dynamodb', region, operation })
    const body = Buffer.from(JSON.stringify(input))
    return this.service.handle({ service: 'dynamodb', region, operation, headers, body })
  }

  put(region: string, id: string, by: string, more: object = {}): Promise<AwsResponse> {
    return this.call(region, 'PutItem', { TableName, Item: { id: { S: id }, by: { S: by } }, ...more })
  }

  update(region: string, updates: object): Promise<AwsResponse> {
    return this.call(region, 'UpdateTable', { TableName, ReplicaUpdates: [updates] })
  }

  /** What each region has, by id. */
  async contents(): Promise<Record<string, unknown>[]> {
    await this.service.whenReplicated()
    return Promise.all(
      REGIONS.map(async region => {
        const { Items } = await ask(this.engines.get(region)!, 'Scan', { TableName })
        return Object.fromEntries(
          (Items as { id: { S: string }; by: { S: string } }[]).map(({ id, by }) => [id.S, by.S]),
        )
      }),
    )
  }

  async replicas(region: string): Promise<unknown> {
    const { body } = await this.call(region, 'DescribeTable', { TableName })
    return JSON.parse(body.toString()).Table.Replicas
  }
}

let path: string
let running: Process

beforeEach(async () => {
  path = await mkdtemp(join(tmpdir(), 'local-cloud-'))
  running = await Process.start(path)
  await running.call(EAST, 'CreateTable', {
    TableName,
    AttributeDefinitions: [{ AttributeName: 'id', AttributeType: 'S' }],
    KeySchema: [{ AttributeName: 'id', KeyType: 'HASH' }],
    BillingMode: 'PAY_PER_REQUEST',
  })
})

afterEach(async () => {
  await running.end()
  await rm(path, { recursive: true, force: true })
})

async function restart(delay = 0): Promise<void> {
  running = await Process.start(path, delay)
}

async function addReplicas(): Promise<void> {
  for (const RegionName of [WEST, IRELAND]) await running.update(EAST, { Create: { RegionName } })
}

const everywhere = (items: Record<string, string>) => REGIONS.map(() => items)

describe('a write that was not acknowledged', () => {
  beforeEach(addReplicas)

  it('counts everywhere if the engine has it', async () => {
    await running.put(EAST, '1', 'before')
    await running.dieAt(EAST, 'PutItem', 'after', () => running.put(EAST, '1', 'after'))
    await restart()
    expect(await running.contents()).toEqual(everywhere({ '1': 'after' }))
  })

  it('counts everywhere if the engine has it: a deletion', async () => {
    await running.put(EAST, '1', 'before')
    await running.service.whenReplicated()
    const Key = { id: { S: '1' } }
    await running.dieAt(EAST, 'DeleteItem', 'after', () =>
      running.call(EAST, 'DeleteItem', { TableName, Key }),
    )
    await restart()
    expect(await running.contents()).toEqual(everywhere({}))
  })

  it('counts everywhere if the engine has it: those of a batch', async () => {
    const request = (id: string) => ({ PutRequest: { Item: { id: { S: id }, by: { S: 'batch' } } } })
    const RequestItems = { [TableName]: [request('1'), request('2')] }
    await running.dieAt(EAST, 'BatchWriteItem', 'after', () =>
      running.call(EAST, 'BatchWriteItem', { RequestItems }),
    )
    await restart()
    expect(await running.contents()).toEqual(everywhere({ '1': 'batch', '2': 'batch' }))
  })

  it('that the engine does not have gives nothing a new version: an acknowledged one is on its way', async () => {
    await running.put(EAST, '1', 'old')
    await running.service.whenReplicated()
    running.service.cut(EAST, WEST)
    await running.put(WEST, '1', 'acknowledged')
    await running.dieAt(EAST, 'PutItem', 'before', () => running.put(EAST, '1', 'lost'))
    await restart()
    expect(await running.contents()).toEqual(everywhere({ '1': 'acknowledged' }))
  })

  it('that was refused gives nothing a new version either', async () => {
    await running.put(EAST, '1', 'old')
    await running.service.whenReplicated()
    running.service.cut(EAST, WEST)
    await running.put(WEST, '1', 'acknowledged')
    const ConditionExpression = 'attribute_not_exists(id)'
    await running.dieAt(EAST, 'PutItem', 'after', () =>
      running.put(EAST, '1', 'refused', { ConditionExpression }),
    )
    await restart()
    expect(await running.contents()).toEqual(everywhere({ '1': 'acknowledged' }))
  })

  it('does not win over a later one that was acknowledged elsewhere', async () => {
    running.service.cut(EAST, WEST)
    const paused = running.dieAt(EAST, 'PutItem', 'after', () => running.put(EAST, '1', 'not acknowledged'))
    await paused
    await restart(1000)
    await running.put(WEST, '1', 'acknowledged')
    expect(await running.contents()).toEqual(everywhere({ '1': 'acknowledged' }))
  })
})

it('a write that fails when the engine has it counts everywhere, and still does after a restart', async () => {
  await addReplicas()
  running.failNext(EAST, 'PutItem')
  await expect(running.put(EAST, '1', 'east')).rejects.toThrow('out of order')
  expect(await running.contents()).toEqual(everywhere({ '1': 'east' }))
  await running.put(WEST, '1', 'west')
  await running.end()
  await restart()
  expect(await running.contents()).toEqual(everywhere({ '1': 'west' }))
})

describe('a write that was acknowledged', () => {
  beforeEach(addReplicas)

  it('arrives after a restart', async () => {
    running.service.cut(EAST, WEST)
    running.service.cut(EAST, IRELAND)
    await running.put(EAST, '1', 'east')
    await running.put(EAST, '1', 'east, later')
    await running.put(EAST, '2', 'east')
    await running.end()
    await restart()
    expect(await running.contents()).toEqual(everywhere({ '1': 'east, later', '2': 'east' }))
  })

  it('does not overwrite a newer one when it arrives after a restart', async () => {
    running.service.cut(EAST, WEST)
    await running.put(EAST, '1', 'older')
    await running.put(WEST, '1', 'newer')
    await running.end()
    await restart()
    expect(await running.contents()).toEqual(everywhere({ '1': 'newer' }))
  })

  it('does not bring back what was deleted, even twice restarted', async () => {
    running.service.cut(EAST, WEST)
    await running.put(EAST, '1', 'older')
    await running.call(WEST, 'DeleteItem', { TableName, Key: { id: { S: '1' } } })
    await running.end()
    await restart(60_000)
    await running.end()
    await restart()
    expect(await running.contents()).toEqual(everywhere({}))
  })

  it('is delivered again when the process dies at its delivery, and loses to what was written since', async () => {
    await running.dieAt(WEST, 'PutItem', 'after', () => running.put(EAST, '1', 'east'))
    await restart(1000)
    await running.put(WEST, '1', 'west')
    expect(await running.contents()).toEqual(everywhere({ '1': 'west' }))
  })
})

describe('a new replica', () => {
  it.each([
    ['CreateTable', 'before'],
    ['CreateTable', 'after'],
    ['PutItem', 'before'],
    ['PutItem', 'after'],
  ] as const)('is finished when the process dies at its %s, %s it is done', async (operation, moment) => {
    for (const id of ['1', '2', '3']) await running.put(EAST, id, 'east')
    await running.dieAt(WEST, operation, moment, () => running.update(EAST, { Create: { RegionName: WEST } }))
    await restart()
    await running.service.whenReplicated()
    expect(await running.replicas(EAST)).toEqual([{ RegionName: WEST, ReplicaStatus: 'ACTIVE' }])
    await running.update(EAST, { Create: { RegionName: IRELAND } })
    await running.put(WEST, '4', 'west')
    expect(await running.contents()).toEqual(
      everywhere({ '1': 'east', '2': 'east', '3': 'east', '4': 'west' }),
    )
  })

  it('is not made of a table that was there before, whenever the process dies', async () => {
    await running.call(WEST, 'CreateTable', {
      TableName,
      AttributeDefinitions: [{ AttributeName: 'id', AttributeType: 'S' }],
      KeySchema: [{ AttributeName: 'id', KeyType: 'HASH' }],
      BillingMode: 'PAY_PER_REQUEST',
    })
    await expect(running.update(EAST, { Create: { RegionName: WEST } })).rejects.toThrow('already existed')
    await running.end()
    await restart()
    expect(await running.replicas(EAST)).toBeUndefined()
  })
})

describe('a replica that is removed', () => {
  beforeEach(addReplicas)

  it.each(['before', 'after'] as const)('is gone when the process dies %s its table is', async moment => {
    const remove = { Delete: { RegionName: WEST } }
    await running.dieAt(WEST, 'DeleteTable', moment, () => running.update(EAST, remove))
    await restart()
    expect(await running.replicas(EAST)).toEqual([{ RegionName: IRELAND, ReplicaStatus: 'ACTIVE' }])
    await expect(describeTable(running.engines.get(WEST)!, TableName)).rejects.toThrow('not found')
  })

  it('is gone when the process dies after its own table was deleted', async () => {
    await running.dieAt(WEST, 'DeleteTable', 'after', () => running.call(WEST, 'DeleteTable', { TableName }))
    await restart()
    expect(await running.replicas(EAST)).toEqual([{ RegionName: IRELAND, ReplicaStatus: 'ACTIVE' }])
  })

  it('and added again has what the others have, and no memory of its own', async () => {
    await running.put(WEST, '1', 'west')
    await running.service.whenReplicated()
    await running.update(EAST, { Delete: { RegionName: WEST } })
    await running.put(EAST, '2', 'east')
    await running.update(EAST, { Create: { RegionName: WEST } })
    await running.end()
    await restart()
    expect(await running.contents()).toEqual(everywhere({ '1': 'west', '2': 'east' }))
  })
})
