import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { AwsRequest, AwsResponse } from '../src/aws.js'
import { RegionClocks } from '../src/clocks.js'
import { DynaliteEngine } from '../src/dynamodb/dynaliteEngine.js'
import { ask, describeTable, type Engine, type EngineRequest, readItem } from '../src/dynamodb/engine.js'
import { ReplicationError } from '../src/dynamodb/refusals.js'
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
  readonly updatesIndexes = false
  /** Operations that fail until they are taken out. */
  readonly failing = new Set<string>()
  /** The id of an item that it leaves undone when it is put with others. */
  leaving: string | undefined
  #refusing: { error: string; id?: string; reached: () => void } | undefined
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

  /** Refuses to put the item of this id, or any, until told to end. */
  refuse(refusal: { error: string; id?: string }): { once: Promise<void>; end: () => void } {
    const once = new Promise<void>(resolve => {
      this.#refusing = { ...refusal, reached: resolve }
    })
    const end = () => {
      this.#refusing = undefined
    }
    return { once, end }
  }

  async send(request: EngineRequest): Promise<AwsResponse> {
    const operation = String(request.headers['x-amz-target']).split('.')[1] ?? ''
    if (this.failing.has(operation)) throw new Error('out of order')
    if (operation === 'BatchWriteItem' && this.leaving !== undefined)
      return this.#leave(request, this.leaving)
    const refusing = operation === 'PutItem' ? this.#refusing : undefined
    if (refusing && (refusing.id ?? idOf(request)) === idOf(request)) {
      refusing.reached()
      return { status: 400, headers: {}, body: JSON.stringify({ __type: `aws#${refusing.error}` }) }
    }
    const pause = this.#pauses.get(operation)
    this.#pauses.delete(operation)
    pause?.reached()
    await pause?.released
    return this.#inner.send(request)
  }

  async #leave(request: EngineRequest, id: string): Promise<AwsResponse> {
    type Put = { PutRequest: { Item: { id: { S: string } } } }
    const { RequestItems } = JSON.parse(request.body.toString()) as { RequestItems: Record<string, Put[]> }
    const [[tableName, puts]] = Object.entries(RequestItems) as [[string, Put[]]]
    const isLeft = ({ PutRequest }: Put) => PutRequest.Item.id.S === id
    await ask(this.#inner, 'BatchWriteItem', {
      RequestItems: { [tableName]: puts.filter(put => !isLeft(put)) },
    })
    const body = JSON.stringify({ UnprocessedItems: { [tableName]: puts.filter(isLeft) } })
    return { status: 200, headers: {}, body }
  }

  close(): Promise<void> {
    return this.#inner.close()
  }
}

const idOf = ({ body }: EngineRequest): string => JSON.parse(body.toString()).Item.id.S

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

function dynamoRequest(region: string, operation: string, input: unknown): AwsRequest {
  const headers = wireHeaders({ service: 'dynamodb', region, operation })
  return { service: 'dynamodb', region, operation, headers, body: Buffer.from(JSON.stringify(input)) }
}

async function call(region: string, operation: string, input: unknown): Promise<void> {
  const { status } = await service.handle(dynamoRequest(region, operation, input))
  expect(status).toBe(200)
}

const put = (region: string, id: string, by: string) =>
  call(region, 'PutItem', { TableName, Item: { id: { S: id }, by: { S: by } } })

const add = (RegionName: string, from = EAST) =>
  call(from, 'UpdateTable', { TableName, ReplicaUpdates: [{ Create: { RegionName } }] })

async function statusOf(region: string): Promise<string | undefined> {
  return describeTable(engine(region), TableName).then(
    ({ TableStatus }) => TableStatus,
    () => undefined,
  )
}

async function deleteBehindOurBack(region: string): Promise<void> {
  await ask(engine(region), 'DeleteTable', { TableName })
  while ((await statusOf(region)) !== undefined) await new Promise(setImmediate)
}

async function describeIn(region: string) {
  const request = dynamoRequest(region, 'DescribeTable', { TableName })
  return JSON.parse((await service.handle(request)).body.toString())
}

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

describe('a new replica is not given back what was deleted', () => {
  let added: Promise<void>
  let copying: { release: () => void }
  let overtaking: { release: () => void }

  /** West's write is deleted in the east, but still on its way to Ireland, from where Mumbai is filled. */
  beforeEach(async () => {
    await add(WEST)
    await add(IRELAND)
    service.cut(WEST, IRELAND)
    await put(WEST, '1', 'west')
    await service.whenReplicated()
    await call(EAST, 'DeleteItem', { TableName, Key: { id: { S: '1' } } })
    await service.whenReplicated()
    const scan = engine(IRELAND).pause('Scan')
    const write = engine(MUMBAI).pause('PutItem')
    added = add(MUMBAI, IRELAND)
    await Promise.all([scan.reached, write.reached])
    copying = scan
    overtaking = write
  })

  it('by an older write that has overtaken the copy', async () => {
    overtaking.release()
    while (service.inspection.backlog(WEST, MUMBAI).count > 0) await new Promise(setImmediate)
    expect(await items(MUMBAI)).toHaveLength(1)
    copying.release()
    await added
    await service.whenReplicated()
    expect(await items(MUMBAI)).toEqual([])
  })

  it('by an older write that arrives while the copy is made', async () => {
    copying.release()
    overtaking.release()
    await added
    await service.whenReplicated()
    expect(await items(MUMBAI)).toEqual([])
  })
})

describe('a write that another region refuses', () => {
  const refusal = { tableName: TableName, from: EAST, to: WEST }

  it('is dropped and told, when it finds it invalid', async () => {
    await add(WEST)
    await deleteBehindOurBack(WEST)
    await ask(engine(WEST), 'CreateTable', {
      TableName,
      AttributeDefinitions: [{ AttributeName: 'other', AttributeType: 'S' }],
      KeySchema: [{ AttributeName: 'other', KeyType: 'HASH' }],
      BillingMode: 'PAY_PER_REQUEST',
    })
    while ((await statusOf(WEST)) !== 'ACTIVE') await new Promise(setImmediate)
    await put(EAST, '1', 'east')
    await put(EAST, '2', 'east')
    const error = await service.whenReplicated().catch((error: ReplicationError) => error)
    expect(error).toBeInstanceOf(ReplicationError)
    expect(error).toMatchObject({
      message: expect.stringMatching(
        /^2 writes were refused in another region, for good. The engine of us-west-2 did not take the first, to table in us-east-1: ValidationException: /,
      ),
      refused: [
        { ...refusal, key: { id: { S: '1' } }, error: 'ValidationException' },
        { ...refusal, key: { id: { S: '2' } }, error: 'ValidationException' },
      ],
    })
    // Once: a later wait is about later writes.
    await service.whenReplicated()
  })

  it('is dropped and told, when the table was deleted there behind our back', async () => {
    await add(WEST)
    await add(IRELAND)
    await deleteBehindOurBack(WEST)
    await put(EAST, '1', 'east')
    await expect(service.whenReplicated()).rejects.toMatchObject({
      refused: [{ ...refusal, error: 'ResourceNotFoundException' }],
    })
    expect(await items(IRELAND)).toHaveLength(1)
  })

  it('is dropped in silence, when it meets the deletion of the replica', async () => {
    await add(WEST)
    const deleting = engine(WEST).pause('DeleteTable')
    const deleted = call(WEST, 'DeleteTable', { TableName })
    await deleting.reached
    const refused = engine(WEST).refuse({ error: 'ResourceNotFoundException' })
    await put(EAST, '1', 'east')
    const replicated = service.whenReplicated()
    await refused.once
    deleting.release()
    await Promise.all([deleted, replicated])
  })

  it('is repeated until it passes, when it is throttled', async () => {
    await add(WEST)
    const refused = engine(WEST).refuse({ error: 'ProvisionedThroughputExceededException' })
    await put(EAST, '1', 'east')
    const replicated = service.whenReplicated()
    await refused.once
    refused.end()
    await replicated
    expect(await items(WEST)).toHaveLength(1)
  })

  it('is missing in a new replica, which has the others', async () => {
    for (const id of ['1', '2']) await put(EAST, id, 'east')
    engine(WEST).refuse({ error: 'ValidationException', id: '1' })
    await add(WEST)
    expect(await items(WEST)).toEqual([{ id: { S: '2' }, by: { S: 'east' } }])
    await expect(service.whenReplicated()).rejects.toMatchObject({
      refused: [{ ...refusal, key: { id: { S: '1' } }, error: 'ValidationException' }],
    })
  })

  it('fails the copy, when there is no table to copy to', async () => {
    await put(EAST, '1', 'east')
    const copying = engine(EAST).pause('Scan')
    const added = add(WEST)
    await copying.reached
    await deleteBehindOurBack(WEST)
    copying.release()
    await expect(added).rejects.toThrow('ResourceNotFoundException')
    const { Table } = await describeIn(EAST)
    expect(Table.Replicas).toEqual([{ RegionName: WEST, ReplicaStatus: 'CREATION_FAILED' }])
    await put(EAST, '2', 'east')
    await expect(service.whenReplicated()).rejects.toMatchObject({ refused: [{ key: { id: { S: '2' } } }] })
  })
})

it('what an engine leaves undone of a batch is not replicated', async () => {
  await add(WEST)
  await put(EAST, '1', 'east')
  await service.whenReplicated()
  const heal = service.cut(EAST, WEST)
  await put(WEST, '1', 'west, later')
  engine(EAST).leaving = '1'
  const PutRequest = (id: string) => ({ PutRequest: { Item: { id: { S: id }, by: { S: 'batch' } } } })
  await call(EAST, 'BatchWriteItem', { RequestItems: { [TableName]: ['1', '2'].map(PutRequest) } })
  heal()
  await service.whenReplicated()
  for (const region of [EAST, WEST]) {
    const by = async (id: string) => (await readItem(engine(region), TableName, { id: { S: id } }))?.by
    expect([await by('1'), await by('2')]).toEqual([{ S: 'west, later' }, { S: 'batch' }])
  }
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
