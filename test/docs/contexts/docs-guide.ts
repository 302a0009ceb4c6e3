import { DynamoDBClient } from '@aws-sdk/client-dynamodb'
import { DynamoDBDocumentClient, GetCommand, PutCommand } from '@aws-sdk/lib-dynamodb'
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
