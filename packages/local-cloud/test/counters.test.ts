import { describe, expect, it, vi } from 'vitest'
import { CallLog } from '../src/callLog.js'
import { kmsClient } from './clients.js'
import { cloud, EAST, WEST } from './twoRegions.js'

describe('counters', () => {
  it('say how many calls each operation had in each region, and what became of them', async () => {
    const east = kmsClient(cloud, EAST)
    await east.listKeys({})
    cloud.fault({ region: EAST, service: 'kms', kind: 'error', times: 2 })
    for (let n = 0; n < 2; n++) await expect(east.listKeys({})).rejects.toThrow()
    await expect(east.describeKey({ KeyId: 'nonsense' })).rejects.toThrow()
    await kmsClient(cloud, WEST).listKeys({})

    const common = { service: 'kms', pending: 0, unanswered: 0 }
    expect(cloud.counters()).toEqual([
      {
        ...common,
        region: EAST,
        operation: 'ListKeys',
        calls: 3,
        statuses: { 200: 1, 500: 2 },
        errors: { KMSInternalException: 2 },
      },
      {
        ...common,
        region: EAST,
        operation: 'DescribeKey',
        calls: 1,
        statuses: { 400: 1 },
        errors: { NotFoundException: 1 },
      },
      { ...common, region: WEST, operation: 'ListKeys', calls: 1, statuses: { 200: 1 }, errors: {} },
    ])
    expect(cloud.counters({ region: WEST })).toHaveLength(1)
    expect(cloud.counters({ operation: 'ListKeys' })).toHaveLength(2)
    expect(cloud.counters({ service: 'dynamodb' })).toEqual([])
  })

  it('tell calls that hang from those that were never answered', async () => {
    const heal = cloud.fault({ region: EAST, service: 'kms', kind: 'hang' })
    const call = expect(kmsClient(cloud, EAST).listKeys({})).rejects.toThrow()
    await vi.waitUntil(() => cloud.counters().length > 0, { timeout: 30_000 })
    expect(cloud.counters()).toMatchObject([{ calls: 1, pending: 1, unanswered: 0 }])
    heal()
    await call
    expect(cloud.counters()).toMatchObject([{ calls: 1, pending: 0, unanswered: 1, statuses: {} }])
  })

  it('start anew with the log, and a call that ends later is not among them', async () => {
    const heal = cloud.fault({ region: EAST, service: 'kms', kind: 'slow', delay: 3_600_000 })
    const call = kmsClient(cloud, EAST).listKeys({})
    await vi.waitUntil(() => cloud.counters().length > 0, { timeout: 30_000 })
    cloud.clearCalls()
    expect(cloud.counters()).toEqual([])
    heal()
    await call
    expect(cloud.counters()).toEqual([])
  })

  it('count on when the log has forgotten its oldest calls', () => {
    const log = new CallLog()
    for (let n = 0; n < 120_000; n++)
      log.close(Object.assign(log.open('kms', EAST, 'Decrypt'), { status: 200 }))
    expect(log.counters()).toMatchObject([{ calls: 120_000, pending: 0, statuses: { 200: 120_000 } }])
    expect(log.list().length).toBeLessThan(120_000)
  })
})

describe('the call log', () => {
  it('answers the latest so many calls, in order of arrival', async () => {
    const east = kmsClient(cloud, EAST)
    await east.listAliases({})
    await east.listKeys({})
    await kmsClient(cloud, WEST).listAliases({})
    const operations = cloud.calls({ last: 2 }).map(({ operation }) => operation)
    expect(operations).toEqual(['ListKeys', 'ListAliases'])
    expect(cloud.calls({ region: EAST, last: 1 })).toMatchObject([{ operation: 'ListKeys' }])
    expect(cloud.calls({ last: 0 })).toEqual([])
  })
})
