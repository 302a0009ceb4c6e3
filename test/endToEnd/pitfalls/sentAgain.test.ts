// What is sent once more.
import { DynamoDBClient } from '@aws-sdk/client-dynamodb'
import { DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb'
import { type SealedDocumentClient, sealDocumentClient } from '@dynaseal/toolbox'
import * as toolbox from 'dynamodb-toolbox'
import { executeTransactWrite } from 'dynamodb-toolbox'
import { describe, expect, test } from 'vitest'
import { type Intercept, intercept } from '../../support/intercept.js'
import { leaks } from '../../support/recordingProxy.js'
import { EAST } from '../../support/world.js'
import {
  consistent,
  hasTransactions,
  key,
  load,
  NO_TRANSACTIONS,
  repositoryOf,
  SECRET,
  secret,
  tableName,
  users,
  world,
} from './users.js'

/** A sealed client whose requests pass through `work`. */
function through(work: Intercept): SealedDocumentClient {
  const base = new DynamoDBClient(world.config(EAST))
  intercept(base, work)
  return sealDocumentClient(DynamoDBDocumentClient.from(base), { keyring: world.keyring(EAST) })
}

describe('4. unprocessed requests are sent again as they came back: they stay as they came', () => {
  test('the next attempt of a batch writes the same bytes', async () => {
    const sent: Record<string, unknown[]>[] = []
    const others = repositoryOf(
      through(async (input, forward) => {
        sent.push(input.RequestItems as Record<string, unknown[]>)
        if (sent.length > 1) return forward(input)
        const [first, ...rest] = sent[0]?.[tableName] ?? []
        const output = await forward({ ...input, RequestItems: { [tableName]: [first] } })
        return { ...output, UnprocessedItems: { [tableName]: rest } }
      }),
    )
    world.cloud.clearCalls()
    const puts = ['1', '2', '3'].map(sk => others.batchPut({ ...secret(sk), codes: [SECRET] }))
    const write = others.entity.table.build(toolbox.BatchWriteCommand).requests(...puts)
    expect((await toolbox.executeBatchWrite({ maxAttempts: 2 }, write)).UnprocessedItems).toEqual({})
    // Bytes are copied between the two, and a copy of a Buffer is none.
    expect(structuredClone(sent[1])).toEqual(structuredClone({ [tableName]: sent[0]?.[tableName]?.slice(1) }))
    expect(world.kmsCalls()).toEqual([`GenerateDataKey ${EAST}`])
    const { Items } = await users.query(
      { partition: 'a' },
      { consistent, attributes: ['sk', 'text', 'codes'] },
    )
    expect(Items).toEqual(['1', '2', '3'].map(sk => ({ sk, text: SECRET, codes: [SECRET] })))
    expect(leaks(world.proxy.sent, [SECRET])).toEqual([])
  })

  test('the next attempt of a batch reads no attribute that was not asked for', async () => {
    await Promise.all(['1', '2'].map(sk => users.put(secret(sk))))
    let attempts = 0
    const others = repositoryOf(
      through(async (input, forward) => {
        if (++attempts > 1) return forward(input)
        const { Keys, ...request } = (input.RequestItems as Record<string, { Keys: object[] }>)[tableName]!
        const part = (keys: object[]) => ({ [tableName]: { ...request, Keys: keys } })
        const output = await forward({ ...input, RequestItems: part(Keys.slice(0, 1)) })
        return { ...output, UnprocessedKeys: part(Keys.slice(1)) }
      }),
    )
    const get = others.entity.table
      .build(toolbox.BatchGetCommand)
      .requests(others.batchGet(key), others.batchGet({ pk: 'a', sk: '2' }))
      .options({ attributes: ['text'], consistent })
    const { Responses } = await toolbox.executeBatchGet({ maxAttempts: 2 }, get)
    expect(Responses?.[0]).toEqual([{ text: SECRET }, { text: SECRET }])
    expect(attempts).toBe(2)
  })
})

test('9. a transaction that is made again has other bytes: with its old token it is refused', async ({
  skip,
}) => {
  skip(!hasTransactions, NO_TRANSACTIONS)
  const again = { clientRequestToken: 'a-token' }
  await executeTransactWrite(again, users.transactPut(secret()))
  const error = await executeTransactWrite(again, users.transactPut(secret())).catch(
    (thrown: unknown) => thrown,
  )
  expect(error).toMatchObject({ name: 'IdempotentParameterMismatchException' })
  expect(await load()).toMatchObject(secret())
})
