import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { ClassicLevel } from 'classic-level'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { DynaliteEngine } from '../src/dynamodb/dynaliteEngine.js'
import { ask, describeTable } from '../src/dynamodb/engine.js'

/* What a process leaves that is killed between two writes of dynalite to its LevelDB, made by hand. */

const REGION = 'us-east-1'
const TableName = 'table'

let folder: string
let engine: DynaliteEngine

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'dynalite-'))
  engine = await DynaliteEngine.onDisk(REGION, 0, folder)
  await createTable(TableName)
  // A name that starts with the other's.
  await createTable('table-2')
  for (const table of [TableName, 'table-2'])
    for (const id of ['1', '2']) await put(table, id, id === '1' ? 'red' : 'blue')
})

afterEach(async () => {
  await engine.close()
  await rm(folder, { recursive: true, force: true })
})

async function createTable(name: string): Promise<void> {
  await ask(engine, 'CreateTable', {
    TableName: name,
    AttributeDefinitions: ['id', 'sort', 'color'].map(AttributeName => ({
      AttributeName,
      AttributeType: 'S',
    })),
    KeySchema: [
      { AttributeName: 'id', KeyType: 'HASH' },
      { AttributeName: 'sort', KeyType: 'RANGE' },
    ],
    LocalSecondaryIndexes: [
      {
        IndexName: 'local',
        KeySchema: [
          { AttributeName: 'id', KeyType: 'HASH' },
          { AttributeName: 'color', KeyType: 'RANGE' },
        ],
        Projection: { ProjectionType: 'KEYS_ONLY' },
      },
    ],
    GlobalSecondaryIndexes: [
      {
        IndexName: 'global',
        KeySchema: [{ AttributeName: 'color', KeyType: 'HASH' }],
        Projection: { ProjectionType: 'ALL' },
      },
    ],
    BillingMode: 'PAY_PER_REQUEST',
  })
  while ((await describeTable(engine, name)).TableStatus !== 'ACTIVE') await new Promise(setImmediate)
}

const put = (table: string, id: string, color: string) =>
  ask(engine, 'PutItem', {
    TableName: table,
    Item: { id: { S: id }, sort: { S: 'a' }, color: { S: color }, more: { S: 'x' } },
  })

/** Changes LevelDB while dynalite is away. */
async function meanwhile(work: (level: ClassicLevel<string, unknown>) => Promise<void>): Promise<void> {
  await engine.close()
  const level = new ClassicLevel<string, unknown>(folder, { valueEncoding: 'json' })
  await level.open()
  await work(level)
  await level.close()
  engine = await DynaliteEngine.onDisk(REGION, 0, folder)
}

async function colors(table: string, IndexName: string | undefined): Promise<Record<string, unknown>> {
  const { Items } = await ask(engine, 'Scan', { TableName: table, IndexName })
  return Object.fromEntries(
    (Items as { id: { S: string }; color: { S: string } }[]).map(({ id, color }) => [id.S, color.S]),
  )
}

async function keys(level: ClassicLevel<string, unknown>, prefix: string): Promise<string[]> {
  return (await level.keys().all()).filter(key => key.startsWith(prefix))
}

describe('a table whose process was killed', () => {
  it.each(['index-local~table~local~', 'index-global~table~global~'])(
    'between %s and the item gets the entries that are missing, and loses those of no item',
    async prefix => {
      await meanwhile(async level => {
        const [first = '', second = ''] = await keys(level, prefix)
        // The old entry of one item is removed, and the new item not written ...
        await level.del(first)
        // ... a new entry of the other is written, and its item is not.
        const entry = (await level.get(second)) as object
        await level.put(`${second}0`, { ...entry, color: { S: 'green' } })
      })
      const expected = { '1': 'red', '2': 'blue' }
      for (const table of [TableName, 'table-2'])
        for (const index of [undefined, 'local', 'global'])
          expect(await colors(table, index)).toEqual(expected)
      const { Count } = await ask(engine, 'Scan', { TableName, IndexName: prefix.split('~')[2] })
      expect(Count).toBe(2)
    },
  )

  it('while it was made is there', async () => {
    await meanwhile(async level => {
      const table = (await level.get('table~table')) as object
      await level.put('table~table', { ...table, TableStatus: 'CREATING' })
    })
    expect(await ask(engine, 'DescribeTable', { TableName })).toMatchObject({
      Table: { TableStatus: 'ACTIVE' },
    })
    await put(TableName, '3', 'green')
    expect(await colors(TableName, 'global')).toMatchObject({ '3': 'green' })
  })

  it('while it was deleted is gone with all that it had, and nothing else is', async () => {
    await meanwhile(async level => {
      const { GlobalSecondaryIndexes, ...table } = (await level.get('table~table')) as Record<string, unknown>
      await level.put('table~table', { ...table, TableStatus: 'DELETING' })
    })
    expect(await ask(engine, 'ListTables', {})).toEqual({ TableNames: ['table-2'] })
    expect(await colors('table-2', 'global')).toEqual({ '1': 'red', '2': 'blue' })
    await createTable(TableName)
    for (const index of [undefined, 'local', 'global']) expect(await colors(TableName, index)).toEqual({})
  })
})
