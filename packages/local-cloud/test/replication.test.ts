import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { AwsResponse } from '../src/aws.js'
import { RegionClocks } from '../src/clocks.js'
import { DynaliteEngine } from '../src/dynamodb/dynaliteEngine.js'
import { ask, type Engine, type EngineRequest } from '../src/dynamodb/engine.js'
import { DynamoDbService } from '../src/dynamodb/service.js'
import { wireHeaders } from './wire.js'

/*
 * Races that a client cannot time: engines that pause or fail at a chosen operation.
 */

const EAST = 'us-east-1'
const WEST = 'us-west-2'
const IRELAND = 'eu-west-1'
const MUMBAI = 'ap-south-1'
const REGIONS = [EAST, WEST, IRELAND, MUMBAI]
const TableName = 'table'

/** dynalite, but that it can be made to pause or fail. */
class FickleEngine implements Engine {
  readonly name = 'fickle'
  /** Operations that fail until they are taken out. */
  readonly failing = new Set<string>()
  readonly #inner: Engine
  readonly #pauses = new Map<string, { reached: () => void; released: Promise<void> }>()

  constructor(inner: Engine) {
    this.#inner = inner
  }

  supports(operation: string): boolean {
    return this.#inner.supports(operation)
  }

  /** The next such operation waits before it is done. */
  pause(operation: string): { reached: Promise<void>; release: () => void } {
    let release = () => {}
    const released = new Promise<void>(resolve => {
      release = resolve
    })
    const reached = new Promise<void>(resolve => {
      this.#pauses.set(operation, { reached: resolve, released })
    })
    return { reached, release: () => release() }
  }

  async send(request: EngineRequest): Promise<AwsResponse> {
    const operation = String(request.headers['x-amz-target']).split('.')[1] ?? ''
    if (this.failing.has(operation)) throw new Error('out of order')
    const pause = this.#pauses.get(operation)
    this.#pauses.delete(operation)
    pause?.reached()
    await pause?.released
    return this.#inner.send(request)
  }

  close(): Promise<void> {
    return this.#inner.close()
  }
}

let engines: Map<string, FickleEngine>
let service: DynamoDbService

beforeEach(async () => {
  engines = new Map(REGIONS.map(region => [region, new FickleEngine(new DynaliteEngine(region, 0))]))
  service = new DynamoDbService({
    engines,
    replicationLag: { delay: 0, jitter: 0 },
    settleDelay: 0,
    clocks: new RegionClocks(),
  })
  await call(EAST, 'CreateTable', {
    TableName,
    AttributeDefinitions: [{ AttributeName: 'id', AttributeType: 'S' }],
    KeySchema: [{ AttributeName: 'id', KeyType: 'HASH' }],
    BillingMode: 'PAY_PER_REQUEST',
  })
})

afterEach(() => service.stop())

const engine = (region: string) => engines.get(region)!

async function call(region: string, operation: string, input: unknown): Promise<void> {
  const headers = wireHeaders({ service: 'dynamodb', region, operation })
  const body = Buffer.from(JSON.stringify(input))
  const { status } = await service.handle({ service: 'dynamodb', region, operation, headers, body })
  expect(status).toBe(200)
}

const put = (region: string, id: string, by: string) =>
  call(region, 'PutItem', { TableName, Item: { id: { S: id }, by: { S: by } } })

const add = (RegionName: string, from = EAST) =>
  call(from, 'UpdateTable', { TableName, ReplicaUpdates: [{ Create: { RegionName } }] })

async function items(region: string): Promise<unknown> {
  const { Items } = await ask(engine(region), 'Scan', { TableName })
  return Items
}

describe('a new replica', () => {
  it('gets a write that was under way when its table became global', async () => {
    const writing = engine(EAST).pause('PutItem')
    const written = put(EAST, '1', 'east')
    await writing.reached
    const added = add(WEST)
    // The copy would be over by now, if it did not wait.
    for (let turn = 0; turn < 100; turn++) await new Promise(setImmediate)
    writing.release()
    await Promise.all([written, added])
    expect(await items(WEST)).toEqual([{ id: { S: '1' }, by: { S: 'east' } }])
  })

  it('does not lose a newer write to the copy that is being made', async () => {
    await put(EAST, '1', 'before')
    const copying = engine(WEST).pause('PutItem')
    const added = add(WEST)
    await copying.reached
    const written = put(EAST, '1', 'after')
    for (let turn = 0; turn < 100; turn++) await new Promise(setImmediate)
    copying.release()
    await Promise.all([written, added])
    await service.whenReplicated()
    expect(await items(WEST)).toEqual([{ id: { S: '1' }, by: { S: 'after' } }])
  })
})

it('a new replica is not given back what was deleted, by an older write that overtakes the copy', async () => {
  await add(WEST)
  await add(IRELAND)
  service.cut(WEST, IRELAND)
  await put(WEST, '1', 'west')
  await service.whenReplicated()
  await call(EAST, 'DeleteItem', { TableName, Key: { id: { S: '1' } } })
  await service.whenReplicated()
  const copying = engine(IRELAND).pause('Scan')
  const overtaking = engine(MUMBAI).pause('PutItem')
  const added = add(MUMBAI, IRELAND)
  await copying.reached
  await overtaking.reached
  overtaking.release()
  copying.release()
  await added
  await service.whenReplicated()
  expect(await items(MUMBAI)).toEqual([])
})

it('a write that cannot be applied is applied when it can', async () => {
  await add(WEST)
  engine(WEST).failing.add('PutItem')
  await put(EAST, '1', 'east')
  const replicated = service.whenReplicated()
  await new Promise(setImmediate)
  engine(WEST).failing.clear()
  await replicated
  expect(await items(WEST)).toEqual([{ id: { S: '1' }, by: { S: 'east' } }])
})
