import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { itemCheckpoint } from '../src/api.js'
import { configText, createWorld, EAST, users, type World } from './support/cloud.js'
import { dynaseal, folder } from './support/command.js'

let world: World
let cwd: string
let remove: () => void

beforeAll(async () => {
  world = await createWorld()
  ;({ path: cwd, remove } = folder({ 'dynaseal.config.ts': configText(world) }))
  const id = { id: { S: 'ada' }, _et: { S: 'User' }, ssn: { S: '1' } }
  await world.dynamodb.putItem({ TableName: users.name, Item: id })
  await world.dynamodb.createTable({
    TableName: 'checkpoints',
    BillingMode: 'PAY_PER_REQUEST',
    AttributeDefinitions: [{ AttributeName: 'job', AttributeType: 'S' }],
    KeySchema: [{ AttributeName: 'job', KeyType: 'HASH' }],
  })
})
afterEach(() => world.cloud.heal())
afterAll(async () => {
  remove()
  await world.stop()
})

/** More often than the AWS SDK tries by itself. */
const TIMES = 4
const throttle = (operation: string, times = TIMES) => {
  const error = operation.startsWith('Describe')
    ? 'ThrottlingException'
    : 'ProvisionedThroughputExceededException'
  world.cloud.fault({
    region: EAST,
    service: 'dynamodb',
    operation,
    kind: 'error',
    error,
    status: 400,
    times,
  })
}

describe('throttling only makes it slower:', () => {
  it.each([
    ['scan users', 'DescribeTable', 3],
    ['inspect users ada', 'GetItem', 3],
    ['backfill users --apply --checkpoint-table checkpoints', 'DescribeTable', 0],
    ['rewrap users --all --apply --checkpoint-table checkpoints', 'PutItem', 0],
    ['drill --sample 1', 'Scan', 3],
  ])('%s, of %s', async (command, operation, code) => {
    world.cloud.clearCalls()
    throttle(operation)
    const said = await dynaseal(command.split(' '), { cwd })
    const calls = world.cloud.calls({ service: 'dynamodb', operation })
    expect([said.code, said.note.includes('Exception'), calls.length > TIMES]).toEqual([code, false, true])
  })

  it('Ctrl-C ends it', async () => {
    world.cloud.clearCalls()
    throttle('DescribeTable', 1000)
    const end = new AbortController()
    const ended = dynaseal(['scan', 'users'], { cwd, signal: end.signal })
    const calls = () => world.cloud.calls({ operation: 'DescribeTable' }).length
    await expect.poll(calls, { timeout: 20_000 }).toBeGreaterThanOrEqual(TIMES)
    end.abort()
    expect(await ended).toMatchObject({ code: 130, out: '' })
  })

  it('of a checkpoint, whose server fails meanwhile', async () => {
    const target = (await world.project()).target(users.name)
    const checkpoint = await itemCheckpoint(target, 'checkpoints', 'job')
    for (const operation of ['PutItem', 'GetItem', 'DeleteItem'])
      world.cloud.fault({ region: EAST, service: 'dynamodb', operation, kind: 'error', times: TIMES })
    await checkpoint.save('1')
    expect(await checkpoint.load()).toBe('1')
    await checkpoint.remove()
    expect(await checkpoint.load()).toBeUndefined()
  })
})
