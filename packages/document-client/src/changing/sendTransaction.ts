import type { Item } from '../values/place.js'
import { mapItems, wireMembers } from '../values/wireItems.js'
import { repeatedly } from './attempts.js'
import { Capacity } from './capacity.js'
import { transactionInvalid } from './failed.js'
import { judge, type Verdict } from './judge.js'
import type { ReadFirst, Sending } from './readFirst.js'
import { type AnsweredItem, readItem } from './readItem.js'
import { asked } from './sendChange.js'
import { impossible, unchanged } from './unchanged.js'

/** An action that is sent as it is. */
interface PlainAction {
  readonly kind: string
  readonly params: Item
}

interface Judged {
  readonly write: ReadFirst
  readonly item: AnsweredItem
  readonly verdict: Verdict
}

/**
 * Sends a transaction of which some actions are evaluated on the plaintext: reads their items, and makes of each of these actions
 * one on the condition that its item is as it was read. An action whose condition does not hold is sent with one that
 * never does: DynamoDB then tells the reasons for all actions.
 *
 * @param input as the caller has it
 * @throws {TransactionCanceledException}
 * @throws {DocumentClientError} `write-conflict`
 */
export async function sendTransaction(
  input: Item,
  actions: readonly (ReadFirst | PlainAction)[],
  sending: Sending,
): Promise<Item> {
  const { settings, sendOperation } = sending
  const capacity = new Capacity(input.ReturnConsumedCapacity)
  const reading = actions.filter(action => 'decide' in action)
  const tables = reading.map(({ table }) => table)
  const plain = (params: Item) => mapItems(params, item => wireMembers(item, settings.values))
  return repeatedly(tables, settings.signal, async () => {
    const judged = new Map<ReadFirst | PlainAction, Judged>()
    const items = await Promise.all(reading.map(write => readItem(write, sending, capacity)))
    for (const [i, write] of reading.entries()) {
      const item = items[i]!
      judged.set(write, { write, item, verdict: await judge(write, item, settings) })
    }
    refuseInvalid(actions.map(action => judged.get(action)))
    const TransactItems = actions.map(action => {
      const known = judged.get(action)
      return known === undefined
        ? { [(action as PlainAction).kind]: plain(action.params) }
        : decided(known, settings)
    })
    try {
      const output = await sendOperation('TransactWriteItems', { ...input, TransactItems })
      capacity.add(output.ConsumedCapacity)
      return capacity.total.length === 0 ? output : { ...output, ConsumedCapacity: capacity.total }
    } catch (error) {
      if (
        isOvertaken(
          error,
          actions.map(action => judged.get(action)),
        )
      )
        return undefined
      throw error
    }
  })
}

function decided({ write, item, verdict }: Judged, settings: Sending['settings']): Item {
  const { table, params } = write
  const members = asked(params, 'TableName', 'ReturnValuesOnConditionCheckFailure')
  if (verdict.is === 'decided') {
    const { decision } = verdict
    return { [decision.kind]: { ...members, ...decision.members, ...unchanged(table, settings, item) } }
  }
  return { ConditionCheck: { ...members, Key: write.key, ...impossible(table) } }
}

function refuseInvalid(judged: readonly (Judged | undefined)[]): void {
  const errors = judged.map(each => (each?.verdict.is === 'invalid' ? each.verdict.error : undefined))
  const first = judged.find((_, i) => errors[i] !== undefined)
  if (first !== undefined) throw transactionInvalid(errors, first.item)
}

/** Whether an item was written by others after it was read, for which the caller's condition held. */
function isOvertaken(error: unknown, judged: readonly (Judged | undefined)[]): boolean {
  if (!(error instanceof Error) || error.name !== 'TransactionCanceledException') return false
  const { CancellationReasons = [] } = error as { CancellationReasons?: { Code?: string }[] }
  return CancellationReasons.some(
    ({ Code }, i) => Code === 'ConditionalCheckFailed' && judged[i]?.verdict.is === 'decided',
  )
}
