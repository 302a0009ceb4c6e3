// Patients whose items are sealed as wholes: the second user of the seam between the toolbox and a format
// (docs/decisions/whole-item-format.md). The world stands for the tests of the file which imports this; each has a table of
// its own.
import { randomBytes } from 'node:crypto'
import { ConditionalCheckFailedException, DynamoDBClient } from '@aws-sdk/client-dynamodb'
import { DeleteCommand, DynamoDBDocumentClient, GetCommand, PutCommand } from '@aws-sdk/lib-dynamodb'
import { marshall } from '@aws-sdk/util-dynamodb'
import { encrypted, type SealOptions, sealDocumentClient } from '@dynaseal/toolbox'
import { binary, Entity, GetItemCommand, item, list, map, number, string } from 'dynamodb-toolbox'
import { withTablePerTest } from '../../support/tablePerTest.js'
import { toolboxTable } from '../../support/toolboxTable.js'
import { WholeItemFormat } from '../../support/wholeItemFormat.js'
import { EAST, type World } from '../../support/world.js'

export let world: World
export let tableName: string
export const key = { pk: 'a', sk: '1' }
export const SECRET = 'the secret plaintext'
export const PATIENT = {
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

export function patients(options: Partial<SealOptions> = {}, client = sealed(options)) {
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

export const raw = () => world.rawClient(EAST)

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

export async function stored(Key: Record<string, string> = key): Promise<Record<string, unknown>> {
  const { Item } = await raw().send(new GetCommand({ TableName: tableName, Key, ConsistentRead: true }))
  return Item as Record<string, unknown>
}

export const plant = (Item: Record<string, unknown>) =>
  raw().send(new PutCommand({ TableName: tableName, Item }))

export const load = () =>
  patients().Patient.build(GetItemCommand).key(key).options({ consistent: true }).send()
