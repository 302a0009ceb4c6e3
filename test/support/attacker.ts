import type { World } from './world.js'

/** An item as JSON carries it: binary values are base64 text. */
export type StoredItem = Record<string, unknown>

/**
 * Speaks to DynamoDB as somebody does who can write the table and nothing else. No SDK is between: it would not send
 * an entry named `__proto__`.
 */
async function call(world: World, operation: string, body: object): Promise<{ Item?: StoredItem }> {
  const response = await fetch(world.cloud.endpoint, {
    method: 'POST',
    headers: {
      'content-type': 'application/x-amz-json-1.0',
      'x-amz-target': `DynamoDB_20120810.${operation}`,
      'x-amz-date': new Date().toISOString().replace(/[-:]|\.\d+/g, ''),
      authorization:
        'AWS4-HMAC-SHA256 Credential=attacker/20260101/us-east-1/dynamodb/aws4_request, SignedHeaders=host;x-amz-date;x-amz-target, Signature=0',
    },
    body: JSON.stringify(body),
  })
  const answer = await response.text()
  if (!response.ok) throw new Refused(answer)
  return JSON.parse(answer)
}

/** The engine does not store such an item. */
export class Refused extends Error {}

const attributes = ({ pk, sk }: { pk: string; sk: string }) => ({ pk: { S: pk }, sk: { S: sk } })

export async function storedItem(
  world: World,
  TableName: string,
  key: { pk: string; sk: string },
): Promise<StoredItem> {
  const { Item } = await call(world, 'GetItem', { TableName, Key: attributes(key), ConsistentRead: true })
  return Item ?? {}
}

/** @throws {Refused} */
export async function store(world: World, TableName: string, Item: StoredItem): Promise<void> {
  await call(world, 'PutItem', { TableName, Item })
}

/** Changes an item as it is stored. */
export async function attackOn(
  world: World,
  TableName: string,
  key: { pk: string; sk: string },
  attack: (item: StoredItem) => void,
): Promise<void> {
  const item = await storedItem(world, TableName, key)
  attack(item)
  await store(world, TableName, item)
}
