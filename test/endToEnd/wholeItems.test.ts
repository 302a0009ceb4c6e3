import { randomBytes } from 'node:crypto'
import { ConditionalCheckFailedException, DynamoDBClient } from '@aws-sdk/client-dynamodb'
import {
  DeleteCommand,
  BatchWriteCommand as DocumentBatchWriteCommand,
  DynamoDBDocumentClient,
  GetCommand,
  PutCommand,
} from '@aws-sdk/lib-dynamodb'
import { marshall } from '@aws-sdk/util-dynamodb'
import { encrypted, openPartially, type SealOptions, sealDocumentClient } from '@dynaseal/toolbox'
import {
  BatchGetCommand,
  BatchGetRequest,
  BatchPutRequest,
  BatchWriteCommand,
  binary,
  ConditionCheck,
  DeleteItemCommand,
  DeleteTransaction,
  Entity,
  executeBatchGet,
  executeBatchWrite,
  executeTransactGet,
  executeTransactWrite,
  GetItemCommand,
  GetTransaction,
  item,
  list,
  map,
  number,
  PutItemCommand,
  PutTransaction,
  QueryCommand,
  ScanCommand,
  string,
  UpdateItemCommand,
  UpdateTransaction,
} from 'dynamodb-toolbox'
import { describe, expect, test } from 'vitest'
import { leaks } from '../support/recordingProxy.js'
import { withTablePerTest } from '../support/tablePerTest.js'
import { toolboxTable } from '../support/toolboxTable.js'
import { WholeItemFormat } from '../support/wholeItemFormat.js'
import { EAST, type World } from '../support/world.js'

// The second user of the seam between the toolbox and a format (docs/decisions/whole-item-format.md).

let world: World
let tableName: string
const key = { pk: 'a', sk: '1' }
const SECRET = 'the secret plaintext'
const PATIENT = {
  ...key,
  gsi: 'ward 7',
  age: 44,
  tags: ['urgent'],
  note: SECRET,
  scan: new Uint8Array([1, 2, 3]),
  visits: [
    { day: 'monday', finding: `${SECRET} 1` },
    { day: 'tuesday', finding: `${SECRET} 2` },
  ],
}
const secret = randomBytes(32)

withTablePerTest((made, name) => {
  world = made
  tableName = name
})

function patients(options: Partial<SealOptions> = {}, client = sealed(options)) {
  const table = toolboxTable(client, tableName)
  const Patient = new Entity({
    name: 'Patient',
    table,
    timestamps: false,
    schema: item({
      pk: string().key(),
      sk: string().key(),
      gsi: string().optional(),
      age: number().optional(),
      tags: list(string()).optional(),
      note: encrypted(string()).optional(),
      scan: encrypted(binary()).optional(),
      visits: list(map({ day: string(), finding: encrypted(string()) })).optional(),
    }),
  })
  client.register(Patient)
  return { client, table, Patient }
}

function sealed(options: Partial<SealOptions>) {
  const client = new DynamoDBClient(world.config(EAST))
  addWhatTheEngineLacks(client)
  return sealDocumentClient(DynamoDBDocumentClient.from(client), {
    format: new WholeItemFormat(secret),
    ...options,
  } as SealOptions)
}

const raw = () => world.rawClient(EAST)

/** dynalite has no transactions, and returns no item with a failed condition. Here transactions are done one by one. */
function addWhatTheEngineLacks(client: DynamoDBClient): void {
  client.middlewareStack.add(
    (next, { commandName }) =>
      async args => {
        const input = args.input as { TransactItems: Record<string, never>[]; TableName: string }
        const answer = (output: object) => ({ response: {}, output: { $metadata: {}, ...output } }) as never
        if (commandName === 'TransactWriteItemsCommand') {
          for (const { Put, Delete } of input.TransactItems) {
            if (Put !== undefined) await raw().send(new PutCommand(Put))
            if (Delete !== undefined) await raw().send(new DeleteCommand(Delete))
          }
          return answer({})
        }
        if (commandName === 'TransactGetItemsCommand') {
          const reads = input.TransactItems.map(({ Get }) => raw().send(new GetCommand(Get as never)))
          return answer({ Responses: await Promise.all(reads) })
        }
        return next(args).catch(async error => {
          if (!(error instanceof ConditionalCheckFailedException)) throw error
          throw Object.assign(error, { Item: marshall(await stored()) })
        })
      },
    { step: 'initialize' },
  )
}

async function stored(Key: Record<string, string> = key): Promise<Record<string, unknown>> {
  const { Item } = await raw().send(new GetCommand({ TableName: tableName, Key, ConsistentRead: true }))
  return Item as Record<string, unknown>
}

const plant = (Item: Record<string, unknown>) => raw().send(new PutCommand({ TableName: tableName, Item }))

const load = () => patients().Patient.build(GetItemCommand).key(key).options({ consistent: true }).send()

describe('an item that is sealed as a whole', () => {
  test('is put and comes back by every read, without header and footer', async () => {
    const { table, Patient } = patients()
    await Patient.build(PutItemCommand).item(PATIENT).send()

    const { head, foot, ...rest } = await stored()
    expect([head, foot, rest.note, rest.scan]).toEqual(Array(4).fill(expect.any(Uint8Array)))
    expect(rest).toMatchObject({ ...key, gsi: 'ward 7', age: 44, tags: ['urgent'] })
    expect(rest.visits).toEqual([
      { day: 'monday', finding: expect.any(Uint8Array) },
      { day: 'tuesday', finding: expect.any(Uint8Array) },
    ])
    expect(leaks(world.proxy.sent, [SECRET])).toEqual([])

    expect((await Patient.build(GetItemCommand).key(key).send()).Item).toEqual(PATIENT)
    const query = table.build(QueryCommand).entities(Patient)
    expect((await query.query({ partition: 'a' }).send()).Items).toEqual([PATIENT])
    expect((await query.query({ index: 'byGsi', partition: 'ward 7' }).send()).Items).toEqual([PATIENT])
    expect((await table.build(ScanCommand).entities(Patient).send()).Items).toEqual([PATIENT])
    const batch = await executeBatchGet(
      table.build(BatchGetCommand).requests(Patient.build(BatchGetRequest).key(key)),
    )
    expect(batch.Responses?.[0]).toEqual([PATIENT])
    const transaction = await executeTransactGet(Patient.build(GetTransaction).key(key))
    expect(transaction.Responses).toEqual([{ Item: PATIENT }])
    expect(
      (await Patient.build(PutItemCommand).item(PATIENT).options({ returnValues: 'ALL_OLD' }).send())
        .Attributes,
    ).toEqual(PATIENT)
    expect(
      (await Patient.build(DeleteItemCommand).key(key).options({ returnValues: 'ALL_OLD' }).send())
        .Attributes,
    ).toEqual(PATIENT)
  })

  test('comes back as it was sent, header and footer aside, by the document client', async () => {
    const { client, Patient } = patients()
    await Patient.build(PutItemCommand).item(PATIENT).send()
    const { Item } = await client.send(new GetCommand({ TableName: tableName, Key: key }))
    expect(Item).toEqual({ ...PATIENT, _et: 'Patient' })
  })

  test('is written by batches and transactions', async () => {
    const { table, Patient } = patients()
    await executeBatchWrite(
      table.build(BatchWriteCommand).requests(Patient.build(BatchPutRequest).item(PATIENT)),
    )
    await executeTransactWrite(Patient.build(PutTransaction).item({ ...PATIENT, sk: '2' }))
    const { Items } = await table.build(QueryCommand).entities(Patient).query({ partition: 'a' }).send()
    expect(Items).toEqual([PATIENT, { ...PATIENT, sk: '2' }])
    await executeTransactWrite(
      Patient.build(ConditionCheck).key(key).condition({ attr: 'note', exists: true }),
      Patient.build(DeleteTransaction).key({ ...key, sk: '2' }),
    )
    expect(await stored({ ...key, sk: '2' })).toBeUndefined()
  })

  test('may encrypt nothing, and is sealed all the same', async () => {
    const { Patient } = patients()
    const given = { ...key, age: 44 }
    await Patient.build(PutItemCommand).item(given).send()
    expect(Object.keys(await stored())).toEqual(expect.arrayContaining(['head', 'foot']))
    expect((await load()).Item).toEqual(given)
    await plant({ ...(await stored()), age: 45 })
    await expect(load()).rejects.toMatchObject({ code: 'fields-not-opened' })
  })

  test('that DynamoDB did not process is sent again as it is', async () => {
    const { client, Patient } = patients()
    await Patient.build(PutItemCommand).item(PATIENT).send()
    const unprocessed = await stored()
    await raw().send(new PutCommand({ TableName: tableName, Item: { ...key, age: 1 } }))
    await client.send(
      new DocumentBatchWriteCommand({
        RequestItems: { [tableName]: [{ PutRequest: { Item: unprocessed } }] },
      }),
    )
    expect(await stored()).toEqual(unprocessed)
  })

  test('is opened in the error of a condition that failed', async () => {
    const { client, Patient } = patients()
    await Patient.build(PutItemCommand)
      .item({ ...key, age: 44, note: SECRET })
      .send()
    const put = new PutCommand({
      TableName: tableName,
      Item: { ...key },
      ConditionExpression: 'attribute_not_exists(pk)',
      ReturnValuesOnConditionCheckFailure: 'ALL_OLD',
    })
    await expect(client.send(put)).rejects.toMatchObject({
      name: 'ConditionalCheckFailedException',
      Item: { pk: { S: 'a' }, sk: { S: '1' }, age: { N: '44' }, note: { S: SECRET }, _et: { S: 'Patient' } },
    })
  })
})

describe('does not open', () => {
  type Stored = Record<string, unknown>
  test.each<[string, (given: Stored) => Stored, string, string[]]>([
    ['with a clear attribute changed', given => ({ ...given, age: 45 }), 'not-authentic', ['foot']],
    ['with a clear attribute removed', ({ age, ...rest }) => rest, 'not-authentic', ['foot']],
    ['with an attribute added', given => ({ ...given, added: 'x' }), 'not-authentic', ['foot']],
    [
      'with the name of its entity changed',
      given => ({ ...given, _et: 'Doctor' }),
      'not-authentic',
      ['foot'],
    ],
    [
      'with a clear attribute changed beside an encrypted one',
      given => ({ ...given, visits: (given.visits as object[]).map(visit => ({ ...visit, day: 'friday' })) }),
      'not-authentic',
      ['foot'],
    ],
    [
      'with the elements of a list in another order',
      given => ({ ...given, visits: (given.visits as object[]).toReversed() }),
      'not-authentic',
      ['foot'],
    ],
    ['with an encrypted attribute removed', ({ note, ...rest }) => rest, 'not-authentic', ['foot']],
    [
      'with an encrypted attribute replaced',
      given => ({ ...given, note: given.scan }),
      'not-authentic',
      ['foot'],
    ],
    [
      'with an encrypted attribute in clear',
      given => ({ ...given, note: 'clear' }),
      'not-a-message',
      ['note'],
    ],
    ['without its header', ({ head, ...rest }) => rest, 'not-a-message', ['head']],
    ['without its footer', ({ foot, ...rest }) => rest, 'not-a-message', ['foot']],
    ['with a header that is none', given => ({ ...given, head: 'text' }), 'not-a-message', ['head']],
    ['with nothing but clear attributes', () => ({ ...key, age: 44 }), 'not-a-message', ['head', 'foot']],
  ])('%s', async (_how, change, code, names) => {
    await patients().Patient.build(PutItemCommand).item(PATIENT).send()
    await plant(change(await stored()))
    await expect(load()).rejects.toMatchObject({
      name: 'FieldsNotOpenedError',
      failures: expect.arrayContaining(names.map(name => expect.objectContaining({ code, path: [name] }))),
    })
  })

  test('as another item', async () => {
    const { table, Patient } = patients()
    await Patient.build(PutItemCommand).item(PATIENT).send()
    await plant({ ...(await stored()), sk: '2' })
    await expect(
      Patient.build(GetItemCommand)
        .key({ ...key, sk: '2' })
        .send(),
    ).rejects.toMatchObject({
      code: 'fields-not-opened',
    })
    const { result, unopened } = await openPartially(() =>
      table.build(QueryCommand).entities(Patient).query({ partition: 'a' }).send(),
    )
    expect(result.Items).toEqual([PATIENT])
    expect(unopened.map(one => one.key)).toEqual([{ pk: 'a', sk: '2' }])
  })
})

describe('is refused, since it concerns a part of an item:', () => {
  test('an update, of an encrypted or a clear attribute', async () => {
    const { Patient } = patients()
    const refused = { code: 'update-refused', message: expect.stringContaining('put it back') }
    for (const change of [{ note: SECRET }, { age: 45 }, {}]) {
      await expect(
        Patient.build(UpdateItemCommand)
          .item({ ...key, ...change })
          .send(),
      ).rejects.toMatchObject(refused)
    }
    await expect(
      executeTransactWrite(Patient.build(UpdateTransaction).item({ ...key, age: 45 })),
    ).rejects.toMatchObject(refused)
    expect(world.cloud.calls({ service: 'dynamodb' }).map(call => call.operation)).not.toContain('UpdateItem')
    expect(leaks(world.proxy.sent, [SECRET])).toEqual([])
  })

  test("an expression that names one of the format's attributes", async () => {
    const { client } = patients()
    const put = (ConditionExpression: string) =>
      client.send(
        new PutCommand({
          TableName: tableName,
          Item: { ...key },
          ConditionExpression,
          ...(ConditionExpression.includes(':') ? { ExpressionAttributeValues: { ':v': 'x' } } : {}),
        }),
      )
    await expect(put('foot = :v')).rejects.toMatchObject({ code: 'condition-refused' })
    await expect(put('attribute_exists(foot)')).rejects.toMatchObject({ code: 'condition-refused' })
  })
})

describe("the format's attributes", () => {
  test('cannot be written by the application', async () => {
    const { client, Patient } = patients()
    await Patient.build(PutItemCommand).item(PATIENT).send()
    const { head, foot } = await stored()
    const { note } = Patient.build(PutItemCommand).item(PATIENT).params().Item!
    for (const own of [{ head: 'x' }, { head }, { head, foot, note: 'clear' }, { head, foot, note }]) {
      await expect(
        client.send(new PutCommand({ TableName: tableName, Item: { ...key, ...own } })),
      ).rejects.toMatchObject({ code: 'plaintext-refused' })
    }
  })

  test('cannot be declared by an entity', () => {
    const { client, table } = patients()
    const schema = item({ pk: string().key(), sk: string().key(), beds: number().savedAs('head') })
    const Room = new Entity({ name: 'Room', table, schema })
    expect(() => client.register(Room)).toThrow(expect.objectContaining({ code: 'invalid-schema' }))
  })
})

describe('a client', () => {
  test('that may only seal does not read, and one that may only open does not write', async () => {
    const { Patient } = patients({ role: 'seal' })
    await Patient.build(PutItemCommand)
      .item({ ...key, age: 44 })
      .send()
    const refused = { code: 'role-refused' }
    await expect(Patient.build(GetItemCommand).key(key).send()).rejects.toMatchObject(refused)
    const reader = patients({ role: 'open' })
    expect((await reader.Patient.build(GetItemCommand).key(key).send()).Item).toEqual({ ...key, age: 44 })
    await expect(
      reader.Patient.build(PutItemCommand)
        .item({ ...key, age: 45 })
        .send(),
    ).rejects.toMatchObject(refused)
  })

  test('reads items in clear where a table is being migrated, and no item that lacks its header alone', async () => {
    const { Patient } = patients({ plaintext: 'allow' })
    const clear = { ...key, age: 44, note: 'clear', scan: new Uint8Array([4]) }
    await plant({ ...clear, _et: 'Patient' })
    const get = Patient.build(GetItemCommand).key(key).options({ consistent: true })
    expect((await get.send()).Item).toEqual(clear)
    await Patient.build(PutItemCommand).item(PATIENT).send()
    expect((await get.send()).Item).toEqual(PATIENT)
    const { head, ...rest } = await stored()
    await plant(rest)
    await expect(get.send()).rejects.toMatchObject({ code: 'fields-not-opened' })
    await plant({ ...rest, head, note: 'clear' })
    await expect(get.send()).rejects.toMatchObject({ code: 'fields-not-opened' })
  })

  test('that is not sealed hands no ciphertext to the application', async () => {
    await patients()
      .Patient.build(PutItemCommand)
      .item({ ...key, scan: PATIENT.scan })
      .send()
    const { Patient, table } = patients()
    table.documentClient = raw()
    await expect(Patient.build(GetItemCommand).key(key).send()).rejects.toMatchObject({
      code: 'client-not-sealed',
    })
  })
})
