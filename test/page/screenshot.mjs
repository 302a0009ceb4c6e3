// The pictures of the local cloud's page in its README: a small world with something broken in it.
import { DynamoDB } from '@aws-sdk/client-dynamodb'
import { KMS } from '@aws-sdk/client-kms'
import { DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb'
import { startLocalCloud } from '@dynaseal/local-cloud'
import { MrkKeyring } from '@dynaseal/mrk-keyring'
import { encrypted, sealDocumentClient } from '@dynaseal/toolbox'
import { Entity, item, map, PutItemCommand, string, Table } from 'dynamodb-toolbox'
import { launchChromium } from './chromium.mjs'

const REGIONS = ['us-east-1', 'us-west-2', 'eu-west-1']
const [HOME, WEST, EUROPE] = REGIONS
const TableName = 'customers'

const pictures = new URL('../../packages/local-cloud/', import.meta.url)
const cloud = await startLocalCloud({ regions: REGIONS, latency: { [EUROPE]: 80 } })
const credentials = { accessKeyId: 'local', secretAccessKey: 'local' }
const config = region => ({ endpoint: cloud.endpoint, region, credentials, maxAttempts: 1 })

const keyArns = await makeKeys()
await makeTables()
const { Customer } = application(HOME)
for (const id of ['1001', '1002', '1003']) await save(Customer, id)
await cloud.waitForReplication()
cloud.clearCalls()

cloud.fault({ region: WEST, service: 'kms', kind: 'refuse' })
cloud.fault({ region: WEST, service: 'dynamodb', kind: 'slow', delay: 20, jitter: 180 })
cloud.fault({ kind: 'clock', region: EUROPE, shift: -60_000 })
cloud.fault({ kind: 'cut', between: [HOME, EUROPE] })
// Another process, in the region whose KMS is down: it goes to the next one.
const west = application(WEST)
for (const id of ['1004', '1005']) await save(west.Customer, id)
await save(Customer, '1006')
await cloud.waitForReplication()

const browser = await launchChromium()
const page = await browser.newPage({ viewport: { width: 1280, height: 800 }, colorScheme: 'light' })
await take('page.png', '/')
const key = JSON.stringify({ shop: { S: 'oslo' }, id: { S: '1001' } })
await take('item.png', `/_local/page/item?${new URLSearchParams({ region: WEST, table: TableName, key })}`)
await browser.close()
await cloud.stop()

async function take(file, path) {
  await page.goto(cloud.endpoint + path)
  await page.getByText('Live', { exact: true }).waitFor()
  await page.screenshot({ path: new URL(file, pictures).pathname, fullPage: true })
}

async function makeKeys() {
  const kms = new KMS(config(HOME))
  const { KeyMetadata: key } = await kms.createKey({ MultiRegion: true, Description: 'seals customer data' })
  const replicas = [WEST, EUROPE].map(async region => {
    const { ReplicaKeyMetadata } = await kms.replicateKey({ KeyId: key.KeyId, ReplicaRegion: region })
    return ReplicaKeyMetadata.Arn
  })
  const arns = [key.Arn, ...(await Promise.all(replicas))]
  for (const region of REGIONS)
    await new KMS(config(region)).createAlias({ AliasName: 'alias/customers', TargetKeyId: key.KeyId })
  const { KeyMetadata: old } = await kms.createKey({ Description: 'before customers travelled' })
  await kms.scheduleKeyDeletion({ KeyId: old.KeyId, PendingWindowInDays: 7 })
  return arns
}

async function makeTables() {
  const dynamodb = new DynamoDB(config(HOME))
  await dynamodb.createTable({
    TableName,
    AttributeDefinitions: ['shop', 'id'].map(AttributeName => ({ AttributeName, AttributeType: 'S' })),
    KeySchema: [
      { AttributeName: 'shop', KeyType: 'HASH' },
      { AttributeName: 'id', KeyType: 'RANGE' },
    ],
    BillingMode: 'PAY_PER_REQUEST',
  })
  for (const RegionName of [WEST, EUROPE])
    await dynamodb.updateTable({ TableName, ReplicaUpdates: [{ Create: { RegionName } }] })
}

function application(region) {
  const keyring = new MrkKeyring({
    keyArns,
    region,
    hedge: false,
    client: kmsRegion => new KMS(config(kmsRegion)),
  })
  const documentClient = sealDocumentClient(DynamoDBDocumentClient.from(new DynamoDB(config(region))), {
    keyring,
    // What the page takes apart.
    format: 'message',
  })
  const Customers = new Table({
    documentClient,
    name: TableName,
    partitionKey: { name: 'shop', type: 'string' },
    sortKey: { name: 'id', type: 'string' },
  })
  const Customer = new Entity({
    name: 'Customer',
    table: Customers,
    timestamps: false,
    entityAttribute: false,
    schema: item({
      shop: string().key(),
      id: string().key(),
      plan: string(),
      email: encrypted(string()),
      address: encrypted(map({ street: string(), city: string() })),
    }),
  })
  documentClient.register(Customer)
  return { Customer }
}

function save(Customer, id) {
  return Customer.build(PutItemCommand)
    .item({
      shop: 'oslo',
      id,
      plan: 'plus',
      email: `${id}@example.com`,
      address: { street: 'Main street 1', city: 'Oslo' },
    })
    .send()
}
