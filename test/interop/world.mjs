// Two regions with a multi-Region key and a global table, and the application that writes in one of them.
import {
  CreateTableCommand,
  DynamoDBClient,
  UpdateTableCommand,
  waitUntilTableExists,
} from '@aws-sdk/client-dynamodb'
import { CreateKeyCommand, KMSClient, ReplicateKeyCommand } from '@aws-sdk/client-kms'
import { DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb'
import { startLocalCloud } from '@dynaseal/local-cloud'
import { MrkKeyring } from '@dynaseal/mrk-keyring'
import { encrypted, sealDocumentClient } from '@dynaseal/toolbox'
import {
  any,
  binary,
  boolean,
  Entity,
  item,
  list,
  map,
  nul,
  number,
  PutItemCommand,
  record,
  set,
  string,
  Table,
} from 'dynamodb-toolbox'

export const EAST = 'us-east-1'
export const WEST = 'us-west-2'
export const TABLE = 'customers-live'
/** What the fields are bound to: not the table's name, so that the reader has to be told. */
export const LOGICAL_TABLE = 'Kundinnen-ü'
export const CONTEXT = { tenant: 'acme' }

export async function startWorld() {
  const cloud = await startLocalCloud({ regions: [EAST, WEST], replicationDelay: 1 })
  const credentials = { accessKeyId: 'local', secretAccessKey: 'local' }
  const config = region => ({ region, endpoint: cloud.endpoint, credentials })

  const kms = new KMSClient(config(EAST))
  const { KeyMetadata } = await kms.send(new CreateKeyCommand({ MultiRegion: true }))
  const replicated = await kms.send(
    new ReplicateKeyCommand({ KeyId: KeyMetadata.KeyId, ReplicaRegion: WEST }),
  )
  kms.destroy()
  const keyArns = [KeyMetadata.Arn, replicated.ReplicaKeyMetadata.Arn]

  const dynamodb = new DynamoDBClient(config(EAST))
  await dynamodb.send(
    new CreateTableCommand({
      TableName: TABLE,
      BillingMode: 'PAY_PER_REQUEST',
      AttributeDefinitions: [
        { AttributeName: 'shop', AttributeType: 'S' },
        { AttributeName: 'number', AttributeType: 'N' },
      ],
      KeySchema: [
        { AttributeName: 'shop', KeyType: 'HASH' },
        { AttributeName: 'number', KeyType: 'RANGE' },
      ],
    }),
  )
  await waitUntilTableExists({ client: dynamodb, maxWaitTime: 30 }, { TableName: TABLE })
  await dynamodb.send(
    new UpdateTableCommand({ TableName: TABLE, ReplicaUpdates: [{ Create: { RegionName: WEST } }] }),
  )

  return {
    cloud,
    keyArns,
    /** The entity of an application of its own, with a data key of its own, that writes this format. */
    customer: (format, options) => customerEntity(config, keyArns, { format, ...options }),
    /** The table as it stands, without Dynaseal. */
    raw: DynamoDBDocumentClient.from(dynamodb),
    async stop() {
      dynamodb.destroy()
      await cloud.stop()
    },
  }
}

/** An encrypted attribute of every kind, whole containers and leaves inside of containers. */
function customerEntity(config, keyArns, options) {
  const keyring = new MrkKeyring({
    keyArns,
    region: EAST,
    // The test says which region was asked: one that was hedged because this machine is busy would be counted too.
    hedge: false,
    attemptTimeout: 20_000,
    timeout: 25_000,
    client: region => new KMSClient({ ...config(region), maxAttempts: 1 }),
  })
  const documentClient = sealDocumentClient(DynamoDBDocumentClient.from(new DynamoDBClient(config(EAST))), {
    ...options,
    keyring,
    encryptionContext: CONTEXT,
    logicalTableName: () => LOGICAL_TABLE,
  })
  const Customers = new Table({
    documentClient,
    name: TABLE,
    partitionKey: { name: 'shop', type: 'string' },
    sortKey: { name: 'number', type: 'number' },
  })
  const Customer = new Entity({
    name: 'Customer',
    table: Customers,
    schema: item({
      shop: string().key(),
      number: number().key(),
      text: encrypted(string()),
      empty: encrypted(string()),
      amount: encrypted(number()),
      huge: encrypted(number().big()),
      yes: encrypted(boolean()),
      no: encrypted(boolean()),
      nothing: encrypted(nul()),
      blob: encrypted(binary()),
      texts: encrypted(set(string())),
      numbers: encrypted(set(number())),
      blobs: encrypted(set(binary())),
      array: encrypted(list(string())),
      object: encrypted(map({ city: string(), zip: string() })),
      lookup: encrypted(record(string(), number())),
      anything: encrypted(any()),
      renamed: encrypted(string()).savedAs('r'),
      profile: map({ open: string(), shut: encrypted(string()) }),
      cards: list(map({ label: string(), number: encrypted(string()) })),
      codes: list(encrypted(string())),
      notes: record(string(), encrypted(string())),
    }),
  })
  documentClient.register(Customer)
  return Customer
}

export const keyOf = number => ({ shop: 'Zürich', number })
export const keyJson = number => ({ shop: { S: 'Zürich' }, number: { N: `${number}` } })
const bytes = (...values) => Uint8Array.from(values)

export const put = (Customer, number) =>
  Customer.build(PutItemCommand)
    .item({
      ...keyOf(number),
      text: 'Zürich – 東京 🗝️',
      empty: '',
      amount: 48151623.42,
      huge: 12345678901234567890123456789012345678n,
      yes: true,
      no: false,
      nothing: null,
      blob: bytes(0, 255, 128),
      texts: new Set(['\u{ff61}', '\u{10002}', 'a']),
      numbers: new Set([9, 10, -1.5, 1e-7]),
      blobs: new Set([bytes(255), bytes(0, 1), bytes(0)]),
      array: ['b', 'a', 'b'],
      object: { zip: '8001', city: 'Zürich' },
      lookup: { '\u{ff61}': 1, '\u{10002}': 2 },
      anything: { deep: [{ er: [null, true, 'x', new Set([1])] }], none: {} },
      renamed: 'saved as r',
      profile: { open: 'in clear', shut: 'sealed in a map' },
      cards: [
        { label: 'one', number: '4111' },
        { label: 'two', number: '5500' },
      ],
      codes: ['first', 'second'],
      notes: { 'a.b': 'sealed in a record' },
    })
    .send()

/** What the reader must find: the path as it is stored, and the value in DynamoDB's JSON. */
export const EXPECTED = [
  [['text'], { S: 'Zürich – 東京 🗝️' }],
  [['empty'], { S: '' }],
  [['amount'], { N: '48151623.42' }],
  [['huge'], { N: '12345678901234567890123456789012345678' }],
  [['yes'], { BOOL: true }],
  [['no'], { BOOL: false }],
  [['nothing'], { NULL: true }],
  [['blob'], { B: 'AP+A' }],
  [['texts'], { SS: ['a', '\u{10002}', '\u{ff61}'] }],
  [['numbers'], { NS: ['-1.5', '0.0000001', '10', '9'] }],
  [['blobs'], { BS: ['AA==', 'AAE=', '/w=='] }],
  [['array'], { L: [{ S: 'b' }, { S: 'a' }, { S: 'b' }] }],
  [['object'], { M: { city: { S: 'Zürich' }, zip: { S: '8001' } } }],
  [['lookup'], { M: { '\u{10002}': { N: '2' }, '\u{ff61}': { N: '1' } } }],
  [
    ['anything'],
    {
      M: {
        deep: { L: [{ M: { er: { L: [{ NULL: true }, { BOOL: true }, { S: 'x' }, { NS: ['1'] }] } } }] },
        none: { M: {} },
      },
    },
  ],
  [['r'], { S: 'saved as r' }],
  [['profile', 'shut'], { S: 'sealed in a map' }],
  [['cards', 0, 'number'], { S: '4111' }],
  [['cards', 1, 'number'], { S: '5500' }],
  [['codes', 0], { S: 'first' }],
  [['codes', 1], { S: 'second' }],
  [['notes', 'a.b'], { S: 'sealed in a record' }],
]
