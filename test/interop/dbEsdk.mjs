// Items of the AWS Database Encryption SDK: what its official release for Java reads of ours, and we of its. With raw keys, with a
// multi-Region key in two regions, with branch keys of a key store that both use, and through DynamoDB.
import { deepStrictEqual, ok, strictEqual } from 'node:assert'
import { RawAesKeyringNode, RawAesWrappingSuiteIdentifier } from '@aws-crypto/client-node'
import {
  CreateTableCommand,
  DynamoDBClient,
  UpdateTableCommand,
  waitUntilTableExists,
} from '@aws-sdk/client-dynamodb'
import { CreateKeyCommand, KMSClient, ReplicateKeyCommand } from '@aws-sdk/client-kms'
import { DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb'
import { BranchKeyring, KeyStoreAdministration } from '@dynaseal/branch-keyring'
import { serializeValue } from '@dynaseal/core'
import { createItemEncryptor, dbEsdkFormat } from '@dynaseal/db-esdk'
import { startLocalCloud } from '@dynaseal/local-cloud'
import { MrkKeyring } from '@dynaseal/mrk-keyring'
import { encrypted, sealDocumentClient } from '@dynaseal/toolbox'
import {
  any,
  boolean,
  Entity,
  GetItemCommand,
  item,
  list,
  map,
  number,
  PutItemCommand,
  QueryCommand,
  string,
  Table,
} from 'dynamodb-toolbox'
import { beaconJobs } from './beacons.mjs'
import { prepareJava } from './java.mjs'
import { Missing } from './python.mjs'
import { randomCases } from './randomItems.mjs'

const EAST = 'us-east-1'
const WEST = 'us-west-2'
const RANDOM = 1000
const TABLE = 'orders-live'
const LOGICAL_TABLE = 'Bestellungen-ü'
const KEY_STORE = { table: 'branch-keys', logicalName: 'the key store' }

/** Items of all types, in DynamoDB's JSON. */
const ALL_TYPES = {
  customer: { S: 'ada' },
  number: { N: '12.5' },
  text: { S: 'grüße 😀' },
  price: { N: '0.1' },
  scan: { B: 'AQID' },
  paid: { BOOL: true },
  nothing: { NULL: true },
  tags: { SS: ['｡', '𐀂'] },
  sizes: { NS: ['3', '1'] },
  prints: { BS: ['AQ==', 'Ag=='] },
  lines: { L: [{ S: 'one' }, { N: '2' }] },
  address: { M: { city: { S: 'Bergen' }, zip: { N: '5021' } } },
}

/** Runs all checks, or says what they need and that they are left out. */
export async function useDbEsdk(check) {
  const java = await prepareJava().catch(error => {
    if (!(error instanceof Missing)) throw error
    console.log(`left out: items of the AWS Database Encryption SDK. ${error.message}`)
  })
  if (java === undefined) return
  console.log(`Java ${java.version}`)
  const world = await startWorld()
  try {
    const jobs = [
      ...(await randomJobs('Java')),
      ...(await keyringJobs(world)),
      ...(await clientJobs(world)),
      ...(await beaconJobs(world)),
    ]
    const steps = jobs.flatMap(job => job.steps)
    const results = await java.run(world.cloud.endpoint, steps)
    await world.cloud.waitForReplication()
    strictEqual(results.length, steps.length)
    let next = 0
    for (const { name, steps, verify } of jobs) {
      const own = results.slice(next, next + steps.length)
      next += steps.length
      await check(name, () => {
        const failed = own.find(({ error }) => error !== undefined)
        ok(failed === undefined, failed?.error)
        return verify(own)
      })
    }
    await useReader(java, world, check)
  } finally {
    await world.stop()
  }
}

/**
 * Random items in both directions.
 *
 * @param peer in which language the other side is
 */
export async function randomJobs(peer) {
  const seed = Number(process.env.DYNASEAL_SEED ?? Date.now() % 2 ** 31)
  const ours = randomCases(seed, RANDOM)
  const theirs = randomCases(seed + 1, RANDOM)
  const sealed = []
  for (const { config, item } of ours) sealed.push(await encryptor(config).encryptItem(fromJson(item)))
  return [
    {
      name: `${peer} opens ${RANDOM} random items of ours (DYNASEAL_SEED=${seed})`,
      steps: ours.map(({ config }, index) => ({ do: 'decrypt', config, item: toJson(sealed[index]) })),
      verify(results) {
        for (const [index, { item }] of ours.entries()) same(fromJson(results[index].item), fromJson(item))
      },
    },
    {
      name: `${RANDOM} random items of ${peer} open here (DYNASEAL_SEED=${seed})`,
      steps: theirs.map(({ config, item }) => ({ do: 'encrypt', config, item })),
      async verify(results) {
        for (const [index, { config, item }] of theirs.entries())
          same(await encryptor(config).decryptItem(fromJson(results[index].item)), fromJson(item))
      },
    },
  ]
}

/** Both directions for each keyring over KMS: sealed in one region, opened in the other. */
async function keyringJobs(world) {
  const jobs = []
  for (const [name, keyring, theirs] of [
    ['a multi-Region key', world.mrk(EAST), { mrk: { arn: world.arnIn(WEST), region: WEST } }],
    [
      'branch keys',
      world.branchKeys(EAST, 'orders'),
      { branchKey: { id: 'orders', keyStore: world.keyStoreIn(WEST) } },
    ],
  ]) {
    const config = { ...orders('0x6701'), keyring: theirs }
    const ours = encryptor(config, keyring)
    const sealed = toJson(await ours.encryptItem(fromJson(ALL_TYPES)))
    jobs.push({
      name: `${name}: Java opens in ${WEST} what was sealed in ${EAST}, and the other way round`,
      steps: [
        { do: 'decrypt', config, item: sealed },
        { do: 'encrypt', config, item: ALL_TYPES },
      ],
      async verify([opened, { item }]) {
        same(fromJson(opened.item), fromJson(ALL_TYPES))
        same(await ours.decryptItem(fromJson(item)), fromJson(ALL_TYPES))
      },
    })
  }
  jobs.push({
    name: 'a branch key that Java created is used here',
    steps: [{ do: 'createBranchKey', keyStore: world.keyStoreIn(EAST) }],
    async verify([{ branchKeyId }]) {
      const [writer, reader] = [EAST, WEST].map(region =>
        encryptor(orders('0x6700'), world.branchKeys(region, branchKeyId)),
      )
      same(await reader.decryptItem(await writer.encryptItem(fromJson(ALL_TYPES))), fromJson(ALL_TYPES))
    },
  })
  return jobs
}

/** What the sealed client puts in one region, Java's client reads in the other, and the other way round. */
async function clientJobs(world) {
  const jobs = []
  for (const [customer, keyring, theirs] of [
    [
      'with a multi-Region key',
      region => world.mrk(region),
      { mrk: { arn: world.arnIn(WEST), region: WEST } },
    ],
    [
      'with branch keys',
      region => world.branchKeys(region, 'orders'),
      { branchKey: { id: 'orders', keyStore: world.keyStoreIn(WEST) } },
    ],
  ]) {
    const Order = entity(world, EAST, keyring(EAST))
    const values = {
      text: 'grüße 😀',
      paid: true,
      lines: [{ name: 'one', count: 2 }],
      more: { deep: [null, 'x', 1.5] },
    }
    await Order.build(PutItemCommand)
      .item({ customer, number: 1, ...values })
      .send()
    await world.cloud.waitForReplication()
    const config = {
      ...orders('0x6701'),
      attributeActionsOnEncrypt: {
        ...orders('0x6701').attributeActionsOnEncrypt,
        ...{
          text: 'ENCRYPT_AND_SIGN',
          lines: 'ENCRYPT_AND_SIGN',
          more: 'ENCRYPT_AND_SIGN',
          _et: 'SIGN_ONLY',
        },
      },
      keyring: theirs,
    }
    const place = { config, tableName: TABLE, region: WEST }
    const stored = {
      customer: { S: customer },
      number: { N: '1' },
      text: { S: values.text },
      paid: { BOOL: true },
      lines: { L: [{ M: { name: { S: 'one' }, count: { N: '2' } } }] },
      more: { M: { deep: { L: [{ NULL: true }, { S: 'x' }, { N: '1.5' }] } } },
      _et: { S: 'Order' },
    }
    const theirItem = { ...stored, number: { N: '2' }, text: { S: 'by Java' } }
    jobs.push({
      name: `${customer}: Java's client gets and queries what ours put, and the other way round`,
      steps: [
        { do: 'get', ...place, key: { customer: stored.customer, number: stored.number } },
        { do: 'query', ...place, partition: { customer: stored.customer } },
        { do: 'put', ...place, item: theirItem },
      ],
      async verify([got, { items }]) {
        same(fromJson(got.item), fromJson(stored))
        strictEqual(items.length, 1)
        same(fromJson(items[0]), fromJson(stored))
        const expected = [
          { customer, number: 1, ...values },
          { customer, number: 2, ...values, text: 'by Java' },
        ]
        const { Item } = await Order.build(GetItemCommand).key({ customer, number: 2 }).send()
        deepStrictEqual(Item, expected[1])
        const query = Order.table.build(QueryCommand).entities(Order).query({ partition: customer })
        deepStrictEqual((await query.send()).Items, expected)
      },
    })
  }
  return jobs
}

/** The program in examples/java-reader, on what the sealed clients have put. */
async function useReader(java, world, check) {
  const { table, logicalName } = KEY_STORE
  const keyStore = { 'key-store': table, 'logical-key-store': logicalName, 'branch-key': 'orders' }
  for (const [partition, options] of [
    ['with a multi-Region key', {}],
    ['with branch keys', keyStore],
  ]) {
    await check(`${partition}: the reader in examples/java-reader prints what ours put`, async () => {
      const lines = await java.read(world.cloud.endpoint, {
        ...{ region: WEST, 'kms-key': world.arnIn(WEST), ...options },
        ...{ table: TABLE, 'logical-table': LOGICAL_TABLE, partition },
        ...{ 'partition-key': 'customer', 'sort-key': 'number' },
      })
      deepStrictEqual(
        lines.map(({ text, number, lines }) => ({ text, number, lines })),
        ['grüße 😀', 'by Java'].map((text, i) => ({
          ...{ text, number: i + 1, lines: [{ name: 'one', count: 2 }] },
        })),
      )
    })
  }
}

function orders(algorithmSuite) {
  const encryptedNames = Object.keys(ALL_TYPES).slice(2)
  return {
    logicalTableName: LOGICAL_TABLE,
    partitionKeyName: 'customer',
    sortKeyName: 'number',
    algorithmSuite,
    attributeActionsOnEncrypt: {
      customer: 'SIGN_ONLY',
      number: 'SIGN_ONLY',
      ...Object.fromEntries(encryptedNames.map(name => [name, 'ENCRYPT_AND_SIGN'])),
    },
  }
}

function entity(world, region, keyring) {
  const client = sealDocumentClient(DynamoDBDocumentClient.from(new DynamoDBClient(world.config(region))), {
    format: dbEsdkFormat({ keyring }),
    logicalTableName: () => LOGICAL_TABLE,
  })
  const table = new Table({
    documentClient: client,
    name: TABLE,
    partitionKey: { name: 'customer', type: 'string' },
    sortKey: { name: 'number', type: 'number' },
  })
  const Order = new Entity({
    name: 'Order',
    table,
    timestamps: false,
    schema: item({
      customer: string().key(),
      number: number().key(),
      text: encrypted(string()),
      paid: boolean(),
      lines: encrypted(list(map({ name: string(), count: number() }))),
      more: encrypted(any()),
    }),
  })
  client.register(Order)
  return Order
}

function encryptor({ keyring: { aes } = {}, ...config }, keyring = aes.map(rawKeyring)) {
  return createItemEncryptor({ ...config, keyring })
}

function rawKeyring({ namespace, name, key }) {
  return new RawAesKeyringNode({
    keyNamespace: namespace,
    keyName: name,
    unencryptedMasterKey: new Uint8Array(Buffer.from(key, 'hex')),
    wrappingSuite: RawAesWrappingSuiteIdentifier.AES256_GCM_IV12_TAG16_NO_PADDING,
    utf8Sorting: true,
  })
}

async function startWorld() {
  const cloud = await startLocalCloud({ regions: [EAST, WEST], engine: 'dynoxide', replicationDelay: 1 })
  const credentials = { accessKeyId: 'local', secretAccessKey: 'local' }
  const config = region => ({ region, endpoint: cloud.endpoint, credentials })
  const clients = []
  const made = client => {
    clients.push(client)
    return client
  }
  const kms = region => made(new KMSClient(config(region)))
  const dynamodb = region => made(new DynamoDBClient(config(region)))
  const { KeyMetadata } = await kms(EAST).send(new CreateKeyCommand({ MultiRegion: true }))
  await kms(EAST).send(new ReplicateKeyCommand({ KeyId: KeyMetadata.KeyId, ReplicaRegion: WEST }))
  const arnIn = region => KeyMetadata.Arn.replace(EAST, region)
  const keyArns = [EAST, WEST].map(arnIn)
  await createTable(dynamodb(EAST))
  const branchKeys = {
    keyArns,
    client: kms,
    keyStore: { tableName: KEY_STORE.table, logicalName: KEY_STORE.logicalName, client: dynamodb },
  }
  const administration = new KeyStoreAdministration(branchKeys)
  await administration.createTable()
  await administration.createBranchKey({ branchKeyId: 'orders' })
  await cloud.waitForReplication()
  return {
    cloud,
    config,
    arnIn,
    keyStoreIn: region => ({ ...KEY_STORE, region, arn: arnIn(region) }),
    mrk: region => new MrkKeyring({ keyArns, region, client: kms }),
    branchKeys: (region, branchKeyId) => new BranchKeyring({ ...branchKeys, region, branchKeyId }),
    async stop() {
      for (const client of clients) client.destroy()
      await cloud.stop()
    },
  }
}

async function createTable(client) {
  await client.send(
    new CreateTableCommand({
      TableName: TABLE,
      BillingMode: 'PAY_PER_REQUEST',
      AttributeDefinitions: [
        { AttributeName: 'customer', AttributeType: 'S' },
        { AttributeName: 'number', AttributeType: 'N' },
      ],
      KeySchema: [
        { AttributeName: 'customer', KeyType: 'HASH' },
        { AttributeName: 'number', KeyType: 'RANGE' },
      ],
    }),
  )
  await waitUntilTableExists({ client, minDelay: 1, maxDelay: 1, maxWaitTime: 20 }, { TableName: TABLE })
  await client.send(
    new UpdateTableCommand({ TableName: TABLE, ReplicaUpdates: [{ Create: { RegionName: WEST } }] }),
  )
}

/** Equal as DynamoDB has it: numbers in any spelling, sets in any order. */
function same(found, expected) {
  const canonical = item =>
    Object.fromEntries(
      Object.entries(item)
        .sort(([a], [b]) => (a < b ? -1 : 1))
        .map(([name, value]) => [name, Buffer.from(serializeValue(value)).toString('hex')]),
    )
  deepStrictEqual(canonical(found), canonical(expected))
}

const isBinary = type => type === 'B' || type === 'BS'

/** DynamoDB's JSON, with binary in base64, from attribute values. */
function toJson(item) {
  return mapItem(item, bytes => Buffer.from(bytes).toString('base64'))
}

function fromJson(item) {
  return mapItem(item, text => new Uint8Array(Buffer.from(text, 'base64')))
}

function mapItem(item, binary) {
  const value = given => {
    const [[type, content]] = Object.entries(given)
    if (isBinary(type)) return { [type]: Array.isArray(content) ? content.map(binary) : binary(content) }
    if (type === 'L') return { L: content.map(value) }
    if (type === 'M') return { M: mapItem(content, binary) }
    return given
  }
  return Object.fromEntries(Object.entries(item).map(([name, given]) => [name, value(given)]))
}
