// Beacons with partitions, in order and in pages.

import fc from 'fast-check'
import { expect, test } from 'vitest'
import { byEmail, clinic, EMAIL, put, scan, TABLE } from './clinic.js'

const own = clinic()

test('partitions: a query asks each, and merges them in order; a filter compares with all', async () => {
  const tables = { [TABLE]: { maximumNumberOfPartitions: 4, numberOfPartitions: { tags: 2 } } }
  const tokens = {
    aws_dbe_b_email: { of: 'email', bits: 32 },
    aws_dbe_b_tags: { of: 'tags', members: true, bits: 32 },
  }
  const client = own.declared(tokens, { tables })
  for (let n = 0; n < 20; n++)
    await put(client, { id: `${n}`, at: n, email: n % 5 === 4 ? 'bob' : EMAIL, tags: new Set(['x']) })
  const beacons = new Set(
    (await Promise.all(Array.from({ length: 20 }, (_, n) => own.stored(`${n}`))))
      .filter((_, n) => n % 5 !== 4)
      .map(item => item.aws_dbe_b_email),
  )
  expect(beacons.size).toBeGreaterThan(1)
  const expected = Array.from({ length: 20 }, (_, n) => n).filter(n => n % 5 !== 4)
  for (const [ScanIndexForward, order] of [
    [true, expected],
    [false, expected.toReversed()],
  ] as const) {
    const ats: number[] = []
    let ExclusiveStartKey: Record<string, unknown> | undefined
    let pages = 0
    do {
      own.world.cloud.clearCalls()
      const page = await client.send(
        byEmail(EMAIL, { Limit: 3, ScanIndexForward, ...(ExclusiveStartKey && { ExclusiveStartKey }) }),
      )
      ats.push(...page.Items!.map(({ at }) => at as number))
      if (pages++ === 0) expect(own.world.cloud.calls({ operation: 'Query' })).toHaveLength(4)
      ExclusiveStartKey = page.LastEvaluatedKey
    } while (ExclusiveStartKey !== undefined)
    expect(ats).toEqual(order)
  }
  expect(
    await scan(client, 'contains(aws_dbe_b_tags, :x) AND aws_dbe_b_email = :b', { ':x': 'x', ':b': 'bob' }),
  ).toEqual(['14', '19', '4', '9'])
  // A put of the same item again stays in its partition.
  const before = (await own.stored('3')).aws_dbe_b_email
  await put(client, { id: '3', at: 3, email: EMAIL })
  expect((await own.stored('3')).aws_dbe_b_email).toBe(before)
})

test('for random items, lengths and partitions, a search finds what a filter in clear does', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.constantFrom('a', 'b', 'ä', '1', '😀'), { minLength: 1, maxLength: 12 }),
      fc.integer({ min: 1, max: 6 }),
      fc.integer({ min: 1, max: 4 }),
      fc.integer({ min: 1, max: 5 }),
      async (emails, bits, maximumNumberOfPartitions, Limit) => {
        const tables = { [TABLE]: { maximumNumberOfPartitions } }
        const client = own.declared({ aws_dbe_b_email: { of: 'email', bits } }, { tables })
        await own.clear()
        await Promise.all(emails.map((email, at) => put(client, { id: `${at}`, at, email })))
        for (const wanted of new Set(emails)) {
          const ats: unknown[] = []
          let ExclusiveStartKey: Record<string, unknown> | undefined
          do {
            const start = ExclusiveStartKey === undefined ? {} : { ExclusiveStartKey }
            const page = await client.send(byEmail(wanted, { Limit, ...start }))
            ats.push(...page.Items!.map(({ at }) => at))
            ExclusiveStartKey = page.LastEvaluatedKey
          } while (ExclusiveStartKey !== undefined)
          expect(ats).toEqual([...emails.keys()].filter(at => emails[at] === wanted))
        }
      },
    ),
    { numRuns: 12 },
  )
})
