// A new search key for tables whose own key is a search token: items are moved.
import { ScanCommand } from '@aws-sdk/lib-dynamodb'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { WireItem } from '../src/api.js'
import { crashing, kept } from './support/crashing.js'
import {
  emails,
  found,
  put,
  retoken,
  stored,
  TABLES,
  target,
  values,
  versionsIn,
  world,
} from './support/keyedTables.js'
import { between, raced } from './support/raced.js'

describe.each(TABLES)('rewrap --search-key of the table $name, whose $token is a token', table => {
  const { name, clear } = table
  const EMAIL = 'ada@example.com'

  it('moves each item once, whole, with few calls to KMS; a dry run counts the same, and writes nothing', async () => {
    const all = emails(30)
    await put(table, ...all)
    const before = await stored(name)
    const dry = await retoken(await target(table), {})
    expect(dry).toMatchObject({ items: 30, changed: 30, moved: 30, fields: 0, tokens: 0, left: {} })
    expect(await stored(name)).toEqual(before)
    world.cloud.clearCalls()
    const report = await retoken(await target(table), { apply: true, segments: 2 })
    expect(report).toMatchObject({ changed: 30, moved: 30, fields: 0, tokens: 0, overtaken: 0, left: {} })
    expect(report.kmsCalls).toBeLessThan(10)
    expect(report.writeUnits).toBe(dry.writeUnits)
    expect(world.cloud.calls({ operation: 'TransactWriteItems' })).toHaveLength(30)
    expect(await versionsIn(table)).toEqual(all.map(() => '2.'))
    for (const email of all) expect(await found(table, email)).toEqual({ ...clear, ...values(email) })
    for (const { rolesToken } of await stored(name))
      for (const text of rolesToken!.SS ?? [rolesToken!.S!]) expect(text).toMatch(/^2\./)
    const again = await retoken(await target(table))
    expect(again).toMatchObject({ items: 30, changed: 0, moved: 0, left: {}, kmsCalls: 0 })
  })

  it('a moved item that the scan meets again is done', async () => {
    await put(table, ...emails(60))
    let scans = 0
    const of = between(await target(table), async (call, send) => {
      // The second page is read when the items of the first one are moved: in this engine, behind all others.
      if (call === 'Scan' && ++scans === 2)
        while ((await versionsIn(table)).filter(version => version === '2.').length < 50)
          await new Promise(setImmediate)
      return send()
    })
    const report = await retoken(of, { apply: true, segments: 1, maxReadUnits: 10_000 })
    expect(report).toMatchObject({ items: 110, changed: 60, moved: 60, overtaken: 0, left: {} })
    expect(await versionsIn(table)).toHaveLength(60)
  })

  describe('a concurrent writer wins', () => {
    const both = () => table.application(2, 1)
    const two = { ...clear, ...values(EMAIL), name: 'two', visits: 2 }

    it('who updates it', async () => {
      await put(table, EMAIL)
      const report = await retoken(
        raced(await target(table), () => both().update(EMAIL, 'two'), 'TransactWriteItems'),
      )
      expect(report).toMatchObject({ changed: 1, moved: 1, overtaken: 1, left: {} })
      expect(await versionsIn(table)).toEqual(['2.'])
      expect(await found(table, EMAIL)).toEqual(two)
    })

    it('who adds an attribute in clear after it was planned', async () => {
      await put(table, EMAIL)
      const add = async () => {
        const [{ pk, sk } = {}] = await stored(name)
        await world.dynamodb.updateItem({
          TableName: name,
          Key: { pk: pk!, sk: sk! },
          UpdateExpression: 'SET added = :yes',
          ExpressionAttributeValues: { ':yes': { BOOL: true } },
        })
      }
      const report = await retoken(raced(await target(table), add, 'GetItem'))
      expect(report).toMatchObject({ moved: 1, overtaken: 0 })
      expect(await found(table, EMAIL)).toEqual({ ...clear, ...values(EMAIL), added: true })
    })

    it('who deletes it', async () => {
      await put(table, EMAIL)
      for (const call of ['GetItem', 'TransactWriteItems']) {
        const report = await retoken(raced(await target(table), () => both().remove(EMAIL), call))
        expect(report).toMatchObject({ changed: 0, moved: 0, overtaken: 1, left: {} })
        expect(await stored(name)).toEqual([])
        await put(table, EMAIL)
      }
    })

    it('who puts it, and so moves it', async () => {
      await put(table, EMAIL)
      const replace = () => both().put({ ...values(EMAIL), name: 'two', visits: 2 })
      const report = await retoken(raced(await target(table), replace, 'TransactWriteItems'))
      expect(report).toMatchObject({ moved: 0, overtaken: 1, left: {} })
      expect(await versionsIn(table)).toEqual(['2.'])
      expect(await found(table, EMAIL)).toEqual(two)
    })

    it('who writes it each time: it is left', async () => {
      await put(table, EMAIL)
      const contended = between(await target(table), async (call, send) => {
        if (call === 'TransactWriteItems') await both().update(EMAIL, 'again')
        return send()
      })
      expect(await retoken(contended)).toMatchObject({ moved: 0, left: { contended: 1 } })
      expect(await versionsIn(table)).toEqual(['1.'])
    })
  })

  it('an item that is under both keys is left, and so is the other one', async () => {
    await put(table, EMAIL)
    const [old] = await stored(name)
    await table.application(2).put({ ...values(EMAIL), name: 'new' })
    const report = await retoken(await target(table))
    expect(report).toMatchObject({ changed: 0, moved: 0, left: { 'under-both-keys': 1 } })
    expect(await versionsIn(table)).toEqual(['1.', '2.'])
    expect(await stored(name)).toContainEqual(old)
  })

  it('what cannot be moved is left as it is, with its reason, and the others are moved', async () => {
    await put(table, EMAIL, 'bob@example.com')
    const ada = (await stored(name)).find(({ email }) => email !== undefined)!
    const other = (text: string): WireItem => ({
      pk: { S: 'acme' },
      ...Object.fromEntries(
        Object.entries(ada).filter(([attribute]) => attribute === 'sk' || attribute === '_et'),
      ),
      [table.token]: { S: text },
    })
    const [, hash] = ada[table.token]!.S!.split('.')
    const strange: WireItem[] = [
      // Ciphertext of another item.
      { ...ada, [table.token]: { S: `1.${hash!.split('').reverse().join('')}` } },
      { ...ada, [table.token]: { S: `7.${hash}` } },
      // In clear, with and without what its key would be of.
      { ...other('eve@example.com'), email: { S: 'eve@example.com' } },
      other('nothing in it'),
    ]
    for (const Item of strange) await world.dynamodb.putItem({ TableName: name, Item })
    const before = (await stored(name)).map(one => one[table.token]!.S)
    await put(table, 'many@example.com')
    const { pk, sk } = (await stored(name)).find(one => !before.includes(one[table.token]!.S))!
    await world.dynamodb.updateItem({
      TableName: name,
      Key: { pk: pk!, sk: sk! },
      UpdateExpression: `SET ${Array.from({ length: 100 }, (_, i) => `clear${i} = :one`).join(', ')}`,
      ExpressionAttributeValues: { ':one': { N: '1' } },
    })
    const dry = await retoken(await target(table), {})
    const report = await retoken(await target(table))
    expect(report.left).toEqual({
      'invalid-value': 1,
      'not-a-message': 1,
      'not-authentic': 6,
      'too-many-attributes': 1,
    })
    expect(report).toMatchObject({ moved: 2, changed: 2 })
    expect(dry).toMatchObject({ moved: 2, changed: 2, left: report.left })
    for (const one of strange) expect(await stored(name)).toContainEqual(one)
    expect(await found(table, 'bob@example.com')).toMatchObject({ email: 'bob@example.com' })
    const without = await retoken(await target(table, [2]), {})
    expect(without.moved).toBe(0)
  })

  it('an old key that the client does not find with is left, and a value that is not that of its key', async () => {
    await put(table, EMAIL)
    expect(await retoken(await target(table, [2]))).toMatchObject({ moved: 0, left: { 'wrong-token': 1 } })
    expect(await versionsIn(table)).toEqual(['1.'])
  })

  it('is resumed after crashes, whenever they come, while the application writes: nothing is lost or doubled', async () => {
    const all = emails(12)
    const scenario = fc.record({
      crashes: fc.array(fc.record({ after: fc.nat(40), arrives: fc.boolean() }), {
        minLength: 1,
        maxLength: 3,
      }),
      writes: fc.array(
        fc.record({ email: fc.constantFrom(...all), kind: fc.constantFrom('put', 'update', 'delete') }),
        { maxLength: 15 },
      ),
    })
    await fc.assert(
      fc.asyncProperty(scenario, async ({ crashes, writes }) => {
        await put(table, ...all)
        const model = new Map<string, unknown>(all.map(email => [email, 'one']))
        const both = table.application(2, 1)
        const checkpoint = kept()
        const given = { apply: true, segments: 2, concurrency: 3 }
        const writing = (async () => {
          for (const [index, { email, kind }] of writes.entries()) {
            const written = `written ${index}`
            if (kind === 'delete') {
              await again(() => both.remove(email))
              model.delete(email)
            } else if (kind === 'put' || model.has(email)) {
              const user = { ...values(email), name: written }
              await again(() => (kind === 'put' ? both.put(user) : both.update(email, written)))
              model.set(email, written)
            }
          }
        })()
        for (const point of crashes) {
          const crash = crashing(await target(table), checkpoint, point)
          const job = retoken(crash.target, { ...given, checkpoint: crash.checkpoint })
          await Promise.race([job, crash.crashed])
        }
        await writing
        const report = await retoken(await target(table), { ...given, checkpoint })
        expect(report).toMatchObject({ complete: true, left: {} })
        // What the application put while a page was under way that another process had read.
        const last = await target(table)
        expect(await retoken(last)).toMatchObject({ complete: true, changed: 0, left: {} })
        const { client } = table.application(2)
        const { Items = [] } = await client.send(new ScanCommand({ TableName: name, ConsistentRead: true }))
        expect(Items).toHaveLength(model.size)
        expect(new Map(Items.map(one => [one.email, one.name]))).toEqual(model)
        for (const { pk, sk } of await stored(name))
          await world.dynamodb.deleteItem({ TableName: name, Key: { pk: pk!, sk: sk! } })
      }),
      { numRuns: 5, endOnFailure: true },
    )
  })
})

/** An application that writes again what another transaction was in the way of. */
async function again(write: () => Promise<unknown>): Promise<void> {
  for (;;) {
    try {
      await write()
      return
    } catch (error) {
      const { name } = error as Error
      if (!['TransactionCanceledException', 'TransactionConflictException'].includes(name)) throw error
    }
  }
}
