// What moving items to a new search key makes of what it is answered.
import { describe, expect, it } from 'vitest'
import { Backfill, RewrapTokens, runJob, type Target, type WireItem } from '../src/api.js'
import { JobCounts } from '../src/engine/jobCounts.js'
import { moveItem } from '../src/engine/moveItem.js'
import { Pace } from '../src/engine/pace.js'
import { renderJob } from '../src/engine/renderJob.js'
import { EAST, WEST } from './support/cloud.js'
import {
  declared,
  emails,
  put,
  retoken,
  stored,
  TABLES,
  target,
  versionsIn,
  world,
} from './support/keyedTables.js'
import { between } from './support/raced.js'

describe('what DynamoDB says of the transaction', () => {
  const table = declared
  const canceled = (...Code: string[]) =>
    Object.assign(new Error('Transaction cancelled'), {
      name: 'TransactionCanceledException',
      CancellationReasons: Code.map(one => ({ Code: one })),
    })
  /** A target in which the first transaction has another answer. */
  const answering = (of: Target, answer: (send: () => Promise<unknown>) => Promise<unknown>) => {
    let isFirst = true
    return between(of, (name, send) => {
      if (!isFirst || name !== 'TransactWriteItems') return send()
      isFirst = false
      return answer(send)
    })
  }

  it.each([
    ['a conflict', canceled('None', 'TransactionConflict'), 1],
    ['throttling', canceled('ProvisionedThroughputExceeded', 'None'), 0],
    ['another throttling', canceled('None', 'ThrottlingError'), 0],
    [
      'the same transaction under way',
      Object.assign(new Error('…'), { name: 'TransactionInProgressException' }),
      0,
    ],
  ])('%s: it is sent again', async (_, error, overtaken) => {
    await put(table, 'ada@example.com')
    const report = await retoken(answering(await target(table), () => Promise.reject(error)))
    expect(report).toMatchObject({ moved: 1, overtaken, left: {} })
    expect(await versionsIn(table)).toEqual(['2.'])
  })

  it('an answer that is lost: it was made once, and is counted', async () => {
    await put(table, 'ada@example.com')
    const lost = answering(await target(table), async send => {
      await send()
      throw Object.assign(new Error('socket hang up'), { code: 'ECONNRESET' })
    })
    expect(await retoken(lost)).toMatchObject({ changed: 1, moved: 1, overtaken: 0, left: {} })
    expect(await versionsIn(table)).toEqual(['2.'])
  })

  it.each([
    [
      Object.assign(new Error('Item size has exceeded the maximum allowed size'), {
        name: 'ValidationException',
      }),
    ],
    [
      Object.assign(canceled(), {
        CancellationReasons: [
          { Code: 'ValidationError', Message: 'Item size to update has exceeded the maximum allowed size' },
          { Code: 'None' },
        ],
      }),
    ],
  ])('an item that would be too large is left', async error => {
    await put(table, 'ada@example.com')
    const report = await retoken(answering(await target(table), () => Promise.reject(error)))
    expect(report).toMatchObject({ moved: 0, left: { 'too-large': 1 } })
  })

  it('a key that was taken, and an item that is gone when it is looked at again: there is nothing to do', async () => {
    await put(table, 'ada@example.com')
    const gone = answering(await target(table), async () => {
      await table.application(2, 1).remove('ada@example.com')
      throw canceled('ConditionalCheckFailed', 'None')
    })
    expect(await retoken(gone)).toMatchObject({ moved: 0, overtaken: 1, left: {} })
  })

  it('what is not allowed ends the job', async () => {
    await put(table, 'ada@example.com')
    const denied = Object.assign(new Error('not authorized'), { name: 'AccessDeniedException' })
    const of = answering(await target(table), () => Promise.reject(denied))
    await expect(retoken(of)).rejects.toThrow('not authorized')
  })
})

it('no answer from KMS is borne for a while, and is no reason to leave an item', async () => {
  await put(declared, 'ada@example.com')
  const of = await target(declared)
  let failures = 0
  const mover = {
    ...of.mover,
    moved: (...given: Parameters<typeof of.mover.moved>) =>
      of.mover.moved(...given).catch(error => {
        failures++
        world.cloud.heal()
        throw error
      }),
  }
  const task = await RewrapTokens.of({ ...of, mover })
  for (const region of [EAST, WEST]) world.cloud.fault({ region, service: 'kms', kind: 'refuse' })
  expect(await runJob(of, task, { apply: true })).toMatchObject({ moved: 1, left: {} })
  // How long a keyring remembers that a region did not answer is its own affair.
  expect(failures).toBeGreaterThan(0)
})

it('what moves read is taken from their pace once, however many are under way', async () => {
  await put(declared, ...emails(8))
  class Counting extends Pace {
    units = 0
    override async take() {
      return (consumed: number) => {
        this.units += consumed
      }
    }
  }
  const [readPace, writePace, counts] = [new Counting(), new Counting(), new JobCounts()]
  const of = await target(declared)
  const moving = { readPace, writePace, counts, signal: new AbortController().signal }
  const keysOf = (await stored('declared')).map(({ pk, sk }): WireItem => ({ pk: pk!, sk: sk! }))
  const results = await Promise.all(keysOf.map(key => moveItem(of, key, moving)))
  expect(new Set(results)).toEqual(new Set(['written']))
  expect([readPace.units, writePace.units]).toEqual([counts.readUnits, counts.writeUnits])
  expect([counts.readUnits, counts.writeUnits]).toEqual([8, 32])
})

it('the report says how many were moved', async () => {
  await put(declared, 'ada@example.com', 'bob@example.com')
  const text = renderJob(await retoken(await target(declared), {}), 80)
  expect(text).toMatch(/would be changed +2 items\n/)
  expect(text).toMatch(/would be moved +2 items, to another key\n/)
})

it('backfill of such a table is refused, and says why', async () => {
  for (const table of TABLES) {
    const of = await target(table)
    expect(() => new Backfill(of)).toThrow(
      /search token in the primary key.*Put the items through the client/,
    )
  }
})
