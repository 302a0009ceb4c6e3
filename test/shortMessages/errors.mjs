// Prints an error of each kind, as JSON: what it is, and what it says. Run as a bundle, with short messages and without.
import { DynamoDBClient, ExecuteStatementCommand } from '@aws-sdk/client-dynamodb'
import {
  DynamoDBDocumentClient,
  GetCommand,
  PutCommand,
  QueryCommand,
  UpdateCommand,
} from '@aws-sdk/lib-dynamodb'
import { createFormat } from '@dynaseal/core'
import { sealDocumentClient as sealDeclared } from '@dynaseal/document-client/slim'
import { MrkKeyring } from '@dynaseal/mrk-keyring'
import { encrypted, sealDocumentClient } from '@dynaseal/toolbox/slim'
import { Entity, item, map, PutItemCommand, string, Table } from 'dynamodb-toolbox'

const ARN = 'arn:aws:kms:us-east-1:111122223333:key/mrk-1234abcd12ab34cd56ef1234567890ab'
const routing = {
  region: 'us-east-1',
  // No time passes, so that no message tells how long something took.
  clock: { now: () => 0, after: () => () => {} },
  client: () => ({ send: async () => Promise.reject(denied()) }),
}
const denied = () =>
  Object.assign(new Error('User is not (really) authorized | at all'), { name: 'AccessDeniedException' })

const dataKey = Buffer.alloc(32, 7)
const keyring = {
  onEncrypt: async material => material,
  onDecrypt: async material => material,
  [Symbol.for('dynaseal:data-key-source')]: {
    generateDataKey: async () => ({
      dataKey: Uint8Array.from(dataKey),
      encryptedDataKeys: [{ providerId: 'test', providerInfo: 'key', encryptedDataKey: new Uint8Array(8) }],
    }),
    decryptDataKey: async () => Uint8Array.from(dataKey),
  },
}
const documents = DynamoDBDocumentClient.from(new DynamoDBClient({ region: 'us-east-1' }))
const declared = sealDeclared(documents, { keyring })
declared.declare({ table: 'users', key: ['id'], encrypted: ['email', 'address.street'] })
const ofToolbox = sealDocumentClient(documents, { keyring })
const unregistered = new Entity({
  name: 'User',
  table: new Table({
    name: 'users',
    partitionKey: { name: 'id', type: 'string' },
    documentClient: ofToolbox,
  }),
  schema: item({
    id: string().key(),
    email: encrypted(string()),
    address: encrypted(map({ street: string() })),
  }),
})
const format = createFormat({ keyring })
const place = { table: 'users', key: { id: { S: '1' } } }
const opened = async item => {
  const [{ fields }] = await format.open([item])
  throw fields[0].error
}

const causes = {
  'no key': () => new MrkKeyring({}),
  'an alias': () => new MrkKeyring({ keyArns: ['alias/(customers)'] }),
  'no ARN': () => new MrkKeyring({ keyArns: [`${ARN}:more(x|y)`] }),
  'an option': () => new MrkKeyring({ keyArns: [ARN], hedge: { budget: 'much' } }),
  'an unknown option': () => new MrkKeyring({ keyArns: [ARN], colour: 'red' }),
  'a region twice': () => new MrkKeyring({ keyArns: [ARN, ARN] }),
  'refused everywhere': () =>
    createFormat({ keyring: new MrkKeyring({ keyArns: [ARN], ...routing }) }).seal([
      { ...place, fields: [{ path: ['email'], value: { S: 'ada' } }] },
    ]),
  'an option of a format': () => createFormat({ keyring, fields: 'long' }),
  'no keyring': () => createFormat({ keyring: Promise.resolve(keyring) }),
  'a context': () => createFormat({ keyring, encryptionContext: { 'aws:tenant': '1' } }),
  'no sealed value': () => opened({ ...place, fields: [{ path: ['email'], value: Buffer.from('text') }] }),
  'a moved value': async () => {
    const fields = [{ path: ['email'], value: { S: 'ada' } }]
    const [{ values, attributes }] = await format.seal([{ ...place, whole: true, fields }])
    return opened({ ...place, attributes, fields: [{ path: ['other'], value: values[0] }] })
  },
  'a value that cannot be sealed': () =>
    format.seal([{ ...place, fields: [{ path: ['email'], value: { N: 'x' } }] }]),
  'a declared path': () => declared.declare({ table: 'orders', key: ['id'], encrypted: ['a..b'] }),
  'two keys': () => declared.declare({ table: 'orders', key: ['id'], encrypted: ['id'] }),
  'an unknown table': () => declared.send(new GetCommand({ TableName: 'orders', Key: { id: '1' } })),
  PartiQL: () => declared.send(new ExecuteStatementCommand({ Statement: 'SELECT * FROM users' })),
  'a condition': () =>
    declared.send(
      new PutCommand({
        TableName: 'users',
        Item: { id: '1' },
        ConditionExpression: 'email = :email',
        ExpressionAttributeValues: { ':email': 'ada' },
      }),
    ),
  'a filter': () => declared.send(new QueryCommand({ TableName: 'users', FilterExpression: 'email ? :a' })),
  arithmetic: () =>
    declared.send(
      new UpdateCommand({
        TableName: 'users',
        Key: { id: '1' },
        UpdateExpression: 'SET email = email + :one',
        ExpressionAttributeValues: { ':one': 1 },
      }),
    ),
  'no DynamoDB value': () =>
    declared.send(new PutCommand({ TableName: 'users', Item: { id: '1', email: [1, { a: Symbol('x') }] } })),
  'a missing feature': () => declared.openItem('users', {}),
  'a key attribute': () => encrypted(string().key()),
  'encrypted twice': () => encrypted(map({ a: encrypted(string()) })),
  'an entity that is not registered': () =>
    unregistered
      .build(PutItemCommand)
      .item({ id: '1', email: 'ada', address: { street: 's' } })
      .send(),
}

print()

async function print() {
  const errors = {}
  for (const [what, cause] of Object.entries(causes)) {
    try {
      await cause()
      errors[what] = 'no error'
    } catch (error) {
      errors[what] = described(error)
    }
  }
  console.log(JSON.stringify(errors))
}

function described(error) {
  if (!(error instanceof Error)) return error
  const { name, message, reason, cause, ...more } = error
  return { name, message, reason, more, cause: cause && described(cause) }
}
