import {
  DeleteItemCommand,
  DescribeTableCommand,
  GetItemCommand,
  PutItemCommand,
} from '@aws-sdk/client-dynamodb'
import { explained } from '../awsErrors.js'
import type { Target } from '../config/project.js'
import { CliError } from '../errors.js'
import type { Checkpoint } from './checkpoint.js'

/** The attribute that has the text. */
const STATE = 'state'

/**
 * A checkpoint in an item of a table that has a string as its whole key, in the region of what is worked on.
 *
 * @param tableName of the checkpoints' table
 * @param id the item's key
 * @throws {CliError} `usage` for a table with another key; what AWS refuses
 */
export async function itemCheckpoint(
  { dynamodb, region }: Target,
  tableName: string,
  id: string,
): Promise<Checkpoint> {
  const explain = (error: unknown) => {
    throw explained(error, { table: tableName, region })
  }
  const { Table } = await dynamodb.send(new DescribeTableCommand({ TableName: tableName })).catch(explain)
  const [key, ...more] = Table?.KeySchema ?? []
  const type = Table?.AttributeDefinitions?.find(({ AttributeName }) => AttributeName === key?.AttributeName)
  if (key?.AttributeName === undefined || more.length > 0 || type?.AttributeType !== 'S')
    throw new CliError(
      'usage',
      `Checkpoints want a table whose key is one string, and ${tableName} has another key.`,
    )
  const Key = { [key.AttributeName]: { S: id } }
  return {
    name: `${id} of table ${tableName}`,
    async load() {
      const get = new GetItemCommand({ TableName: tableName, Key, ConsistentRead: true })
      const { Item } = await dynamodb.send(get).catch(explain)
      return Item?.[STATE]?.S
    },
    async save(text) {
      const put = new PutItemCommand({ TableName: tableName, Item: { ...Key, [STATE]: { S: text } } })
      await dynamodb.send(put).catch(explain)
    },
    async remove() {
      await dynamodb.send(new DeleteItemCommand({ TableName: tableName, Key })).catch(explain)
    },
  }
}
