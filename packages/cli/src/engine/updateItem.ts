import type { AttributeValue, UpdateItemCommandInput } from '@aws-sdk/client-dynamodb'
import type { AttributePath } from '@dynaseal/core'
import type { Beside, Change, Replacement } from './task.js'

/**
 * Most values of one change: expressions may have 4 KB and 300 operators
 * ("Constraints in Amazon DynamoDB", expression parameters).
 */
export const MAX_VALUES = 100

/** The update that makes a change, under the condition that nothing of it has changed since it was read. */
export function updateItem(
  tableName: string,
  { key, values, attributes, tokens, unchanged }: Change,
): UpdateItemCommandInput {
  const update = new Expressions()
  for (const changes of [values, attributes, tokens]) for (const change of changes) update.change(change)
  for (const { path, value } of unchanged) update.expect(update.place(path), value)
  // What was read is there, or an update would bring back an item that was deleted meanwhile.
  if (!update.expectsValues) update.expectItem(Object.keys(key)[0]!)
  return {
    TableName: tableName,
    Key: key,
    ...update.input(),
    ReturnConsumedCapacity: 'TOTAL',
  }
}

/** The expressions of one update. Written out as they come: there is one for each item of a table. */
class Expressions {
  readonly #names: Record<string, string> = {}
  readonly #placeholders = new Map<string, string>()
  readonly #values: Record<string, AttributeValue> = {}
  #count = 0
  #set = ''
  #remove = ''
  #condition = ''
  expectsValues = false

  change({ path, from, to }: Replacement | Beside): void {
    const where = this.place(path)
    this.expect(where, from)
    if (to !== undefined) this.#set += `${this.#set === '' ? 'SET ' : ', '}${where} = ${this.#value(to)}`
    else if (from !== undefined) this.#remove += `${this.#remove === '' ? 'REMOVE ' : ', '}${where}`
  }

  /** That what was read is there still. */
  expect(where: string, read: AttributeValue | undefined): void {
    if (read === undefined) {
      this.#require(`attribute_not_exists(${where})`)
    } else {
      this.expectsValues = true
      this.#require(`${where} = ${this.#value(read)}`)
    }
  }

  expectItem(keyName: string): void {
    this.#require(`attribute_exists(${this.#name(keyName)})`)
  }

  place(path: AttributePath): string {
    let text = ''
    for (const step of path) {
      if (typeof step === 'number') text += `[${step}]`
      else text += text === '' ? this.#name(step) : `.${this.#name(step)}`
    }
    return text
  }

  input(): Partial<UpdateItemCommandInput> {
    const between = this.#set === '' || this.#remove === '' ? '' : ' '
    return {
      UpdateExpression: `${this.#set}${between}${this.#remove}`,
      ConditionExpression: this.#condition,
      ExpressionAttributeNames: this.#names,
      ExpressionAttributeValues: this.#values,
    }
  }

  #require(condition: string): void {
    this.#condition += this.#condition === '' ? condition : ` AND ${condition}`
  }

  #name(name: string): string {
    const known = this.#placeholders.get(name)
    if (known !== undefined) return known
    const placeholder = `#${this.#placeholders.size}`
    this.#placeholders.set(name, placeholder)
    this.#names[placeholder] = name
    return placeholder
  }

  #value(value: AttributeValue): string {
    const name = `:${this.#count++}`
    this.#values[name] = value
    return name
  }
}
