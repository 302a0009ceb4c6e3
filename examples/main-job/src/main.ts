import { DynamoDBClient } from '@aws-sdk/client-dynamodb'
import { DynamoDBDocumentClient, GetCommand, UpdateCommand } from '@aws-sdk/lib-dynamodb'
import { type LocalCloud, startLocalCloud } from '@dynaseal/local-cloud'
import { FieldsNotOpenedError } from '@dynaseal/toolbox'
import {
  $set,
  BatchPutRequest,
  BatchWriteCommand,
  executeBatchWrite,
  GetItemCommand,
  PutItemCommand,
  QueryCommand,
  UpdateItemCommand,
} from 'dynamodb-toolbox'
import { type Application, startApplication } from './application.js'
import { type Aws, localAws } from './aws.js'
import { type CustomerData, generateCustomers } from './customers.js'
import { createInfrastructure, TABLE } from './infrastructure.js'
import { check, failed, finish, paint, progress, say, step, table, wrap } from './output.js'
import { brief, same, sizeOf } from './values.js'

const EAST = 'us-east-1'
const WEST = 'us-west-2'
const ADA: CustomerData = {
  shop: 'north',
  id: 'ada',
  plan: 'pro',
  name: 'Ada Berg',
  email: 'ada.berg@example.com',
  birthYear: 1985,
  address: { street: 'Harbour Road 12', zip: '50021', city: 'Bergen' },
  phones: new Set(['+47 555 0101', '+47 555 0102']),
}
const ENCRYPTED = ['name', 'email', 'birthYear', 'address', 'phones'] as const
const ENVELOPE = 'dynaseal'

async function main(cloud: LocalCloud): Promise<void> {
  const aws = localAws(cloud.endpoint)
  const kmsCalls = (region: string) =>
    cloud.calls({ service: 'kms', region }).filter(({ status }) => status === 200)

  step('Two regions')
  say(`${EAST} and ${WEST} answer at ${cloud.endpoint}`)

  step('A multi-Region key and a global table')
  const { keyArns } = await createInfrastructure(aws, EAST, WEST)
  for (const [i, arn] of keyArns.entries()) say(`${i === 0 ? 'primary' : 'replica'}  ${arn}`)
  say(`table    ${TABLE}, replicated to ${WEST}`)

  const east = startApplication(aws, EAST, keyArns)
  const west = startApplication(aws, WEST, keyArns)
  const raw = DynamoDBDocumentClient.from(new DynamoDBClient(aws.config(EAST)))

  step(`An application in ${EAST} saves a customer`)
  cloud.clearCalls()
  await east.Customer.build(PutItemCommand).item(ADA).send()
  const stored = await storedItem(raw, ADA)
  table([
    ['attribute', 'saved', 'stored'],
    ...(['id', 'plan', ...ENCRYPTED] as const).map(name => [name, brief(ADA[name]), brief(stored[name])]),
    [ENVELOPE, '(the envelope)', brief(stored[ENVELOPE])],
  ])
  say('the envelope has the data key, encrypted under the KMS key, once an item;')
  say(`each field has ${sizeOf(stored.name) - Buffer.byteLength(ADA.name)} bytes around its value`)
  check(
    ENCRYPTED.every(name => stored[name] instanceof Uint8Array),
    'all five encrypted fields are stored as ciphertext',
  )

  await inFormat1(aws, keyArns, raw, stored)

  step(`An application in ${WEST} loads the replicated customer`)
  await cloud.waitForReplication()
  cloud.clearCalls()
  const loaded = await load(west, ADA)
  table([['KMS call', 'region', 'key'], ...callRows(cloud)])
  check(same(loaded, ADA), 'what was loaded is what was saved')
  check(
    kmsCalls(WEST).length === 1 && kmsCalls(EAST).length === 0,
    `one Decrypt, by ${WEST}'s own replica of the key; ${EAST} was not asked`,
  )

  step(`An update in ${WEST} is read in ${EAST}`)
  const moved = { street: 'Rue des Lilas 7', zip: '69003', city: 'Lyon' }
  await west.Customer.build(UpdateItemCommand)
    .item({ shop: ADA.shop, id: ADA.id, address: $set(moved) })
    .send()
  await cloud.waitForReplication()
  const updated = await load(east, ADA)
  say(`${WEST} wrote  ${brief(moved)}`)
  say(`${EAST} reads  ${brief(updated?.address)}`)
  const { address } = await storedItem(raw, ADA)
  say(`stored           ${brief(address)}`)
  say('an update reads nothing, so its field does not depend on the envelope of the item: it has one inside')
  check(same(updated, { ...ADA, address: moved }), 'the new address, and everything else as it was')

  await manyCustomers(cloud, aws, keyArns)

  step(`${WEST} loses its KMS`)
  say(`Ada's item now holds fields of two data keys: one made in ${EAST}, one by the update in ${WEST}`)
  const healKms = cloud.fault({ region: WEST, service: 'kms', kind: 'refuse' })
  cloud.clearCalls()
  const during = await load(startApplication(aws, WEST, keyArns), ADA)
  check(
    during?.name === ADA.name && kmsCalls(EAST).length > 0 && kmsCalls(WEST).length === 0,
    `a cold read in ${WEST} is served through ${EAST}'s key`,
  )
  healKms()
  cloud.clearCalls()
  const after = await load(startApplication(aws, WEST, keyArns), ADA)
  check(
    after?.name === ADA.name && kmsCalls(WEST).length > 0 && kmsCalls(EAST).length === 0,
    `after it recovered, ${WEST} is asked again, and only ${WEST}`,
  )

  step('Somebody with write access copies a ciphertext onto another customer')
  const bob = { ...ADA, id: 'bob', name: 'Björn Fontana', email: 'bjorn@example.com' }
  await east.Customer.build(PutItemCommand).item(bob).send()
  const { shop, id } = bob
  await raw.send(
    new UpdateCommand({
      TableName: TABLE,
      Key: { shop, id },
      UpdateExpression: 'SET email = :stolen',
      ExpressionAttributeValues: { ':stolen': (await storedItem(raw, ADA)).email },
    }),
  )
  const refusal = await load(east, bob).catch((error: unknown) => error)
  const codes = refusal instanceof FieldsNotOpenedError ? refusal.failures.map(({ code }) => code) : []
  if (refusal instanceof Error)
    for (const line of wrap(`${refusal.name}: ${refusal.message}`, 96)) say(paint('cyan', line))
  check(codes.length === 1 && codes[0] === 'not-authentic', 'it does not open there')
}

/** The same customer as an application writes it that wants each field to be readable alone. */
async function inFormat1(
  aws: Aws,
  keyArns: string[],
  raw: DynamoDBDocumentClient,
  stored: Record<string, unknown>,
): Promise<void> {
  step("The same customer in format 1, with an AWS Encryption SDK message in each field: format: 'message'")
  const customer = { ...ADA, id: 'ada-in-messages' }
  await startApplication(aws, EAST, keyArns, 'message').Customer.build(PutItemCommand).item(customer).send()
  const messages = await storedItem(raw, customer)
  const columns = [...ENCRYPTED, ENVELOPE]
  const bytes = (item: Record<string, unknown>) => columns.map(name => sizeOf(item[name]))
  const sum = (sizes: number[]) => sizes.reduce((all, size) => all + size, 0)
  table([
    ['bytes', ...columns, 'in all'],
    ...[['format 1', bytes(messages)] as const, ['format 2', bytes(stored)] as const].map(([name, sizes]) => [
      name,
      ...sizes.map(size => (size === 0 ? '' : String(size))),
      String(sum(sizes)),
    ]),
  ])
  const saved = sum(bytes(messages)) - sum(bytes(stored))
  check(saved > 1700, `format 2 saves ${saved} bytes of this item`)
  const application = startApplication(aws, EAST, keyArns)
  check(
    same(await load(application, ADA), ADA) && same(await load(application, customer), customer),
    'an application reads both, whichever it writes',
  )
}

async function manyCustomers(cloud: LocalCloud, aws: Aws, keyArns: string[]): Promise<void> {
  const count = 1000
  step(`${count} customers, ${ENCRYPTED.length} encrypted fields each: saved in ${EAST}, queried in ${WEST}`)
  const customers = generateCustomers('south', count, 2016)
  const east = startApplication(aws, EAST, keyArns)
  const west = startApplication(aws, WEST, keyArns)

  cloud.clearCalls()
  const saving = performance.now()
  await saveAll(east, customers)
  const saved = performance.now() - saving
  const savedCalls = kmsCounts(cloud)

  await cloud.waitForReplication()
  cloud.clearCalls()
  const loading = performance.now()
  const found = await queryAll(west, 'south', count)
  const loaded = performance.now() - loading
  const loadedCalls = kmsCounts(cloud)

  const fields = String(count * ENCRYPTED.length)
  table([
    ['', 'items', 'fields', `KMS ${EAST}`, `KMS ${WEST}`, 'time'],
    [`saved in ${EAST}`, String(count), fields, ...savedCalls.map(String), `${Math.round(saved)} ms`],
    [
      `queried in ${WEST}`,
      String(found.length),
      fields,
      ...loadedCalls.map(String),
      `${Math.round(loaded)} ms`,
    ],
  ])
  check(
    found.length === count && found.every((customer, i) => same(customer, customers[i])),
    'every field came back as it was saved',
  )
  const calls = [...savedCalls, ...loadedCalls].reduce((sum, n) => sum + n, 0)
  check(calls < 10, `${calls} KMS calls for ${count * ENCRYPTED.length * 2} fields sealed and opened`)

  function kmsCounts({ calls }: LocalCloud): number[] {
    return [EAST, WEST].map(region => calls({ service: 'kms', region }).length)
  }
}

async function saveAll({ Customers, Customer }: Application, customers: CustomerData[]): Promise<void> {
  const show = progress('saving  ', customers.length)
  for (let i = 0; i < customers.length; i += 25) {
    const puts = customers.slice(i, i + 25).map(customer => Customer.build(BatchPutRequest).item(customer))
    const { UnprocessedItems } = await executeBatchWrite(
      { maxAttempts: 5 },
      Customers.build(BatchWriteCommand).requests(...puts),
    )
    if (Object.keys(UnprocessedItems ?? {}).length > 0)
      throw new Error('The table did not take all customers.')
    show(Math.min(i + 25, customers.length))
  }
}

async function queryAll(
  { Customers, Customer }: Application,
  shop: string,
  expected: number,
): Promise<CustomerData[]> {
  const show = progress('querying', expected)
  const found: CustomerData[] = []
  let exclusiveStartKey: Record<string, unknown> | undefined
  do {
    const page = await Customers.build(QueryCommand)
      .entities(Customer)
      .query({ partition: shop })
      .options({ limit: 250, ...(exclusiveStartKey === undefined ? {} : { exclusiveStartKey }) })
      .send()
    found.push(...((page.Items ?? []) as CustomerData[]))
    exclusiveStartKey = page.LastEvaluatedKey
    show(found.length)
  } while (exclusiveStartKey !== undefined)
  return found
}

async function load(
  { Customer }: Application,
  { shop, id }: CustomerData,
): Promise<CustomerData | undefined> {
  const { Item } = await Customer.build(GetItemCommand).key({ shop, id }).options({ consistent: true }).send()
  return Item
}

async function storedItem(
  raw: DynamoDBDocumentClient,
  { shop, id }: CustomerData,
): Promise<Record<string, unknown>> {
  const { Item } = await raw.send(
    new GetCommand({ TableName: TABLE, Key: { shop, id }, ConsistentRead: true }),
  )
  return Item as Record<string, unknown>
}

const callRows = (cloud: LocalCloud) =>
  cloud.calls({ service: 'kms' }).map(({ operation, region, keyId }) => [operation, region, keyId ?? ''])

// Once per client, the AWS SDK recommends a newer Node on stderr; the demo's output is not the place.
process.env.AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED ??= 'true'
const cloud = await startLocalCloud({ regions: [EAST, WEST] })
process.once('SIGINT', () => {
  cloud.stop().finally(() => process.exit(130))
})
try {
  await main(cloud)
  finish(failed() ? 'Something above did not hold.' : 'All of it held.')
  process.exitCode = failed() ? 1 : 0
} catch (error) {
  const { name, message } = error as Error
  finish(`Stopped: ${name}: ${message}`)
  process.exitCode = 1
} finally {
  await cloud.stop()
}
