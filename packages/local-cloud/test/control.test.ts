import { once } from 'node:events'
import { request } from 'node:http'
import { text } from 'node:stream/consumers'
import { describe, expect, it } from 'vitest'
import { createGlobalTable, documentClient, kmsClient } from './clients.js'
import { cloud, EAST, WEST } from './twoRegions.js'

async function control(method: string, path: string, body?: unknown) {
  const init = body === undefined ? { method } : { method, body: JSON.stringify(body) }
  const response = await fetch(`${cloud.endpoint}/_local${path}`, init)
  const answer = await response.text()
  return { status: response.status, json: answer === '' ? undefined : JSON.parse(answer) }
}

/** With headers that fetch does not let one set. */
async function plainRequest(
  headers: Record<string, string>,
): Promise<{ status: number | undefined; body: string }> {
  const outgoing = request(`${cloud.endpoint}/_local/faults`, { method: 'DELETE', headers }).end()
  const [response] = await once(outgoing, 'response')
  return { status: response.statusCode, body: await text(response) }
}

describe('over HTTP', () => {
  it('says which regions there are', async () => {
    const expected = { regions: [EAST, WEST], services: ['kms', 'dynamodb'], faults: [] }
    expect((await control('GET', '')).json).toEqual(expected)
    expect(await (await fetch(cloud.endpoint)).json()).toEqual(expected)
  })

  it('sets, lists and heals faults', async () => {
    const fault = { region: WEST, service: 'kms', kind: 'refuse' }
    const { status, json } = await control('POST', '/faults', fault)
    expect(status).toBe(201)
    await expect(kmsClient(cloud, WEST).listKeys({})).rejects.toThrow()
    expect((await control('GET', '/faults')).json).toEqual({ faults: [{ id: json.id, ...fault }] })

    expect(await control('DELETE', `/faults/${json.id}`)).toMatchObject({ status: 204 })
    await kmsClient(cloud, WEST).listKeys({})
    expect(await control('DELETE', `/faults/${json.id}`)).toMatchObject({ status: 404 })
  })

  it('forgets a fault that has run out', async () => {
    await control('POST', '/faults', { region: WEST, service: 'kms', kind: 'error', times: 1 })
    await expect(kmsClient(cloud, WEST).listKeys({})).rejects.toThrow()
    expect((await control('GET', '/faults')).json).toEqual({ faults: [] })
  })

  it('heals everything', async () => {
    await control('POST', '/faults', { region: WEST, service: 'kms', kind: 'refuse' })
    await control('POST', '/faults', { kind: 'cut', between: [EAST, WEST] })
    expect(await control('DELETE', '/faults')).toMatchObject({ status: 204 })
    expect(cloud.faults()).toEqual([])
  })

  it('waits for replication', async () => {
    await createGlobalTable(cloud, 'controlled', [EAST, WEST])
    await documentClient(cloud, EAST).put({ TableName: 'controlled', Item: { id: '1' } })
    expect(await control('POST', '/replication/wait')).toMatchObject({ status: 204 })
    const { Item } = await documentClient(cloud, WEST).get({ TableName: 'controlled', Key: { id: '1' } })
    expect(Item).toEqual({ id: '1' })
  })

  it('shows and clears the call log, and is not in it', async () => {
    await kmsClient(cloud, WEST).listKeys({})
    await kmsClient(cloud, EAST).listAliases({})
    const call = { service: 'kms', region: WEST, operation: 'ListKeys', status: 200 }
    expect((await control('GET', `/calls?region=${WEST}&service=kms`)).json).toMatchObject({ calls: [call] })
    expect((await control('GET', '/calls')).json.calls).toHaveLength(2)
    expect((await control('GET', '/calls?last=1')).json.calls).toMatchObject([{ region: EAST }])
    expect(await control('GET', '/calls?last=few')).toMatchObject({
      status: 400,
      json: { error: 'last is a number of calls, not "few"' },
    })
    for (const query of ['service=s3', 'services=kms'])
      expect(await control('GET', `/calls?${query}`)).toMatchObject({ status: 400 })
    expect((await control('GET', '/counters?last=1')).json.error).toContain('has no last')
    expect(() => cloud.calls({ services: 'kms' } as never)).toThrow('A filter of calls has no services')
    await control('DELETE', '/calls')
    expect(cloud.calls()).toEqual([])
  })

  it('shows the counters, and clears them with the log', async () => {
    await kmsClient(cloud, WEST).listKeys({})
    const counter = { service: 'kms', region: WEST, operation: 'ListKeys', calls: 1, statuses: { 200: 1 } }
    expect((await control('GET', `/counters?region=${WEST}`)).json).toMatchObject({ counters: [counter] })
    expect((await control('GET', `/counters?region=${EAST}`)).json).toEqual({ counters: [] })
    await control('DELETE', '/calls')
    expect((await control('GET', '/counters')).json).toEqual({ counters: [] })
  })

  it.each([
    [{ region: 'eu-west-1', service: 'kms', kind: 'refuse' }, 'No region eu-west-1'],
    [{ region: WEST, service: 's3', kind: 'refuse' }, 'No service s3'],
    [{ region: WEST, service: 'kms', kind: 'explode' }, 'No kind of fault called "explode"'],
    [{ kind: 'cut' }, 'A cut is between two regions'],
    [null, 'A fault is an object'],
    [{ kind: 'cut', between: [EAST] }, 'A cut is between two regions'],
    [{ kind: 'cut', between: [EAST, { toString: 1 }] }, 'No region {"toString":1}'],
    [{ region: { toString: 1 }, kind: 'refuse' }, 'region is a text or a number, not {"toString":1}'],
    [{ region: WEST, service: null, kind: 'refuse' }, 'service is a text or a number, not null'],
    [{ region: WEST, operation: 5, kind: 'refuse' }, 'No operation 5; they are called as AWS calls them'],
    [{ region: WEST, principal: '', kind: 'refuse' }, 'principal is a name, not '],
    [{ region: WEST, kind: 'error', error: 5 }, 'error is a name, not 5'],
    [{ region: WEST, kind: 'error', status: 99 }, 'status must be that of an error, 400 to 599, not 99'],
    [{ region: WEST, kind: 'error', status: 600 }, 'status must be that of an error'],
    [{ region: WEST, kind: 'error', status: 400.5 }, 'status must be that of an error'],
    [{ region: WEST, kind: 'error', status: '500' }, 'status must be that of an error'],
    [{ region: WEST, kind: 'deny', unlessContext: 'tenant' }, 'unlessContext is texts by name'],
    [{ region: WEST, kind: 'deny', unlessContext: ['a'] }, 'unlessContext is texts by name'],
    [{ region: WEST, kind: 'deny', unlessContext: { tenant: 5 } }, 'unlessContext is texts by name'],
    [{ region: WEST, kind: 'slow', percentiles: [5] }, 'percentiles are milliseconds by percentile'],
    [{ region: WEST, kind: 'slow', percentiles: { 50: { toString: 1 } } }, 'not {"toString":1}'],
    [{ region: WEST, kind: 'refuse', note: [[]] }, 'note is a text or a number, not [[]]'],
  ])('refuses the fault %j', async (fault, message) => {
    const { status, json } = await control('POST', '/faults', fault)
    expect(status).toBe(400)
    expect(json.error).toContain(message)
  })

  it('answers an error by any name', async () => {
    await control('POST', '/faults', { region: WEST, kind: 'error', error: '__proto__' })
    await expect(kmsClient(cloud, WEST).listKeys({})).rejects.toMatchObject({
      $metadata: { httpStatusCode: 400 },
    })
  })

  it('refuses what is not JSON', async () => {
    const response = await fetch(`${cloud.endpoint}/_local/faults`, { method: 'POST', body: '{' })
    expect(response.status).toBe(400)
    expect(await response.json()).toHaveProperty('error')
  })

  it('says so when there is no such thing', async () => {
    expect(await control('PUT', '/weather')).toMatchObject({
      status: 404,
      json: { error: 'There is no PUT /_local/weather here; see the README for what there is.' },
    })
  })

  it.each([
    ['a page of another origin', { origin: 'http://example.com' }, 403],
    ['a name that points at this machine', { host: 'rebound.example.com' }, 403],
    ['a page that only loads it', { 'sec-fetch-site': 'cross-site', 'sec-fetch-mode': 'no-cors' }, 403],
    ['this machine', { host: 'localhost:1234' }, 204],
    ['its own page', { 'sec-fetch-site': 'same-origin', 'sec-fetch-mode': 'cors' }, 204],
  ])('answers a request from %s with %j: %d', async (_, headers, status) => {
    expect((await plainRequest(headers)).status).toBe(status)
  })
})
