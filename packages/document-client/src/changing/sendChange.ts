import type { Item } from '../values/place.js'
import { repeatedly } from './attempts.js'
import { Capacity } from './capacity.js'
import { conditionFailed, invalid } from './failed.js'
import { isSameVersion } from './isSameVersion.js'
import { judge } from './judge.js'
import type { Decision, ReadFirst, Sending } from './readFirst.js'
import { type AnsweredItem, readItem } from './readItem.js'
import { returned } from './returned.js'
import { unchanged } from './unchanged.js'

/**
 * Sends one write that is evaluated on the plaintext: reads the item, decides, and writes on the condition that it is as
 * it was read; again and again, as long as others write it in between.
 *
 * @returns what the caller's command answers
 * @throws {ConditionalCheckFailedException} with the item as it is stored, if that is asked for
 * @throws {DynamoDBServiceException} `ValidationException`
 * @throws {DocumentClientError} `write-conflict`
 */
export async function sendChange(write: ReadFirst, { settings, sendOperation }: Sending): Promise<Item> {
  const { table, params } = write
  const capacity = new Capacity(params.ReturnConsumedCapacity)
  const tried: Tried[] = []
  return repeatedly([table], settings.signal, async () => {
    const item = await readItem(write, { settings, sendOperation }, capacity)
    // The AWS SDK sends again what was not answered, and what was done already then fails.
    const done = tried.find(({ decision }) => isSameVersion(table, decision.members.Item, item.stored))
    if (done !== undefined) return answer(write, done, capacity, { $metadata: item.metadata }, settings)
    const verdict = await judge(write, item, settings)
    if (verdict.is === 'condition-failed')
      throw conditionFailed(item, params.ReturnValuesOnConditionCheckFailure === 'ALL_OLD')
    if (verdict.is === 'invalid') throw invalid(verdict.error, item)
    const { decision } = verdict
    tried.push({ item, decision })
    try {
      const output = await sendOperation(decision.kind === 'Put' ? 'PutItem' : 'DeleteItem', {
        TableName: params.TableName,
        ...decision.members,
        ...unchanged(table, settings, item),
        ...asked(params, 'ReturnConsumedCapacity', 'ReturnItemCollectionMetrics'),
      })
      return answer(write, { item, decision }, capacity, output, settings)
    } catch (error) {
      if (isConditionFailed(error)) return undefined
      throw error
    }
  })
}

interface Tried {
  readonly item: AnsweredItem
  readonly decision: Decision
}

function answer(
  write: ReadFirst,
  { item, decision }: Tried,
  capacity: Capacity,
  output: Item,
  settings: Sending['settings'],
): Item {
  capacity.add(output.ConsumedCapacity)
  const Attributes = returned(write, item.opened, decision.updated, settings)
  const [ConsumedCapacity] = capacity.total
  return {
    ...output,
    ...(Attributes === undefined ? {} : { Attributes }),
    ...(ConsumedCapacity === undefined ? {} : { ConsumedCapacity }),
  }
}

/** Those of the parameters that are there. */
export function asked(params: Item, ...names: string[]): Item {
  return Object.fromEntries(
    names.filter(name => params[name] !== undefined).map(name => [name, params[name]]),
  )
}

/** By its name: the application may have another copy of the SDK. */
function isConditionFailed(error: unknown): boolean {
  return error instanceof Error && error.name === 'ConditionalCheckFailedException'
}
