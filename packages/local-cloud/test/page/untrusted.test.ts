import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { type LocalCloud, startLocalCloud } from '../../src/index.js'
import { createGlobalTable, documentClient, kmsClient } from '../clients.js'
import { send } from '../wire.js'
import { browse, press } from './browse.js'

const EAST = 'us-east-1'
const WEST = 'us-west-2'
const HOSTILE = `"><img src=x onerror='alert(1)'></code><script>alert(2)</script>&amp;`

let cloud: LocalCloud

beforeAll(async () => {
  cloud = await startLocalCloud({ regions: [EAST, WEST] })
})

afterEach(() => {
  cloud.heal()
  cloud.clearCalls()
})

afterAll(() => cloud.stop())

describe('what others wrote', () => {
  it('is shown as text, wherever it is', async () => {
    const TableName = 'hostile'
    await createGlobalTable(cloud, TableName, [EAST])
    const key = { id: HOSTILE }
    const nested = { [HOSTILE]: HOSTILE, list: [HOSTILE, new Set([HOSTILE])] }
    await documentClient(cloud, EAST).put({ TableName, Item: { ...key, [HOSTILE]: HOSTILE, nested } })
    const { KeyMetadata } = await kmsClient(cloud, EAST).createKey({ Description: HOSTILE })
    const dataKey = { KeyId: KeyMetadata?.KeyId, KeySpec: 'AES_256' as const }
    await kmsClient(cloud, EAST).generateDataKey({ ...dataKey, EncryptionContext: { [HOSTILE]: HOSTILE } })
    await send(cloud.endpoint, {
      service: 'kms',
      region: EAST,
      operation: `<img src=x onerror=alert(3)>`,
      input: {},
    })
    cloud.fault({ region: EAST, operation: 'Decrypt', principal: HOSTILE, kind: 'error', error: HOSTILE })
    cloud.fault({ region: EAST, kind: 'deny', unlessContext: { [HOSTILE]: HOSTILE } })

    const query = { region: EAST, table: TableName }
    const wire = JSON.stringify({ id: { S: HOSTILE } })
    const pages = await Promise.all([
      browse(cloud, '/'),
      browse(cloud, `/_local/page/table?${new URLSearchParams(query)}`),
      browse(cloud, `/_local/page/item?${new URLSearchParams({ ...query, key: wire })}`),
      browse(cloud, `/_local/page/table?${new URLSearchParams({ region: HOSTILE, table: HOSTILE })}`),
      browse(cloud, `/_local/page/item?${new URLSearchParams({ ...query, key: HOSTILE })}`),
      browse(cloud, `/_local/page/${encodeURIComponent(HOSTILE)}`),
      press(cloud, { set: JSON.stringify({ kind: HOSTILE, region: EAST }) }),
    ])
    for (const { body } of pages) {
      expect(body).not.toContain('<img')
      expect(body).not.toContain('<script>')
    }
    const escaped = '&lt;script&gt;alert(2)&lt;/script&gt;&amp;amp;'
    for (const { body } of pages.slice(0, 4)) expect(body).toContain(escaped)
    // In an attribute, a fault's name, a description, a context's name and value, and an operation.
    expect((pages[0]?.body.split(escaped).length ?? 0) - 1).toBeGreaterThanOrEqual(8)
  })
})

describe('pages of other origins', () => {
  const foreign: [string, Record<string, string>][] = [
    ['another site', { origin: 'http://example.com' }],
    ['another port of this machine', { origin: 'http://localhost:3000' }],
    ['a sandboxed frame', { origin: 'null' }],
    ['a name that points at this machine', { host: 'rebound.example.com' }],
  ]

  it.each(foreign)('cannot press a switch: %s', async (_, headers) => {
    const set = JSON.stringify({ region: EAST, kind: 'refuse' })
    expect((await press(cloud, { set }, headers)).status).toBe(403)
    expect(cloud.faults()).toEqual([])
  })

  it('cannot read under a name of their own', async () => {
    for (const path of ['/', '/_local/page/table?region=us-east-1&table=many']) {
      const { status, body } = await browse(cloud, path, { headers: { host: 'rebound.example.com:4566' } })
      expect(status).toBe(403)
      expect(body).not.toContain(EAST)
    }
  })

  it('cannot load a part of it, but may have a link to it', async () => {
    const site = { 'sec-fetch-site': 'cross-site' }
    for (const path of ['/', '/_local/page/icon.svg', '/_local/page/table?region=us-east-1&table=many']) {
      for (const more of [
        { 'sec-fetch-mode': 'no-cors', 'sec-fetch-dest': 'image' },
        { 'sec-fetch-mode': 'navigate', 'sec-fetch-dest': 'iframe' },
      ])
        expect((await browse(cloud, path, { headers: { ...site, ...more } })).status).toBe(403)
    }
    const link = { ...site, 'sec-fetch-mode': 'navigate', 'sec-fetch-dest': 'document' }
    expect((await browse(cloud, '/', { headers: link })).status).toBe(200)
    const typed = { ...link, 'sec-fetch-site': 'none' }
    expect((await browse(cloud, '/', { headers: typed })).status).toBe(200)
  })

  it('are not this machine’s own', async () => {
    const headers = { host: 'localhost:4566', origin: 'http://localhost:4566' }
    expect((await press(cloud, { heal: 'all' }, headers)).status).toBe(303)
  })
})
