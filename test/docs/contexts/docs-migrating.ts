import { DynamoDBClient } from '@aws-sdk/client-dynamodb'
import { DeleteCommand, DynamoDBDocumentClient, PutCommand } from '@aws-sdk/lib-dynamodb'
import { createTable, keyArns } from './cloud.js'

export { keyArns }

const TableName = 'customers'
await createTable(TableName, { pk: 'id' })
await createTable('members', { pk: 'id' })
const table = DynamoDBDocumentClient.from(new DynamoDBClient())
const damaged = { id: 'damaged', _et: 'Customer', ssn: Uint8Array.of(2, 4, 0x78) }
for (const Item of [
  { id: 'ada', _et: 'Customer', _ct: '2019-05-01', _md: '2019-05-01', ssn: '078-05-1120', legacy: true },
  { id: 'import-7', ssn: '219-09-9999' },
  { id: 'invoice-1', _et: 'Invoice', ssn: '457-55-5462' },
  damaged,
])
  await table.send(new PutCommand({ TableName, Item }))

export async function removeDamaged(): Promise<void> {
  await table.send(new DeleteCommand({ TableName, Key: { id: damaged.id } }))
}
