import type { ClientSettings } from '../client/settings.js'
import { holds } from '../evaluation/condition.js'
import { EvaluationError } from '../evaluation/errors.js'
import { refuseOperandTypes } from '../evaluation/operandTypes.js'
import type { Test } from '../expressions/condition.js'
import type { Decision, ReadFirst } from './readFirst.js'
import type { AnsweredItem } from './readItem.js'

/** What becomes of a write, now that its item is known. */
export type Verdict =
  | { readonly is: 'decided'; readonly decision: Decision }
  | { readonly is: 'condition-failed' }
  | { readonly is: 'invalid'; readonly error: EvaluationError }

/** Evaluates the caller's condition and expression on an item in clear, in the order in which DynamoDB does. */
export async function judge(
  write: ReadFirst,
  item: AnsweredItem,
  settings: ClientSettings,
): Promise<Verdict> {
  try {
    const { searched, values } = write
    const { condition } = searched
    write.check?.()
    if (condition !== undefined) refuseOperandTypes(condition, values)
    const known = (test: Test) => searched.holds(test, item)
    if (condition !== undefined && !holds(condition, item.opened ?? {}, values, known))
      return { is: 'condition-failed' }
    return { is: 'decided', decision: await write.decide(item, settings) }
  } catch (error) {
    if (error instanceof EvaluationError) return { is: 'invalid', error }
    throw error
  }
}
