import assert from 'node:assert/strict'
import { CreateTableCommand, DynamoDBClient } from '@aws-sdk/client-dynamodb'
import { CreateKeyCommand, KMSClient } from '@aws-sdk/client-kms'
import { DynamoDBDocumentClient, QueryCommand } from '@aws-sdk/lib-dynamodb'
import { BranchKeyring, KeyStoreAdministration } from '@dynaseal/branch-keyring'
import { createFormat } from '@dynaseal/core'
import { createItemEncryptor, dbEsdkFormat } from '@dynaseal/db-esdk'
import { DocumentClientError } from '@dynaseal/document-client'
import { startLocalCloud } from '@dynaseal/local-cloud'
import { MrkKeyring } from '@dynaseal/mrk-keyring'
import { encrypted, sealDocumentClient, ToolboxError } from '@dynaseal/toolbox'
import {
  $set,
  anyOf,
  Entity,
  GetItemCommand,
  item,
  list,
  map,
  number,
  PutItemCommand,
  string,
  Table,
  UpdateItemCommand,
} from 'dynamodb-toolbox'

const region = 'eu-west-1'

async function main() {
  const cloud = await startLocalCloud({ regions: [region] })
  const config = { region, endpoint: cloud.endpoint, credentials: { accessKeyId: 'x', secretAccessKey: 'x' } }
  const kms = new KMSClient(config)
  const { KeyMetadata } = await kms.send(new CreateKeyCommand({ MultiRegion: true }))
  const dynamodb = new DynamoDBClient(config)
  await dynamodb.send(
    new CreateTableCommand({
      TableName: 'users',
      BillingMode: 'PAY_PER_REQUEST',
      AttributeDefinitions: [{ AttributeName: 'id', AttributeType: 'S' }],
      KeySchema: [{ AttributeName: 'id', KeyType: 'HASH' }],
    }),
  )
  const keyring = new MrkKeyring({ keyArns: [KeyMetadata.Arn], region, client: () => kms })
  const documentClient = sealDocumentClient(DynamoDBDocumentClient.from(dynamodb), { keyring })
  const Users = new Table({ documentClient, name: 'users', partitionKey: { name: 'id', type: 'string' } })
  const User = new Entity({
    name: 'User',
    table: Users,
    schema: item({
      id: string().key(),
      ssn: encrypted(string()),
      address: encrypted(map({ city: string(), country: string().default('NO') })).optional(),
      pet: encrypted(
        anyOf(
          map({ kind: string().enum('cat'), lives: string() }),
          map({ kind: string().enum('dog'), tricks: string() }),
        ).discriminate('kind'),
      ),
    }),
  })
  documentClient.register(User)
  await User.build(PutItemCommand)
    .item({ id: '1', ssn: '078-05-1120', pet: { kind: 'dog', tricks: 'sit' } })
    .send()
  await User.build(UpdateItemCommand)
    .item({ id: '1', address: $set({ city: 'Oslo' }) })
    .send()
  const { Item } = await User.build(GetItemCommand).key({ id: '1' }).options({ consistent: true }).send()
  assert.equal(Item.ssn, '078-05-1120')
  assert.deepEqual(Item.address, { city: 'Oslo', country: 'NO' })
  assert.deepEqual(Item.pet, { kind: 'dog', tricks: 'sit' })
  const isRefused = error => error instanceof ToolboxError && error instanceof DocumentClientError
  const others = new QueryCommand({ TableName: 'others', KeyConditionExpression: 'id = :id' })
  await assert.rejects(documentClient.send(others), isRefused)
  const location = {
    keyArns: [KeyMetadata.Arn],
    client: () => kms,
    keyStore: { tableName: 'branch-keys', client: () => dynamodb },
  }
  assert.equal((await new KeyStoreAdministration(location).createTable()).created, true)
  const branchKeys = new BranchKeyring({ ...location, region, branchKeyId: 'nobody' })
  const sealed = createFormat({ keyring: branchKeys }).seal([
    { table: 'users', key: { id: { S: '1' } }, fields: [{ path: ['ssn'], value: { S: 'x' } }] },
  ])
  await assert.rejects(sealed, ({ cause }) => cause.code === 'NO_BRANCH_KEY')
  const encryptor = createItemEncryptor({
    keyring,
    logicalTableName: 'users',
    partitionKeyName: 'id',
    attributeActionsOnEncrypt: { ssn: 'ENCRYPT_AND_SIGN' },
  })
  const whole = await encryptor.encryptItem({ id: { S: '1' }, ssn: { S: '078-05-1120' } })
  assert.deepEqual((await encryptor.decryptItem(whole)).ssn, { S: '078-05-1120' })
  // What is signed is read in all digits of its numbers, and handed out as the client has them.
  const signing = sealDocumentClient(DynamoDBDocumentClient.from(dynamodb), {
    format: dbEsdkFormat({ keyring }),
  })
  const Signed = new Table({
    documentClient: signing,
    name: 'users',
    partitionKey: { name: 'id', type: 'string' },
  })
  const Contract = new Entity({
    name: 'Contract',
    table: Signed,
    timestamps: false,
    schema: item({ id: string().key(), text: encrypted(string()), rent: number(), shares: list(number()) }),
  })
  signing.register(Contract)
  const contract = { id: '2', text: 'Ten years.', rent: 1200, shares: [0.5, 0.25] }
  await Contract.build(PutItemCommand).item(contract).send()
  const stored = await Contract.build(GetItemCommand).key({ id: '2' }).options({ consistent: true }).send()
  assert.deepEqual(stored.Item, contract)
  const page = await (await fetch(cloud.endpoint, { headers: { accept: 'text/html' } })).text()
  const files = [...page.matchAll(/(?:src|href)="(\/_local\/page\/[\w.]+)"/g)].map(([, file]) => file)
  assert.equal(files.length, 5)
  for (const file of files) assert.equal((await fetch(cloud.endpoint + file)).status, 200)
  await cloud.stop()
}

main().catch(error => {
  console.error(error)
  process.exitCode = 1
})
