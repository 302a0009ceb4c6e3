import { describe, expect, it } from 'vitest'
import { startLocalCloud } from '../../src/index.js'
import { createGlobalTable, createMultiRegionKey, documentClient, kmsClient } from '../clients.js'
import { cloud, EAST, WEST } from '../twoRegions.js'
import { browse, rows } from './browse.js'

describe('the page', () => {
  it('is for browsers; other programs have JSON at the same place', async () => {
    const page = await browse(cloud, '/')
    expect(page.status).toBe(200)
    expect(page.headers).toMatchObject({ 'content-type': 'text/html; charset=utf-8', vary: 'accept' })
    expect(page.body).toMatch(/^<!doctype html>/)
    for (const accept of ['*/*', 'application/json']) {
      const { body } = await browse(cloud, '/', { headers: { accept } })
      expect(JSON.parse(body)).toMatchObject({ regions: [EAST, WEST] })
    }
  })

  it('loads nothing from elsewhere and runs nothing inline', async () => {
    const { headers, body } = await browse(cloud, '/')
    expect(headers['content-security-policy']).toContain(
      "default-src 'none'; script-src 'self'; style-src 'self'",
    )
    expect(headers['content-security-policy']).not.toContain('unsafe')
    const addresses = [...body.matchAll(/(?:src|href|action)="([^"]*)"/g)].map(([, address]) => address)
    expect(addresses.length).toBeGreaterThan(5)
    for (const address of addresses) expect(address).toMatch(/^(\/(?!\/)|#content$)/)
    expect(body).not.toMatch(/<script(?![^>]* src=)|<style| style=| on\w+=/)
    for (const name of ['base.css', 'sections.css', 'narrow.css', 'live.js', 'icon.svg'])
      expect((await browse(cloud, `/_local/page/${name}`)).status).toBe(200)
  })

  it.each([
    '/_local/page/..%2froutes.ts',
    '/_local/page/..%2f..%2fpackage.json',
    '/_local/page/routes.ts',
    '/_local/page/constructor',
    '//',
  ])('has nothing at %s', async path => {
    expect((await browse(cloud, path)).status).toBe(404)
  })

  it('shows keys with their replicas, states and aliases', async () => {
    const keyId = await createMultiRegionKey(cloud, [EAST, WEST])
    await kmsClient(cloud, WEST).createAlias({ AliasName: 'alias/mine', TargetKeyId: keyId })
    await kmsClient(cloud, WEST).disableKey({ KeyId: keyId })
    const { KeyMetadata } = await kmsClient(cloud, WEST).createKey({
      KeyUsage: 'GENERATE_VERIFY_MAC',
      KeySpec: 'HMAC_256',
    })
    const KeyId = KeyMetadata?.KeyId ?? ''
    await kmsClient(cloud, WEST).scheduleKeyDeletion({ KeyId, PendingWindowInDays: 7 })
    const found = rows((await browse(cloud, '/')).body, 'keys')
    expect(found).toContainEqual([`${keyId} multi-Region`, 'Enabled primary', 'Disabled replica alias/mine'])
    expect(found).toContainEqual([
      `${KeyId} one region, HMAC_256`,
      '–',
      expect.stringMatching(/^PendingDeletion to be deleted \d{4}-\d\d-\d\d \d\d:\d\d$/),
    ])
  })

  it('shows tables with their items, and how far replicas are behind', async () => {
    await createGlobalTable(cloud, 'shown', [EAST, WEST])
    await createGlobalTable(cloud, 'alone', [WEST])
    await documentClient(cloud, EAST).put({ TableName: 'shown', Item: { id: '1' } })
    await cloud.waitForReplication()
    cloud.fault({ kind: 'cut', between: [EAST, WEST] })
    for (const id of ['2', '3']) await documentClient(cloud, EAST).put({ TableName: 'shown', Item: { id } })
    const { body } = await browse(cloud, '/')
    const found = rows(body, 'tables')
    const behind = expect.stringMatching(/^1 item 2 writes behind, for \d+\.\d s$/)
    expect(found).toContainEqual(['shown global', '3 items up to date', behind])
    expect(found).toContainEqual(['alone one region', '–', '0 items'])
    expect(rows(body, 'replication')).toContainEqual([
      `${EAST} ⇄ ${WEST}`,
      'cut',
      expect.stringMatching(`^${WEST}: 2 writes behind, for`),
      'Cut',
    ])
    cloud.heal()
    await cloud.waitForReplication()
    expect(rows((await browse(cloud, '/')).body, 'tables')).toContainEqual([
      'shown global',
      '3 items up to date',
      '3 items up to date',
    ])
  })

  it('shows calls, newest first, with key and encryption context, and counts them', async () => {
    const keyId = await createMultiRegionKey(cloud, [EAST])
    cloud.clearCalls()
    const key = { KeyId: keyId, KeySpec: 'AES_256' as const, EncryptionContext: { tenant: 'acme' } }
    await kmsClient(cloud, EAST).generateDataKey(key)
    await expect(kmsClient(cloud, WEST).describeKey({ KeyId: keyId })).rejects.toThrow()
    const { body } = await browse(cloud, '/')
    const time = expect.stringMatching(/^\d\d:\d\d:\d\d\.\d{3}$/)
    expect(rows(body, 'calls').slice(1)).toEqual([
      [time, WEST, 'KMS', 'DescribeKey', '400 NotFoundException', '', ''],
      [time, EAST, 'KMS', 'GenerateDataKey', '200', keyId, 'tenant = acme'],
    ])
    expect(rows(body, 'counters').slice(1)).toEqual([
      ['GenerateDataKey KMS', '1', '0'],
      ['DescribeKey KMS', '0', '1 1 failed 1 NotFoundException'],
    ])
    const filtered = rows((await browse(cloud, `/?region=${EAST}&service=kms`)).body, 'calls')
    expect(filtered.slice(1).map(([, region]) => region)).toEqual([EAST])
  })

  it('shows how far and how wrong a region is', async () => {
    const far = await startLocalCloud({ regions: [EAST, WEST], latency: { [WEST]: 80 } })
    far.fault({ kind: 'clock', region: WEST, shift: -3_600_000 })
    far.fault({ kind: 'clock', region: WEST, shift: -90_000 })
    const { body } = await browse(far, '/')
    const [, east = '', west = ''] = body.split('<article')
    const facts = (card: string) =>
      [...card.matchAll(/<dt>(.*?)<\/dt><dd>(.*?)<\/dd>/gs)].map(([, name, value]) => `${name}: ${value}`)
    expect(facts(east)).toEqual(expect.arrayContaining(['Clock: right', 'Latency: none']))
    expect(facts(west)).toEqual(expect.arrayContaining(['Clock: 1 h 1 min behind', 'Latency: 80 ms']))
    await far.stop()
  })

  it('shows the other regions when one’s engine does not answer', async () => {
    const half = await startLocalCloud({ regions: [EAST, WEST], engines: { [WEST]: 'http://127.0.0.1:1' } })
    await createGlobalTable(half, 'here', [EAST])
    const { status, body } = await browse(half, '/')
    expect(status).toBe(200)
    expect(rows(body, 'tables')).toContainEqual(['here one region', '0 items', '–'])
    expect(body).toContain(`${WEST}: http://127.0.0.1:1 does not answer`)
    await half.stop()
  })
})
