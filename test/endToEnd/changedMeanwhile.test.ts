// What a command is given is checked, and then a data key is fetched. What the application changes in between is not sent.
import { BatchWriteCommand, PutCommand, UpdateCommand } from '@aws-sdk/lib-dynamodb'
import { encrypted } from '@dynaseal/toolbox'
import {
  Entity,
  GetItemCommand,
  item,
  map,
  PutItemCommand,
  record,
  string,
  UpdateItemCommand,
} from 'dynamodb-toolbox'
import { describe, expect, test } from 'vitest'
import { storedItem } from '../support/attacker.js'
import { withTablePerTest } from '../support/tablePerTest.js'
import { toolboxTable } from '../support/toolboxTable.js'
import { EAST, type World } from '../support/world.js'

let world: World
let tableName: string
const key = { pk: 'a', sk: '1' }

withTablePerTest((made, name) => {
  world = made
  tableName = name
})

/** With a client that has no data key yet. */
function open() {
  const client = world.sealedClient(EAST)
  const table = toolboxTable(client, tableName)
  const E = new Entity({
    name: 'E',
    table,
    schema: item({
      pk: string().key(),
      sk: string().key(),
      ssn: encrypted(string()).optional(),
      names: record(string(), encrypted(string())).optional(),
      deep: map({ names: record(string(), encrypted(string())) }).optional(),
    }),
  })
  client.register(E)
  return { client, E }
}

type Params = Record<string, Record<string, Record<string, unknown>>>

const loaded = async () =>
  (await open().E.build(GetItemCommand).key(key).options({ consistent: true }).send()).Item
const given = { ...key, ssn: 'sealed', names: {}, deep: { names: {} } }

describe('an item that is put', () => {
  test.each([
    ['Put', (params: object) => new PutCommand(params as never)],
    [
      'BatchWrite',
      ({ Item }: { Item?: object }) =>
        new BatchWriteCommand({ RequestItems: { [tableName]: [{ PutRequest: { Item } }] } } as never),
    ],
  ])('by %s', async (_, command) => {
    const { client, E } = open()
    const params = E.build(PutItemCommand).item(given).params() as unknown as Params
    const sent = client.send(command(params) as PutCommand)
    params.Item!.names!.late = 'plaintext'
    ;(params.Item!.deep!.names as Record<string, unknown>).late = 'plaintext'
    await sent
    expect(await loaded()).toMatchObject(given)
    expect(JSON.stringify(await storedItem(world, tableName, key))).not.toContain('plaintext')
  })

  test('is read once', async () => {
    const { client, E } = open()
    const params = E.build(PutItemCommand).item(given).params() as unknown as Params
    const { ssn } = params.Item!
    const answers: unknown[] = [ssn]
    Object.defineProperty(params.Item, 'ssn', { enumerable: true, get: () => answers.shift() ?? 'plaintext' })
    await client.send(new PutCommand(params as never))
    expect(await loaded()).toMatchObject(given)
  })
})

describe('an update', () => {
  const params = ({ E }: ReturnType<typeof open>) =>
    E.build(UpdateItemCommand)
      .item({ ...key, ssn: 'new', deep: { names: {} } } as never)
      .params() as unknown as Params

  test('of the item that it was for', async () => {
    const world = open()
    const update = params(world)
    const sent = world.client.send(new UpdateCommand(update as never))
    ;(update.Key as Record<string, unknown>).sk = '2'
    await sent
    expect(await loaded()).toMatchObject({ ssn: 'new' })
  })

  test('of the attributes that it was for', async () => {
    const { client, E } = open()
    await E.build(PutItemCommand).item(given).send()
    const other = open()
    const names = { '#a': 'ssn', '#b': 'names' }
    const { ExpressionAttributeValues } = params(other)
    const pending = Object.values(ExpressionAttributeValues!).find(
      value => (value as unknown) instanceof Uint8Array,
    )
    const empty = {} as Record<string, unknown>
    const sent = other.client.send(
      new UpdateCommand({
        TableName: tableName,
        Key: key,
        UpdateExpression: 'SET #a = :a, #b = :b',
        ExpressionAttributeNames: names,
        ExpressionAttributeValues: { ':a': pending, ':b': empty },
      }),
    )
    names['#a'] = 'other'
    empty.late = 'plaintext'
    await sent
    expect(await loaded()).toMatchObject({ ...given, ssn: 'new' })
    client.destroy()
  })
})
