import { DynamoDBClient } from '@aws-sdk/client-dynamodb'
import { DynamoDBDocumentClient, GetCommand, PutCommand } from '@aws-sdk/lib-dynamodb'
import { createTable, keyArns } from './cloud.js'

export { keyArns }

await createTable('patients', { pk: 'id' })
const table = DynamoDBDocumentClient.from(new DynamoDBClient())

/** An item that has another one's ciphertext. */
export async function moveCiphertext({ from, to }: { from: string; to: string }): Promise<void> {
  const { Item } = await table.send(
    new GetCommand({ TableName: 'patients', Key: { id: from }, ConsistentRead: true }),
  )
  await table.send(new PutCommand({ TableName: 'patients', Item: { ...Item, id: to } }))
}
