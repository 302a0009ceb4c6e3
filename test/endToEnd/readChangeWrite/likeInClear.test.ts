import {
  ConditionalCheckFailedException,
  DeleteItemCommand,
  type DynamoDBClient,
  GetItemCommand,
  PutItemCommand,
  UpdateItemCommand,
} from '@aws-sdk/client-dynamodb'
import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import {
  canonical,
  condition,
  item,
  optional,
  typical,
  update,
} from '../../../packages/document-client/test/evaluation/arbitraries.js'
import { type Item, PLAIN, put, SEALED, sealedBase, type Twins, twins } from './twins.js'

// The same commands on sealed items and on items in clear, over random items and expressions. The engines have defects of
// their own: where they differ, what is right is what one of them says.

const RUNS = Number(process.env.DYNASEAL_RUNS ?? 60)
const ENGINES = ['dynoxide', 'dynalite'] as const
let worlds: Twins[] = []
beforeAll(async () => {
  worlds = await Promise.all(ENGINES.map(twins))
})
afterAll(async () => {
  for (const world of worlds) await world.stop()
})

const id = { S: 'one' }
const Key = { id }

interface Outcome {
  readonly answer: unknown
  readonly after: unknown
}

/** What one write does, and what is there after it. */
async function outcome(
  client: Pick<DynamoDBClient, 'send'>,
  TableName: string,
  before: Item | undefined,
  write: (TableName: string) => UpdateItemCommand | PutItemCommand | DeleteItemCommand,
): Promise<Outcome> {
  if (before === undefined) await client.send(new DeleteItemCommand({ TableName, Key }))
  else await client.send(put(TableName, before))
  let answer: unknown
  try {
    const output = await client.send(write(TableName) as UpdateItemCommand)
    answer = output.Attributes === undefined ? 'done' : canonical(output.Attributes as Item)
  } catch (error) {
    // What is encrypted is not copied into the clear, as it is where all is in clear.
    fc.pre((error as { code?: unknown }).code !== 'update-refused')
    answer = [(error as Error).name, error instanceof ConditionalCheckFailedException]
  }
  const { Item } = await client.send(new GetItemCommand({ TableName, Key, ConsistentRead: true }))
  return { answer, after: Item === undefined ? undefined : canonical(Item as Item) }
}

/** Of what updates are made for, and of what conditions are. */
const whole = fc.tuple(typical, item).map(([one, other]) => ({ ...one, ...other, id }) as Item)
const existing = fc.option(whole, { nil: undefined, freq: 5 })
const conditional = fc.option(condition, { nil: undefined, freq: 1 })

/** Renames the placeholders of a condition, so that they can stand beside those of an update. */
const besides = ({ text, values }: { text: string; values: Item }) => ({
  text: text.replaceAll(/:v/g, ':c'),
  values: Object.fromEntries(
    Object.entries(values).map(([name, value]) => [name.replace(':v', ':c'), value]),
  ),
})

describe('as on items in clear', () => {
  test('updates, with conditions, and what they return', { timeout: 600_000 }, async () => {
    let applied = 0
    let refused = 0
    const returnValues = fc.constantFrom('NONE', 'ALL_OLD', 'ALL_NEW', 'UPDATED_OLD', 'UPDATED_NEW')
    const sealed = worlds.map(({ client }) => sealedBase(client()))
    await fc.assert(
      fc.asyncProperty(
        existing,
        update,
        conditional,
        returnValues,
        async (before, changes, asked, wanted) => {
          // One engine appends at the end of a list, the other does not change what another action copies: neither does both.
          fc.pre(
            !(
              /l\[[178]\] =/.test(changes.text) &&
              /[=(+-] [a-z]+[ .[]?/.test(changes.text.replaceAll('if_not_exists(', ''))
            ),
          )
          // What is returned of a part of a list, each engine has its own way with.
          fc.pre(!(wanted.startsWith('UPDATED') && /\[\d\]/.test(changes.text)))
          const checked = asked === undefined ? undefined : besides(asked)
          const write = (TableName: string) =>
            new UpdateItemCommand({
              TableName,
              Key,
              UpdateExpression: changes.text,
              ReturnValues: wanted,
              ...(checked === undefined ? {} : { ConditionExpression: checked.text }),
              ...optional({ ...changes.values, ...checked?.values }),
            })
          const theirs = await Promise.all(worlds.map(({ raw }) => outcome(raw, PLAIN, before, write)))
          const ours = await Promise.all(sealed.map(client => outcome(client, SEALED, before, write)))
          for (const each of ours) expect(theirs).toContainEqual(each)
          if (Array.isArray(ours[0]?.answer)) refused++
          else applied++
        },
      ),
      { numRuns: RUNS },
    )
    expect(Math.min(applied, refused)).toBeGreaterThan(RUNS / 10)
  })

  test('puts and deletes with conditions', { timeout: 600_000 }, async () => {
    const sealed = worlds.map(({ client }) => sealedBase(client()))
    const next = fc.option(whole, { nil: undefined })
    const returnValues = fc.constantFrom('NONE', 'ALL_OLD')
    const outcomes = new Set<boolean>()
    await fc.assert(
      fc.asyncProperty(existing, next, condition, returnValues, async (before, Item, asked, ReturnValues) => {
        const conditions = { ConditionExpression: asked.text, ...optional(asked.values), ReturnValues }
        const write = (TableName: string) =>
          Item === undefined
            ? new DeleteItemCommand({ TableName, Key, ...conditions })
            : new PutItemCommand({ TableName, Item, ...conditions })
        const theirs = await Promise.all(worlds.map(({ raw }) => outcome(raw, PLAIN, before, write)))
        // What they say of an expression before they look at any item is not the evaluation's.
        fc.pre(!theirs.every(({ answer }) => Array.isArray(answer) && answer[0] === 'ValidationException'))
        const ours = await Promise.all(sealed.map(client => outcome(client, SEALED, before, write)))
        for (const each of ours) expect(theirs).toContainEqual(each)
        outcomes.add(Array.isArray(ours[0]?.answer))
      }),
      { numRuns: RUNS },
    )
    expect(outcomes.size).toBe(2)
  })
})
