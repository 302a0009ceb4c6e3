import { DeleteItemCommand, GetItemCommand, PutItemCommand } from '@aws-sdk/client-dynamodb'
import { explained } from '../awsErrors.js'
import type { Target } from '../config/project.js'
import { CliError } from '../errors.js'
import { type Checkpoint, takenOver } from './checkpoint.js'
import { describeTable } from './describeTable.js'
import { persistently, unlessThrottled } from './persistently.js'

/** The attribute that has the text. */
const STATE = 'state'

/**
 * A checkpoint in an item of a table that has a string as its whole key, in the region of what is worked on.
 *
 * @param tableName of the checkpoints' table
 * @param id the item's key
 * @throws {CliError} `usage` for a table with another key, `table-missing` where there is none; what AWS refuses
 */
export async function itemCheckpoint(
  { dynamodb, region }: Target,
  tableName: string,
  id: string,
): Promise<Checkpoint> {
  const explain = (error: unknown) => {
    throw explained(error, { table: tableName, region })
  }
  const table = await describeTable(dynamodb, tableName).catch((error: unknown) => {
    if ((error as Error).name !== 'ResourceNotFoundException') return explain(error)
    throw new CliError(
      'table-missing',
      `There is no table ${tableName} for checkpoints in ${region}. Make one there whose key is one string.`,
      error,
    )
  })
  const [key, ...more] = table?.KeySchema ?? []
  const type = table?.AttributeDefinitions?.find(({ AttributeName }) => AttributeName === key?.AttributeName)
  if (key?.AttributeName === undefined || more.length > 0 || type?.AttributeType !== 'S')
    throw new CliError(
      'usage',
      `Checkpoints want a table whose key is one string, and ${tableName} has another key.`,
    )
  const keyName = key.AttributeName
  const Key = { [keyName]: { S: id } }
  const name = `${id} of table ${tableName}`
  let last: string | undefined
  const read = async () => {
    const get = new GetItemCommand({ TableName: tableName, Key, ConsistentRead: true })
    const { Item } = await bear(() => dynamodb.send(get)).catch(explain)
    return Item?.[STATE]?.S
  }
  return {
    name,
    async load() {
      last = await read()
      return last
    },
    async save(text) {
      const put = new PutItemCommand({
        TableName: tableName,
        Item: { ...Key, [STATE]: { S: text } },
        ConditionExpression: `attribute_not_exists(#key)${last === undefined ? '' : ' OR #state = :last'}`,
        ExpressionAttributeNames: { '#key': keyName, ...(last === undefined ? {} : { '#state': STATE }) },
        ...(last === undefined ? {} : { ExpressionAttributeValues: { ':last': { S: last } } }),
      })
      try {
        await bear(() => dynamodb.send(put))
      } catch (error) {
        // Its answer may have been lost, and the condition have failed when it was sent again.
        if ((error as Error).name !== 'ConditionalCheckFailedException') explain(error)
        else if ((await read()) !== text) throw takenOver(name)
      }
      last = text
    },
    async remove() {
      const remove = new DeleteItemCommand({ TableName: tableName, Key })
      await bear(() => dynamodb.send(remove)).catch(explain)
      last = undefined
    },
  }
}

/** A job that is ended keeps how far it is all the same: no signal stops this. */
function bear<T>(call: () => Promise<T>): Promise<T> {
  const { signal } = new AbortController()
  return persistently(() => unlessThrottled(call), { signal })
}
