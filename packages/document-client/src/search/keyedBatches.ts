import type { Forward } from '../commands/plan.js'
import { DocumentClientError } from '../errors.js'
import type { Item } from '../values/place.js'
import { restoredKey } from './keyedReads.js'
import type { KeyedWrite } from './keyedWrites.js'

export interface BatchedWrite {
  /** The table, as the request calls it. */
  readonly name: string
  readonly request: Item
  readonly keyed: KeyedWrite | undefined
}

/** Most actions of one TransactWriteItems ("TransactWriteItems", Amazon DynamoDB API reference). */
const MAX_ACTIONS = 100

/**
 * With several search keys, a batch is a transaction: item by item, one that is put could stay under an older key, and one
 * that is deleted could be moved away meanwhile.
 */
export async function batchWriteKeyed(
  params: Item,
  writes: readonly BatchedWrite[],
  forward: Forward,
): Promise<Item> {
  if (!writes.some(({ keyed }) => keyed !== undefined && keyed.key.others.length > 0))
    return restored(await forward(params), writes)
  const TransactItems = writes.flatMap(
    ({ name, request, keyed }) => keyed?.actions() ?? [actionOf(name, request)],
  )
  if (TransactItems.length > MAX_ACTIONS) {
    throw new DocumentClientError(
      'command-unsupported',
      `While there are several search keys, items whose keys are search tokens are written in transactions, and this batch would have ${TransactItems.length} actions: DynamoDB takes ${MAX_ACTIONS}. Write fewer items at once.`,
    )
  }
  const { RequestItems: _, ...others } = params
  const output = await forward({ ...others, TransactItems }, 'TransactWriteItems')
  return { ...output, UnprocessedItems: {} }
}

function actionOf(TableName: string, { PutRequest, DeleteRequest }: Item): Item {
  return PutRequest === undefined
    ? { Delete: { TableName, ...(DeleteRequest as Item) } }
    : { Put: { TableName, ...(PutRequest as Item) } }
}

/** What was not processed, with keys as the command gave them, to be sent again. */
function restored(output: Item, writes: readonly BatchedWrite[]): Item {
  const { UnprocessedItems } = output
  if (UnprocessedItems === undefined) return output
  const ofRequest = ([name, requests]: [string, Item[]]) => {
    const keys = writes.flatMap(write => (write.name === name ? (write.keyed?.key ?? []) : []))
    return [
      name,
      requests.map(request =>
        request.DeleteRequest === undefined
          ? request
          : { DeleteRequest: { Key: restoredKey(keys, (request.DeleteRequest as Item).Key as Item) } },
      ),
    ]
  }
  return {
    ...output,
    UnprocessedItems: Object.fromEntries(
      Object.entries(UnprocessedItems as Record<string, Item[]>).map(ofRequest),
    ),
  }
}
