import { once } from 'node:events'
import { request } from 'node:http'
import type { KMS } from '@aws-sdk/client-kms'
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest'
import { type Fault, type LocalCloud, startLocalCloud } from '../src/index.js'
import { createGlobalTable, documentClient, dynamoClient, kmsClient } from './clients.js'
import { wireHeaders } from './wire.js'

const EAST = 'us-east-1'
const WEST = 'us-west-2'
const kmsWest = { region: WEST, service: 'kms' } as const

let cloud: LocalCloud
let east: KMS
let west: KMS

beforeAll(async () => {
  cloud = await startLocalCloud({ regions: [EAST, WEST] })
  east = kmsClient(cloud, EAST)
  west = kmsClient(cloud, WEST)
})

afterEach(() => {
  cloud.heal()
  cloud.clearCalls()
})

afterAll(() => cloud.stop())

describe('a fault', () => {
  it('refuses: the connection is destroyed, in that region and service only', async () => {
    cloud.fault({ ...kmsWest, kind: 'refuse' })
    await expect(west.listKeys({})).rejects.toMatchObject({ code: 'ECONNRESET' })
    await east.listKeys({})
    await dynamoClient(cloud, WEST).listTables({})
    const [refused] = cloud.calls({ region: WEST, service: 'kms' })
    expect(refused).toMatchObject({ operation: 'ListKeys', status: undefined })
  })

  it('hits one operation only, if one is named', async () => {
    cloud.fault({ ...kmsWest, operation: 'ListKeys', kind: 'refuse' })
    await expect(west.listKeys({})).rejects.toThrow()
    await west.listAliases({})
  })

  it('hangs until it is healed, then drops the connection', async () => {
    const heal = cloud.fault({ ...kmsWest, kind: 'hang' })
    const call = west.listKeys({})
    const failed = expect(call).rejects.toMatchObject({ code: 'ECONNRESET' })
    await arrival('ListKeys')
    heal()
    await failed
    await west.listKeys({})
  })

  it('hangs for any number of calls without a warning of Node', async () => {
    const warnings: Error[] = []
    const listener = (warning: Error) => warnings.push(warning)
    process.on('warning', listener)
    const heal = cloud.fault({ ...kmsWest, kind: 'hang' })
    const calls = Promise.allSettled(Array.from({ length: 20 }, () => west.listKeys({})))
    await vi.waitUntil(() => cloud.calls({ operation: 'ListKeys' }).length === 20, { timeout: 30_000 })
    heal()
    const results = await calls
    process.off('warning', listener)
    expect(results.every(({ status }) => status === 'rejected')).toBe(true)
    expect(warnings).toEqual([])
  })

  it('hangs until the client goes away', async () => {
    cloud.fault({ ...kmsWest, kind: 'hang' })
    const abort = new AbortController()
    const call = expect(west.listKeys({}, { abortSignal: abort.signal })).rejects.toMatchObject({
      name: 'AbortError',
    })
    await arrival('ListKeys')
    abort.abort()
    await call
  })

  it('slows calls down, and lets them go on at once when it is healed', async () => {
    const heal = cloud.fault({ ...kmsWest, kind: 'slow', delay: 3_600_000, jitter: 1000 })
    const call = west.listKeys({})
    await arrival('ListKeys')
    expect(cloud.calls()).toMatchObject([{ status: undefined }])
    heal()
    await call
    expect(cloud.calls()).toMatchObject([{ status: 200 }])

    cloud.fault({ ...kmsWest, kind: 'slow', delay: 1 })
    await west.listKeys({})
  })

  it.each([
    ['kms', {}, 'KMSInternalException', 500],
    ['dynamodb', {}, 'InternalServerError', 500],
    ['kms', { error: 'DependencyTimeoutException' }, 'DependencyTimeoutException', 500],
    ['kms', { error: 'AccessDeniedException' }, 'AccessDeniedException', 400],
    ['dynamodb', { error: 'ServiceUnavailable' }, 'ServiceUnavailable', 503],
    ['dynamodb', { error: 'Odd', status: 418 }, 'Odd', 418],
  ] as const)('answers an error: %s %j', async (service, details, name, status) => {
    cloud.fault({ region: WEST, service, kind: 'error', ...details })
    const call = service === 'kms' ? west.listKeys({}) : dynamoClient(cloud, WEST).listTables({})
    await expect(call).rejects.toMatchObject({ name, $metadata: { httpStatusCode: status } })
    expect(cloud.calls()).toMatchObject([{ error: name, status }])
  })

  it('hits all services of a region, if none is named', async () => {
    cloud.fault({ region: WEST, kind: 'error', status: 500 })
    await expect(west.listKeys({})).rejects.toMatchObject({ name: 'KMSInternalException' })
    await expect(dynamoClient(cloud, WEST).listTables({})).rejects.toMatchObject({
      name: 'InternalServerError',
    })
    await east.listKeys({})
    await dynamoClient(cloud, EAST).listTables({})
  })

  it('hits one caller only, if one is named', async () => {
    cloud.fault({ region: WEST, principal: 'somebody else', kind: 'refuse' })
    await west.listKeys({})
    cloud.fault({ region: WEST, principal: 'local', kind: 'refuse' })
    await expect(west.listKeys({})).rejects.toMatchObject({ code: 'ECONNRESET' })
  })

  it('answers an error only so many times', async () => {
    cloud.fault({ ...kmsWest, operation: 'ListKeys', kind: 'error', times: 2 })
    const outcomes: string[] = []
    for (let n = 0; n < 4; n++) {
      await west.listAliases({})
      await west.listKeys({}).then(
        () => outcomes.push('ok'),
        error => outcomes.push(error.name),
      )
    }
    expect(outcomes).toEqual(['KMSInternalException', 'KMSInternalException', 'ok', 'ok'])
  })

  it('throttles an even share of the calls', async () => {
    cloud.fault({ ...kmsWest, kind: 'throttle', share: 0.25 })
    for (let n = 0; n < 8; n++) await west.listKeys({}).catch(() => {})
    const errors = cloud.calls().map(({ error }) => error)
    expect(errors.filter(error => error === 'ThrottlingException')).toHaveLength(2)
    expect(errors.slice(0, 4).filter(error => error !== undefined)).toHaveLength(1)
  })

  it.each([
    [0, 0],
    [1, 10],
  ])('throttles none or all: share %d', async (share, throttled) => {
    cloud.fault({ region: WEST, service: 'dynamodb', kind: 'throttle', share })
    for (let n = 0; n < 10; n++)
      await dynamoClient(cloud, WEST)
        .listTables({})
        .catch(() => {})
    const errors = cloud.calls().filter(({ error }) => error === 'ProvisionedThroughputExceededException')
    expect(errors).toHaveLength(throttled)
  })

  it('denies a principal', async () => {
    cloud.fault({ ...kmsWest, kind: 'deny', principal: 'local' })
    await expect(west.listKeys({})).rejects.toMatchObject({
      name: 'AccessDeniedException',
      message: expect.stringContaining('not authorized to perform: kms:ListKeys'),
    })
    cloud.heal()
    cloud.fault({ ...kmsWest, kind: 'deny', principal: 'somebody else' })
    await west.listKeys({})
  })

  it('denies unless the encryption context has a value', async () => {
    const { KeyMetadata } = await west.createKey({})
    const key = { KeyId: KeyMetadata?.KeyId, KeySpec: 'AES_256' as const }
    cloud.fault({ ...kmsWest, operation: 'GenerateDataKey', kind: 'deny', unlessContext: { tenant: 'acme' } })
    await west.generateDataKey({ ...key, EncryptionContext: { tenant: 'acme', more: 'x' } })
    const others: (Record<string, string> | undefined)[] = [undefined, {}, { tenant: 'other' }]
    for (const EncryptionContext of others)
      await expect(west.generateDataKey({ ...key, EncryptionContext })).rejects.toThrow('not authorized')
  })

  it('joins others: all delays, then the first that ends the call', async () => {
    cloud.fault({ ...kmsWest, kind: 'throttle', share: 0 })
    cloud.fault({ ...kmsWest, kind: 'slow', delay: 1 })
    const heal = cloud.fault({ ...kmsWest, kind: 'error', error: 'DisabledException' })
    cloud.fault({ ...kmsWest, kind: 'refuse' })
    await expect(west.listKeys({})).rejects.toMatchObject({ name: 'DisabledException' })
    heal()
    heal()
    await expect(west.listKeys({})).rejects.toMatchObject({ code: 'ECONNRESET' })
    cloud.heal()
    await west.listKeys({})
  })

  it.each<[Fault, string]>([
    [{ region: 'eu-west-1', service: 'kms', kind: 'refuse' }, 'No region eu-west-1 in this local cloud'],
    [{ kind: 'cut', between: [EAST, 'eu-west-1'] }, 'No region eu-west-1 in this local cloud'],
    [{ kind: 'cut', between: [EAST, EAST] }, 'A cut is between two different regions'],
    [{ ...kmsWest, kind: 'throttle', share: 25 }, 'share must be between 0 and 1, not 25'],
    [{ ...kmsWest, kind: 'slow', delay: -1 }, 'delay must be between 0'],
    [
      { ...kmsWest, kind: 'slow', percentiles: { 50: 20, 150: 30 } },
      'a percentile must be between 0 and 100',
    ],
    [{ ...kmsWest, kind: 'slow', percentiles: { 50: -1 } }, 'percentile 50 must be between 0'],
    [
      { ...kmsWest, kind: 'slow', percentiles: { 99: 10, 50: 20 } },
      'percentile 99 is less than one below it',
    ],
    [{ ...kmsWest, kind: 'slow', percentiles: {} }, 'percentiles are milliseconds by percentile'],
    [{ ...kmsWest, kind: 'error', times: 0 }, 'times must be a positive integer, not 0'],
    // Each of these would do nothing, or more than is meant.
    [
      { service: 'kms', kind: 'deny' } as never,
      'A fault of kind deny takes a region: us-east-1 or us-west-2',
    ],
    [{ kind: 'cut', between: [EAST] } as never, 'between: [one, other]'],
    [
      { region: WEST, services: 'kms', kind: 'deny' } as never,
      'A fault of kind deny has no services; it has kind',
    ],
    [{ ...kmsWest, kind: 'slow', delay: 1, jiter: 1 } as never, 'has no jiter'],
    [{ ...kmsWest, kind: 'error', share: 1 } as never, 'has no share'],
    [{ ...kmsWest, operation: 'decrypt', kind: 'deny' }, 'No operation "decrypt"; they are called as AWS'],
    [{ ...kmsWest, operation: 'kms:Decrypt', kind: 'deny' }, 'No operation "kms:Decrypt"'],
    [{ ...kmsWest, operation: 'DecryptCommand', kind: 'deny' }, 'No operation "DecryptCommand"'],
  ])('that cannot be is refused: %j', (fault, message) => {
    expect(() => cloud.fault(fault)).toThrow(RangeError)
    expect(() => cloud.fault(fault)).toThrow(message)
  })
})

describe('cut replication', () => {
  it('holds writes back, both ways, until it is healed', async () => {
    const TableName = 'cut'
    await createGlobalTable(cloud, TableName, [EAST, WEST])
    const tables = { east: documentClient(cloud, EAST), west: documentClient(cloud, WEST) }
    const heal = cloud.fault({ kind: 'cut', between: [WEST, EAST] })
    const alsoHeal = cloud.fault({ kind: 'cut', between: [EAST, WEST] })
    await tables.east.put({ TableName, Item: { id: 'e' } })
    await tables.west.put({ TableName, Item: { id: 'w' } })
    await cloud.waitForReplication()
    expect((await tables.west.get({ TableName, Key: { id: 'e' } })).Item).toBeUndefined()
    expect((await tables.east.get({ TableName, Key: { id: 'w' } })).Item).toBeUndefined()

    heal()
    heal()
    await cloud.waitForReplication()
    expect((await tables.west.get({ TableName, Key: { id: 'e' } })).Item).toBeUndefined()

    alsoHeal()
    await cloud.waitForReplication()
    expect((await tables.west.get({ TableName, Key: { id: 'e' } })).Item).toEqual({ id: 'e' })
    expect((await tables.east.get({ TableName, Key: { id: 'w' } })).Item).toEqual({ id: 'w' })
  })
})

describe('stopping', () => {
  it('drops what hangs, and connections that are kept', async () => {
    const other = await startLocalCloud({ regions: [EAST] })
    const kms = kmsClient(other, EAST)
    await kms.listKeys({})
    other.fault({ region: EAST, service: 'kms', kind: 'hang' })
    const hanging = expect(kms.listKeys({})).rejects.toThrow()
    await other.stop()
    await hanging
  })
})

describe('a request', () => {
  it('of more than 16 MB is refused before it is read', async () => {
    const outgoing = request(cloud.endpoint, {
      method: 'POST',
      headers: wireHeaders({ service: 'dynamodb', region: EAST, operation: 'PutItem' }),
    })
    outgoing.on('error', () => {})
    outgoing.write(Buffer.alloc(17 * 1024 * 1024))
    const [response] = await once(outgoing, 'response')
    expect(response.statusCode).toBe(413)
    outgoing.destroy()
  })

  it('without credentials is told what it lacks', async () => {
    const response = await fetch(cloud.endpoint, { method: 'POST', body: '{}' })
    expect(response.status).toBe(400)
    expect(await response.text()).toContain('reads region and service from a SigV4 Authorization header')
  })
})

/** Resolves when a call has arrived: the log is written before anything else happens to it. */
async function arrival(operation: string): Promise<void> {
  while (cloud.calls({ operation }).length === 0) await new Promise(setImmediate)
}
