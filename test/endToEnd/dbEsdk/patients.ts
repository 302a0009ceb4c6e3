// Patients whose items are sealed as the AWS Database Encryption SDK does. The world stands for the tests of the file which
// imports this; each has a table of its own.
import { DynamoDBClient } from '@aws-sdk/client-dynamodb'
import { DynamoDBDocumentClient, GetCommand } from '@aws-sdk/lib-dynamodb'
import { createItemEncryptor, dbEsdkFormat } from '@dynaseal/db-esdk'
import { encrypted, type SealOptions, sealDocumentClient } from '@dynaseal/toolbox'
import { Entity, item, list, map, number, string } from 'dynamodb-toolbox'
import { withTablePerTest } from '../../support/tablePerTest.js'
import { toolboxTable } from '../../support/toolboxTable.js'
import { createWorld, EAST, WEST, type World } from '../../support/world.js'

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
  visits: [{ day: 'monday', finding: `${SECRET} 1` }],
}

withTablePerTest(
  (made, name) => {
    world = made
    tableName = name
    world.cloud.clearCalls()
  },
  () => createWorld({ engine: 'dynoxide' }),
)

export function patients(region = EAST, options: Partial<SealOptions> = {}) {
  const client = sealDocumentClient(DynamoDBDocumentClient.from(new DynamoDBClient(world.config(region))), {
    format: dbEsdkFormat({ keyring: world.keyring(region) }),
    ...options,
  } as SealOptions)
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
      visits: encrypted(list(map({ day: string(), finding: string() }))).optional(),
    }),
  })
  client.register(Patient)
  return { client, table, Patient }
}

/** The same table in an application without a mapper, in Java say. */
export const other = () =>
  createItemEncryptor({
    keyring: world.keyring(WEST),
    logicalTableName: tableName,
    partitionKeyName: 'pk',
    sortKeyName: 'sk',
    attributeActionsOnEncrypt: {
      note: 'ENCRYPT_AND_SIGN',
      visits: 'ENCRYPT_AND_SIGN',
      age: 'ENCRYPT_AND_SIGN',
    },
  })

export const raw = () => world.rawClient(EAST)
export const stored = async () =>
  (await raw().send(new GetCommand({ TableName: tableName, Key: key, ConsistentRead: true }))).Item!
