import assert from 'node:assert/strict'
import { DynamoDBClient } from '@aws-sdk/client-dynamodb'
import { KMSClient } from '@aws-sdk/client-kms'
import { DynamoDBDocumentClient, QueryCommand } from '@aws-sdk/lib-dynamodb'
import { MrkKeyring } from '@dynaseal/mrk-keyring'
import { sealDocumentClient, ToolboxError } from '@dynaseal/toolbox'
import { $set, BatchWriteCommand, executeBatchWrite, executeTransactWrite } from 'dynamodb-toolbox'
import { type Shop, shop, TABLE } from './entities.js'
import type { Config } from './infrastructure.js'

export interface Regions {
  readonly config: Config
  readonly home: string
  readonly away: string
  readonly keyArns: string[]
  /** Whether DynamoDB has transactions, as it does on AWS; a local engine may not. */
  readonly transactions: boolean
  /** Resolves when what was written in one region is in the other. */
  replicated(): Promise<void>
  print(line: string): void
}

/** The application in one region. */
function open({ config, keyArns }: Regions, region: string): Shop {
  const keyring = new MrkKeyring({
    keyArns,
    region,
    client: to => new KMSClient({ ...config(to), maxAttempts: 1 }),
  })
  const client = DynamoDBDocumentClient.from(new DynamoDBClient(config(region)))
  return shop(sealDocumentClient(client, { keyring }))
}

const customerId = 'ada'
const home = { street: 'Harbour Road 12', zip: '50021', city: 'Bergen' }
const office = { street: 'Rue des Lilas 7', zip: '69003', city: 'Lyon' }
const CUSTOMER = {
  customerId,
  plan: 'pro',
  name: 'Ada Berg',
  email: 'ada@example.com',
  address: home,
} as const
const ORDER = {
  customerId,
  orderId: '7',
  status: 'open',
  placedAt: '2026-03-01T09:00:00Z',
  number: '2026-0007',
  shipTo: home,
  lines: [
    { sku: 'ring', quantity: 1, engraving: 'for B.' },
    { sku: 'box', quantity: 2 },
  ],
} as const
const CARD = {
  customerId,
  methodId: '1',
  brand: 'Visa',
  number: '4111111111111111',
  expires: { year: 2028, month: 4 },
}

export async function goShopping(regions: Regions): Promise<void> {
  const { print } = regions
  const east = open(regions, regions.home)
  const west = open(regions, regions.away)

  print(
    `\n1. In ${regions.home}, a customer, an order and a payment method are saved together, in one ${regions.transactions ? 'transaction' : 'batch'}`,
  )
  await saveTogether(east, regions)
  for (const [attribute, item] of await stored(regions)) print(`   ${attribute.padEnd(22)} ${item}`)

  print(`\n2. In ${regions.away}, one query loads all three`)
  await regions.replicated()
  const { Items = [] } = await west.everythingOf.query({ customerId }).send()
  const [customer, order, payment] = Items
  print(`   ${Items.map(({ entity }) => entity).join(', ')}`)
  assert.deepEqual(without(customer), CUSTOMER)
  assert.deepEqual(without(order), ORDER)
  assert.deepEqual(without(payment), CARD)
  print('   each is what was saved')

  print('\n3. The index finds the open orders')
  const waiting = await west.openOrders
    .query({ before: '2026-04' })
    .options({ attributes: ['orderId', 'shipTo'] })
    .send()
  print(`   order ${waiting.Items?.[0]?.orderId} goes to ${waiting.Items?.[0]?.shipTo.city}`)
  assert.deepEqual(waiting.Items, [{ orderId: '7', shipTo: home }])

  print('\n4. The order is sent elsewhere, if it is still open')
  await west.orders.update(
    { customerId, orderId: '7', shipTo: $set(office), lines: { 1: { engraving: 'and A.' } } },
    {
      condition: {
        and: [
          { attr: 'status', eq: 'open' },
          { attr: 'shipTo', exists: true },
        ],
      },
    },
  )
  await regions.replicated()
  const { Item: changed } = await east.orders.get({ customerId, orderId: '7' }, { consistent: true })
  print(
    `   ${regions.home} reads: to ${changed?.shipTo.city}, engraved ${changed?.lines.map(line => line.engraving).join(' ')}`,
  )
  assert.deepEqual(changed?.shipTo, office)

  print('\n5. number is clear in an order and encrypted in a payment method')
  const [byNumber] =
    (
      await west.orders.query(
        { partition: 'CUSTOMER#ada' },
        { filters: { Order: { attr: 'number', eq: '2026-0007' } } },
      )
    ).Items ?? []
  print(`   order ${byNumber?.orderId} is found by it`)
  assert.equal(byNumber?.orderId, '7')
  const refused = await west.payments
    .query({ partition: 'CUSTOMER#ada' }, { filters: { PaymentMethod: { attr: 'number', eq: CARD.number } } })
    .catch((error: unknown) => error)
  assert(refused instanceof ToolboxError)
  print(`   payment methods are not: ${refused.code}`)
}

async function saveTogether({ customers, orders, payments }: Shop, { transactions }: Regions): Promise<void> {
  if (transactions) {
    await executeTransactWrite(
      customers.transactPut(CUSTOMER, { condition: { attr: 'customerId', exists: false } }),
      orders.transactPut({ ...ORDER, lines: [...ORDER.lines] }),
      payments.transactPut(CARD),
    )
    return
  }
  const requests = [
    customers.batchPut(CUSTOMER),
    orders.batchPut({ ...ORDER, lines: [...ORDER.lines] }),
    payments.batchPut(CARD),
  ]
  await executeBatchWrite(
    { maxAttempts: 5 },
    customers.entity.table.build(BatchWriteCommand).requests(...requests),
  )
}

/** What somebody sees who can read the table and not use the key. */
async function stored({ config, home }: Regions): Promise<[string, string][]> {
  const raw = DynamoDBDocumentClient.from(new DynamoDBClient(config(home)))
  const { Items = [] } = await raw.send(
    new QueryCommand({
      TableName: TABLE.name,
      ConsistentRead: true,
      KeyConditionExpression: 'pk = :pk',
      ExpressionAttributeValues: { ':pk': `CUSTOMER#${customerId}` },
    }),
  )
  return Items.flatMap(item =>
    [
      'sk',
      'plan',
      'status',
      'brand',
      'number',
      'email',
      'address',
      'shipTo',
      'lines',
      'expires',
      'dynaseal',
    ].flatMap(name =>
      item[name] === undefined ? [] : [[`${item._et}.${name}`, show(item[name])] as [string, string]],
    ),
  )
}

function show(value: unknown): string {
  if (value instanceof Uint8Array) return `ciphertext (${value.length} bytes)`
  if (Array.isArray(value)) return `[${value.map(show).join(', ')}]`
  if (typeof value !== 'object' || value === null) return String(value)
  return `{ ${Object.entries(value)
    .sort()
    .map(([name, child]) => `${name}: ${show(child)}`)
    .join(', ')} }`
}

/** An item without what dynamodb-toolbox adds. */
function without(loaded: object | undefined): object {
  const { entity: _, created: __, modified: ___, ...item } = loaded as Record<string, unknown>
  return item
}
