import { request } from 'node:http'
import { text } from 'node:stream/consumers'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type LocalCloud, type ServiceName, startLocalCloud } from '../src/index.js'
import { createGlobalTable, dynamoClient } from './clients.js'
import { describeEngines } from './eachEngine.js'
import { send, wireHeaders } from './wire.js'

const EAST = 'us-east-1'
const WEST = 'us-west-2'

describeEngines('what ordinary tools ask', engine => {
  let cloud: LocalCloud
  let url: LocalCloud

  beforeAll(async () => {
    cloud = await startLocalCloud({ regions: [EAST, WEST], engine })
    await createGlobalTable(cloud, 'worldwide', [EAST, WEST])
    // Another's server, as far as this one can tell.
    url = await startLocalCloud({ regions: [EAST], engines: { [EAST]: cloud.endpoint } })
  })

  afterAll(() => Promise.all([url.stop(), cloud.stop()]))

  const raw = (operation: string, input: unknown) =>
    send(cloud.endpoint, { service: 'dynamodb', region: EAST, operation, input })

  it('the endpoint is the one that was asked', async () => {
    for (const one of [cloud, url]) {
      const { Endpoints } = await dynamoClient(one, EAST).describeEndpoints({})
      expect(Endpoints).toEqual([{ Address: new URL(one.endpoint).host, CachePeriodInMinutes: 1440 }])
    }
  })

  it('a table has no point-in-time recovery', async () => {
    for (const one of [cloud, url]) {
      const { ContinuousBackupsDescription } = await dynamoClient(one, EAST).describeContinuousBackups({
        TableName: 'worldwide',
      })
      expect(ContinuousBackupsDescription).toEqual({
        ContinuousBackupsStatus: 'ENABLED',
        PointInTimeRecoveryDescription: { PointInTimeRecoveryStatus: 'DISABLED' },
      })
    }
  })

  it('point-in-time recovery is turned on and off, for each replica and table by itself', async () => {
    const TableName = 'recovering'
    await createGlobalTable(cloud, TableName, [EAST, WEST])
    const east = dynamoClient(cloud, EAST)
    const recovery = async (region = EAST) => {
      const { ContinuousBackupsDescription } = await dynamoClient(cloud, region).describeContinuousBackups({
        TableName,
      })
      return ContinuousBackupsDescription?.PointInTimeRecoveryDescription
    }
    const set = (PointInTimeRecoveryEnabled: boolean, more = {}) =>
      east.updateContinuousBackups({
        TableName,
        PointInTimeRecoverySpecification: { PointInTimeRecoveryEnabled, ...more },
      })
    const on = await set(true)
    expect(await recovery()).toMatchObject({
      PointInTimeRecoveryStatus: 'ENABLED',
      RecoveryPeriodInDays: 35,
      EarliestRestorableDateTime: expect.any(Date),
      LatestRestorableDateTime: expect.any(Date),
    })
    expect(on.ContinuousBackupsDescription?.PointInTimeRecoveryDescription).toMatchObject({
      PointInTimeRecoveryStatus: 'ENABLED',
    })
    expect(await recovery(WEST)).toEqual({ PointInTimeRecoveryStatus: 'DISABLED' })
    await set(true, { RecoveryPeriodInDays: 7 })
    expect(await recovery()).toMatchObject({ RecoveryPeriodInDays: 7 })
    await set(false)
    expect(await recovery()).toEqual({ PointInTimeRecoveryStatus: 'DISABLED' })
    await expect(set(true, { RecoveryPeriodInDays: 36 })).rejects.toThrow(/between 1 and 35/)
    for (const [input, error] of [
      [{ TableName }, /ValidationException/],
      [{ TableName, PointInTimeRecoverySpecification: {} }, /ValidationException/],
      [
        { TableName: 'nobodys', PointInTimeRecoverySpecification: { PointInTimeRecoveryEnabled: true } },
        /TableNotFoundException/,
      ],
    ] as const)
      expect((await raw('UpdateContinuousBackups', input)).text).toMatch(error)
  })

  it('a table that is not there has none either', async () => {
    await expect(
      dynamoClient(cloud, EAST).describeContinuousBackups({ TableName: 'nobodys' }),
    ).rejects.toThrow(expect.objectContaining({ name: 'TableNotFoundException' }))
    for (const [input, error] of [
      [{}, /ValidationException/],
      [{ TableName: 5 }, /ValidationException/],
      [{ TableName: '?' }, /ValidationException/],
      ['null', /ValidationException/],
      ['{', /SerializationException/],
    ] as const) {
      const { status, text: body } = await raw('DescribeContinuousBackups', input)
      expect(status).toBe(400)
      expect(body).toMatch(error)
    }
  })

  it.each([{}, 'Create', [null], ['Create'], 5, [[]]])(
    'ReplicaUpdates of another shape are no failure of ours: %j',
    async ReplicaUpdates => {
      const { status } = await raw('UpdateTable', { TableName: 'worldwide', ReplicaUpdates })
      expect(status).toBe(400)
    },
  )

  describe('the date of a signature', () => {
    /** Not by fetch, which does not let one set `date`. */
    const dated = async (service: ServiceName, region: string, date: Record<string, string>) => {
      const operation = service === 'kms' ? 'ListKeys' : 'ListTables'
      const { 'x-amz-date': _, ...headers } = wireHeaders({ service, region, operation })
      const outgoing = request(url.endpoint, { method: 'POST', headers: { ...headers, ...date } })
      outgoing.end('{}')
      return new Promise<{ status: number | undefined; body: string }>((resolve, reject) => {
        outgoing.on('error', reject).on('response', async response => {
          resolve({ status: response.statusCode, body: await text(response) })
        })
      })
    }

    it.each(['kms', 'dynamodb'] as const)('is missed by %s', async service => {
      const { status, body } = await dated(service, EAST, {})
      expect(status).toBe(400)
      expect(JSON.parse(body)).toMatchObject({
        __type: expect.stringMatching(/(^|#)IncompleteSignatureException$/),
        message: expect.stringContaining("either a 'X-Amz-Date' or a 'Date' header"),
      })
      const [counted] = url.counters({ service }).filter(({ errors }) => errors.IncompleteSignatureException)
      expect(counted?.calls).toBeGreaterThan(0)
    })

    it.each(['kms', 'dynamodb'] as const)('may stand in the header Date for %s', async service => {
      const date = new Date()
      expect(await dated(service, EAST, { date: date.toUTCString() })).toMatchObject({ status: 200 })
      const old = new Date(date.getTime() - 3_600_000).toUTCString()
      expect(await dated(service, EAST, { date: old })).toMatchObject({ status: 200 })
      const heal = url.fault({ region: EAST, kind: 'clock', shift: 1000 })
      const late = await dated(service, EAST, { date: old })
      heal()
      expect(late.body).toContain('InvalidSignatureException')
      expect(late.body).toMatch(/Signature expired: \d{8}T\d{6}Z is now earlier than/)
    })
  })
})
