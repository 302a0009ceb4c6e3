import { BatchWriteCommand as RawBatchWriteCommand } from '@aws-sdk/lib-dynamodb'
import { encrypted } from '@dynaseal/toolbox'
import {
  BatchDeleteRequest,
  BatchGetCommand,
  BatchGetRequest,
  BatchPutRequest,
  BatchWriteCommand,
  DeletePartitionCommand,
  executeBatchGet,
  executeBatchWrite,
  QueryCommand,
} from 'dynamodb-toolbox'
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest'
import { type PartialBatches, startPartialBatches } from '../../support/partialBatches.js'
import { leaks } from '../../support/scanner/plaintexts.js'
import { Mint } from '../../support/scanner/sentinels.js'
import { createWorld, EAST, type World } from '../../support/world.js'
import { comparable, differences } from './compare.js'
import { type Entities, entities } from './entities.js'
import { type Attributes, on } from './loose.js'
import { inClear, type Seal } from './placement.js'
import { contextOf } from './row.js'
import { createMatrixTable, plainClient } from './tables.js'
import { watchedClient } from './watchedClient.js'

const SEALED = 'unprocessed-sealed'
const PLAIN = 'unprocessed-plain'
const mint = new Mint()
let world: World
let partial: PartialBatches
let sealed: Entities
let plain: Entities
let client: ReturnType<typeof watchedClient>
let pk: string
let partitions = 0

beforeAll(async () => {
  world = await createWorld()
  for (const table of [SEALED, PLAIN]) await createMatrixTable(world, table)
})
afterAll(() => world.stop())
beforeEach(async () => {
  pk = `p${++partitions}`
  partial = await startPartialBatches(world.cloud.endpoint, 2)
  const behind: World = {
    ...world,
    config: region => ({ ...world.config(region), endpoint: partial.endpoint }),
  }
  client = watchedClient(behind, EAST, {}, () => undefined)
  sealed = entities(client, SEALED, encrypted as Seal)
  plain = entities(plainClient(world, EAST, partial.endpoint), PLAIN, inClear)
})
afterEach(() => partial.stop())

const items = (count: number): Attributes[] =>
  Array.from({ length: count }, (_, i) => ({ pk, sk: String(i), ...contextOf(mint).before }))

const putAll = ({ table, Everything }: Entities, given: Attributes[], maxAttempts: number) =>
  executeBatchWrite(
    { maxAttempts },
    on(table, BatchWriteCommand).requests(
      ...given.map(item => on(Everything, BatchPutRequest).item(item)),
    ) as never,
  ) as Promise<Attributes>

async function stored({ table, Everything }: Entities): Promise<unknown> {
  const query = on(table, QueryCommand).entities(Everything).query({ partition: pk })
  return (await query.options({ consistent: true }).send()).Items
}

async function expectEqualItems(): Promise<void> {
  expect(
    differences(comparable(await stored(sealed), SEALED), comparable(await stored(plain), PLAIN)),
  ).toEqual([])
}

/** What was sent for an item, each time. */
const sentFor = (sk: string) =>
  partial.batches
    .flatMap(batch => (batch[SEALED] ?? []) as { PutRequest?: { Item: { sk: { S: string } } } }[])
    .flatMap(({ PutRequest }) => (PutRequest?.Item.sk.S === sk ? [JSON.stringify(PutRequest)] : []))

test('puts that come back are sent again as they were, and open', async () => {
  const given = items(5)
  world.cloud.clearCalls()
  const output = await putAll(sealed, given, 3)
  expect(partial.batches.map(batch => batch[SEALED])).toMatchObject([
    { length: 5 },
    { length: 3 },
    { length: 1 },
  ])
  expect(new Set(sentFor('4')).size).toBe(1)
  expect(sentFor('4')).toHaveLength(3)
  expect(leaks(JSON.stringify(partial.batches))).toEqual([])
  expect(world.kmsCalls()).toEqual([`GenerateDataKey ${EAST}`])

  const expected = await putAll(plain, given, 3)
  expect(differences(comparable(output, SEALED), comparable(expected, PLAIN))).toEqual([])
  await expectEqualItems()
})

test('what is unprocessed in the end is ciphertext, and can be sent as it is', async () => {
  const given = items(4)
  const { UnprocessedItems } = await putAll(sealed, given, 1)
  expect(leaks(JSON.stringify(UnprocessedItems))).toEqual([])
  const expected = await putAll(plain, given, 1)
  expect(Object.values(UnprocessedItems as object)[0]).toHaveLength(2)
  expect(Object.values(expected.UnprocessedItems as object)[0]).toHaveLength(2)

  await client.send(new RawBatchWriteCommand({ RequestItems: UnprocessedItems as never }))
  await putAll(plain, given.slice(2), 1)
  await expectEqualItems()
})

test('deletions and puts of one batch go through together', async () => {
  const given = items(3)
  const run = async (side: Entities) => {
    await putAll(side, given, 5)
    const { table, Everything, Note } = side
    return executeBatchWrite(
      { maxAttempts: Number.POSITIVE_INFINITY },
      on(table, BatchWriteCommand).requests(
        on(Everything, BatchDeleteRequest).key({ pk, sk: '0' }),
        on(Everything, BatchPutRequest).item({ ...given[1], sk: '1' }),
        on(Note, BatchPutRequest).item({ pk, sk: 'note', text: mint.text() }),
        on(Everything, BatchDeleteRequest).key({ pk, sk: '2' }),
        on(Everything, BatchPutRequest).item({ ...given[2], sk: '3' }),
      ) as never,
    )
  }
  const output = await run(sealed)
  expect(differences(comparable(output, SEALED), comparable(await run(plain), PLAIN))).toEqual([])
  expect(leaks(JSON.stringify(partial.batches.map(batch => batch[SEALED] ?? [])))).toEqual([])
  await expectEqualItems()
})

test.each([[undefined], [['text', 'inMap.shut']], [['inTuple[1]', 'map']]])(
  'keys that come back are asked for again, with attributes %j',
  async attributes => {
    const given = items(5)
    const run = async (side: Entities) => {
      await putAll(side, given, 5)
      const get = on(side.table, BatchGetCommand)
        .requests(...given.map(({ sk }) => on(side.Everything, BatchGetRequest).key({ pk, sk })))
        .options({ consistent: true, ...(attributes === undefined ? {} : { attributes }) })
      return executeBatchGet({ maxAttempts: 3 }, get as never) as Promise<Attributes>
    }
    const output = await run(sealed)
    expect((output.Responses as unknown[][])[0]).toHaveLength(5)
    expect(output.UnprocessedKeys).toEqual({})
    expect(differences(comparable(output, SEALED), comparable(await run(plain), PLAIN))).toEqual([])
  },
)

test('keys that are left in the end are left as DynamoDB returned them', async () => {
  const given = items(3)
  await putAll(sealed, given, 5)
  const get = on(sealed.table, BatchGetCommand)
    .requests(...given.map(({ sk }) => on(sealed.Everything, BatchGetRequest).key({ pk, sk })))
    .options({ consistent: true })
  const output = (await executeBatchGet(get as never)) as Attributes
  expect(output.UnprocessedKeys).toEqual({ [SEALED]: { Keys: [{ pk, sk: '2' }], ConsistentRead: true } })
  expect((output.Responses as unknown[][])[0]).toMatchObject([{ sk: '0' }, { sk: '1' }, undefined])
})

test('DeletePartition goes on until all is gone', async () => {
  await putAll(sealed, items(5), 5)
  const { table, Everything } = sealed
  await on(table, DeletePartitionCommand).entities(Everything).query({ partition: pk }).send()
  expect(await stored(sealed)).toEqual([])
})
