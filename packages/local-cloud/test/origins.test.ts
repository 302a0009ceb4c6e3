import { once } from 'node:events'
import { type OutgoingHttpHeaders, request } from 'node:http'
import { text } from 'node:stream/consumers'
import { describe, expect, it } from 'vitest'
import { createGlobalTable, dynamoClient, kmsClient } from './clients.js'
import { cloud, EAST } from './twoRegions.js'
import { wireHeaders } from './wire.js'

/** Not by fetch, which sets these headers itself. */
async function plain(method: string, path: string, headers: OutgoingHttpHeaders, body = '') {
  const outgoing = request(`${cloud.endpoint}${path}`, { method, headers }).end(body)
  const [response] = await once(outgoing, 'response')
  return { status: response.statusCode, headers: response.headers, body: await text(response) }
}

const port = () => new URL(cloud.endpoint).port

/** What browsers say of a request; without an Origin, where it only loads something. */
const loaded = (site: string, mode: string, dest: string) => ({
  'sec-fetch-site': site,
  'sec-fetch-mode': mode,
  'sec-fetch-dest': dest,
})

/** As a page of a name that its owner points at 127.0.0.1, one of another origin, and one without any send them. */
const foreign: [string, () => OutgoingHttpHeaders][] = [
  ['a foreign Host', () => ({ host: `rebound.example:${port()}` })],
  ['a Host that only begins like ours', () => ({ host: `localhost.example:${port()}` })],
  [
    'a foreign Host with its own Origin',
    () => ({
      host: `rebound.example:${port()}`,
      origin: `http://rebound.example:${port()}`,
    }),
  ],
  ['a foreign Origin', () => ({ origin: 'https://pages.example' })],
  ['an Origin of another port', () => ({ origin: 'http://127.0.0.1:1' })],
  ['the Origin of a sandboxed page', () => ({ origin: 'null' })],
  ['no Origin loaded by another site', () => loaded('cross-site', 'no-cors', 'image')],
  ['no Origin loaded by another port', () => loaded('same-site', 'no-cors', 'script')],
  ['no Origin in a frame of another site', () => loaded('cross-site', 'navigate', 'iframe')],
]

const ours: [string, () => OutgoingHttpHeaders][] = [
  ['no Origin', () => ({})],
  ['its own Origin', () => ({ origin: cloud.endpoint })],
  ['localhost', () => ({ host: `localhost:${port()}` })],
  ['IPv6', () => ({ host: `[::1]:${port()}` })],
]

describe('AWS requests', () => {
  it.each(foreign)('of KMS are refused with %s', async (_, headers) => {
    const { KeyMetadata } = await kmsClient(cloud, EAST).createKey({})
    const wire = wireHeaders({ service: 'kms', region: EAST, operation: 'ScheduleKeyDeletion' })
    const input = JSON.stringify({ KeyId: KeyMetadata?.KeyId })
    const answer = await plain('POST', '/', { ...wire, ...headers() }, input)
    expect(answer.status).toBe(403)
    expect(JSON.parse(answer.body)).toMatchObject({ __type: expect.stringMatching(/AccessDeniedException$/) })
    const { KeyMetadata: after } = await kmsClient(cloud, EAST).describeKey({ KeyId: KeyMetadata?.KeyId })
    expect(after?.KeyState).toBe('Enabled')
  })

  it.each(foreign)('of DynamoDB are refused with %s', async (name, headers) => {
    const TableName = name.replaceAll(' ', '-')
    await createGlobalTable(cloud, TableName, [EAST])
    const wire = wireHeaders({ service: 'dynamodb', region: EAST, operation: 'DeleteTable' })
    const answer = await plain('POST', '/', { ...wire, ...headers() }, JSON.stringify({ TableName }))
    expect(answer.status).toBe(403)
    expect(answer.body).toContain('programs on this machine only')
    await dynamoClient(cloud, EAST).describeTable({ TableName })
  })

  it.each(ours)('are answered with %s', async (_, headers) => {
    const wire = wireHeaders({ service: 'dynamodb', region: EAST, operation: 'ListTables' })
    expect(await plain('POST', '/', { ...wire, ...headers() }, '{}')).toMatchObject({ status: 200 })
  })
})

describe('what stands beside the AWS API', () => {
  const routes: [string, string, string][] = [
    ['GET', '/', 'application/json'],
    ['GET', '/', 'text/html'],
    ['GET', '/_local/calls', '*/*'],
    ['GET', '/_local/page/table?region=us-east-1&table=a', '*/*'],
    ['POST', '/_local/faults', '*/*'],
    ['POST', '/_local/page/faults', '*/*'],
    ['PUT', '/anything', '*/*'],
  ]
  it.each(routes)('%s %s (%s) is refused to pages of others', async (method, path, accept) => {
    for (const [, headers] of foreign)
      expect(await plain(method, path, { accept, ...headers() })).toMatchObject({ status: 403 })
  })
})

it.each(['/', '/_local/faults', '/_local/page/faults', '/anything'])(
  'no preflight of %s is answered with permission',
  async path => {
    for (const origin of ['https://pages.example', cloud.endpoint, 'null']) {
      const { status, headers } = await plain('OPTIONS', path, {
        origin,
        'access-control-request-method': 'POST',
        'access-control-request-headers': 'authorization,content-type,x-amz-date,x-amz-target',
        'access-control-request-private-network': 'true',
      })
      expect(status).toBeGreaterThanOrEqual(400)
      expect(Object.keys(headers).filter(name => name.startsWith('access-control-'))).toEqual([])
    }
  },
)
