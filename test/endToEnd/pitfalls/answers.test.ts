// What comes back from DynamoDB is open before anybody else has it, and only what was asked for.
import { inspect } from 'node:util'
import {
  TransactionCanceledException as Cancelled,
  ConditionalCheckFailedException as CheckFailed,
  DynamoDBClient,
} from '@aws-sdk/client-dynamodb'
import { DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb'
import { sealDocumentClient } from '@dynaseal/toolbox'
import * as toolbox from 'dynamodb-toolbox'
import { executeTransactWrite } from 'dynamodb-toolbox'
import { describe, expect, test } from 'vitest'
import { MOVED } from '../../support/formatOfRun.js'
import { leaks } from '../../support/recordingProxy.js'
import { EAST } from '../../support/world.js'
import {
  client,
  consistent,
  hasTransactions,
  key,
  load,
  NO_TRANSACTIONS,
  NUMBER,
  plant,
  repositoryOf,
  SECRET,
  secret,
  stored,
  thrownBy,
  Users,
  users,
  world,
} from './users.js'

describe('1. the formatter checks types before it decodes: what reaches it is open already', () => {
  test('numbers, enums, sets and maps are loaded as what they are', async () => {
    const saved = { amount: NUMBER, level: 'high', tags: new Set(['x']), address: { city: 'Oslo' } } as const
    await users.put({ ...key, ...saved, tags: new Set(['x']) })
    expect(await load()).toMatchObject(saved)
  })

  test('ciphertext that reaches it is known for what it is, not taken for a value of a wrong type', async () => {
    await users.put({ ...key, amount: NUMBER })
    const item = await stored()
    expect(await thrownBy(() => users.format(item))).toMatchObject({ code: 'client-not-sealed' })
  })
})

describe('5. a failed condition carries items as ciphertext in its error: they are opened there', () => {
  const condition = { attr: 'text', exists: false } as const
  const failing = { condition, returnValuesOnConditionFalse: 'ALL_OLD' } as const
  const cancelled = (by = users) =>
    executeTransactWrite(by.transactPut(secret('1'), failing), by.transactPut(secret('2'), failing))

  test('of one command', async ({ skip }) => {
    skip(!hasTransactions, NO_TRANSACTIONS)
    await users.put(secret())
    const error = await users.delete(key, failing).catch((thrown: unknown) => thrown)
    expect(error).toBeInstanceOf(CheckFailed)
    expect(error).toMatchObject({ Item: { sk: { S: '1' }, text: { S: SECRET } } })
  })

  test('of a transaction', async ({ skip }) => {
    skip(!hasTransactions, NO_TRANSACTIONS)
    await Promise.all([users.put(secret('1')), users.put(secret('2'))])
    const error = await cancelled().catch((thrown: unknown) => thrown)
    expect(error).toBeInstanceOf(Cancelled)
    const reason = { Item: { text: { S: SECRET } } }
    expect(error).toMatchObject({ CancellationReasons: [reason, reason] })
  })

  test('in an error of their own, which shows them to who asks and not to who prints', async ({ skip }) => {
    skip(!hasTransactions, NO_TRANSACTIONS)
    const seen: unknown[] = []
    const base = new DynamoDBClient(world.config(EAST))
    base.middlewareStack.add(
      next => args =>
        next(args).catch((error: unknown) => {
          seen.push(error)
          throw error
        }),
      { step: 'initialize' },
    )
    const logging = sealDocumentClient(DynamoDBDocumentClient.from(base), { keyring: world.keyring(EAST) })
    const logged = repositoryOf(logging)
    await Promise.all([logged.put(secret('1')), logged.put(secret('2'))])
    const one = (await thrownBy(() => logged.delete(key, failing))) as CheckFailed
    const two = (await thrownBy(() => cancelled(logged))) as Cancelled
    expect(one.Item?.text).toEqual({ S: SECRET })
    expect(two.CancellationReasons?.map(({ Item }) => Item?.text)).toEqual([{ S: SECRET }, { S: SECRET }])
    expect(seen).toHaveLength(2)
    for (const [i, error] of [one, two].entries()) {
      const original = seen[i] as Error
      expect(error).not.toBe(original)
      expect(inspect(original, { depth: 9 })).toContain('B: Uint8Array')
      expect(error).toBeInstanceOf(original.constructor)
      expect(error).toMatchObject({ name: original.name, message: original.message, stack: original.stack })
      const printed = inspect(error, { depth: 9, showHidden: true }) + JSON.stringify(error)
      expect(leaks([Buffer.from(printed + JSON.stringify({ ...error }))], [SECRET])).toEqual([])
    }
  })

  test('what does not open is taken away, and all of it is told', async ({ skip }) => {
    skip(!hasTransactions, NO_TRANSACTIONS)
    await users.put(secret('1'))
    const { text, dynaseal } = await stored()
    await plant({ ...(await stored()), text: 'planted' })
    const one = await thrownBy(() => users.delete(key, failing))
    expect(one).toMatchObject({ name: 'FieldsNotOpenedError', failures: [{ code: 'not-a-message' }] })
    expect((one as Error).cause).toBeInstanceOf(CheckFailed)
    expect((one as Error).cause).not.toHaveProperty('Item')
    for (const sk of ['1', '2']) await plant({ pk: 'a', sk, r: text, text, dynaseal })
    const two = await thrownBy(() => cancelled())
    const moved = { code: MOVED }
    expect(two).toMatchObject({ name: 'FieldsNotOpenedError', failures: [moved, moved, moved] })
    const { CancellationReasons } = (two as { cause: Cancelled }).cause
    for (const reason of CancellationReasons ?? []) expect(reason).not.toHaveProperty('Item')
  })
})

describe('6. a projection returns neither key nor entity name: they are asked for, and taken out again', () => {
  const options = { attributes: ['text'], consistent } as { attributes: ['text']; consistent: true }
  const batch = async () => {
    const get = Users.build(toolbox.BatchGetCommand).requests(users.batchGet(key)).options(options)
    return (await toolbox.executeBatchGet(get)).Responses?.[0]?.[0]
  }
  test.each<[string, () => Promise<unknown>]>([
    ['get', async () => (await users.get(key, options)).Item],
    ['query', async () => (await users.query({ partition: 'a' }, options)).Items?.[0]],
    [
      'query of an index',
      async () =>
        (await users.query({ index: 'byGsi', partition: 'g' }, { attributes: ['text'] })).Items?.[0],
    ],
    ['scan', async () => (await users.scan(options)).Items?.[0]],
    ['batch get', batch],
  ])('%s: the place is checked, and only what was asked for is shown', async (_, read) => {
    await users.put({ ...secret(), gsi: 'g', plain: 'p' })
    expect(await read()).toEqual({ text: SECRET })
    const { text } = await repositoryOf(client)
      .put(secret('2'))
      .then(() => stored({ pk: 'a', sk: '2' }))
    await users.delete({ pk: 'a', sk: '2' })
    await plant({ ...(await stored()), text })
    expect(await thrownBy(read)).toMatchObject({ failures: [{ code: MOVED, path: ['text'] }] })
  })
})
