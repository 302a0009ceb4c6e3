import { gzipSync } from 'node:zlib'
import { type AttributeValue, DynamoDBClient, ScanCommand } from '@aws-sdk/client-dynamodb'
import { DynamoDBDocumentClient, GetCommand, PutCommand } from '@aws-sdk/lib-dynamodb'
import type { DynamoDBStreamEvent } from 'aws-lambda'
import { inBase64 } from '../../support/streamRecords.js'
import { createKey, createTable, keyArns, regions as keyRegions } from './cloud.js'

await createTable('users', { pk: 'id' })
await createTable('ward', { pk: 'pk', sk: 'sk' })
await createTable(
  'staff',
  { pk: 'id' },
  { byTeam: 'team' },
  { ProjectionType: 'INCLUDE', NonKeyAttributes: ['_et', 'phone'] },
)
await createTable('documents', { pk: 'pk', sk: 'sk' })
await createTable('letters', { pk: 'id' })
await createTable('contracts', { pk: 'id' })
const table = DynamoDBDocumentClient.from(new DynamoDBClient())

export { keyArns }
export const regions: readonly string[] = keyRegions

export const newKeyArns = await createKey()
const tenants: Record<string, string[]> = { acme: await createKey(), globex: await createKey() }

export function keyArnsOf(tenant: string): string[] {
  const arns = tenants[tenant]
  if (arns === undefined) throw new Error(`There is no tenant ${tenant}.`)
  return arns
}

/** An item whose SSN is another one's ciphertext. */
export async function moveCiphertext({ from, to }: { from: string; to: string }): Promise<void> {
  const { Item } = await table.send(
    new GetCommand({ TableName: 'users', Key: { id: from }, ConsistentRead: true }),
  )
  const { _et, _ct, _md, version, plan, ssn } = Item ?? {}
  await table.send(
    new PutCommand({ TableName: 'users', Item: { id: to, _et, _ct, _md, version, plan, ssn } }),
  )
}

const stored = async (TableName: string): Promise<Record<string, AttributeValue>[]> =>
  (await new DynamoDBClient().send(new ScanCommand({ TableName, ConsistentRead: true }))).Items ?? []

/** An event of the table's stream, in which the items were inserted. */
export async function eventOf(table: string, sortKeys: readonly string[]): Promise<DynamoDBStreamEvent> {
  const items = (await stored(table)).filter(({ sk }) => sortKeys.includes(sk?.S ?? ''))
  const records = items.map((image, n) => ({
    eventName: 'INSERT',
    eventSourceARN: `arn:aws:dynamodb:${regions[0]}:000000000000:table/${table}/stream/2026-01-01T00:00:00.000`,
    dynamodb: { SequenceNumber: `${n}`, Keys: { pk: image.pk, sk: image.sk }, NewImage: image },
  }))
  return JSON.parse(JSON.stringify({ Records: records }, inBase64))
}

/** The file of an export. */
export const exportedFile = (table: string): AsyncIterable<Uint8Array> => fileOf(table)

async function* fileOf(table: string) {
  const lines = (await stored(table)).map(Item => `${JSON.stringify({ Item }, inBase64)}\n`)
  yield gzipSync(lines.join(''))
}
