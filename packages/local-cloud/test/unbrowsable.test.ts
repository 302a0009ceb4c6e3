import { mkdtemp, rm } from 'node:fs/promises'
import { Server } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, it, vi } from 'vitest'
import { DynaliteEngine } from '../src/dynamodb/dynaliteEngine.js'
import { DynoxideProcess } from '../src/dynamodb/dynoxideProcess.js'
import { ask } from '../src/dynamodb/engine.js'
import { unbrowsableAddresses } from '../src/dynamodb/unbrowsable.js'
import { describeDynoxide } from './eachEngine.js'

/** Why fetch failed. That of Node blocks the ports that the Fetch standard says, as browsers do. */
async function failure(url: string): Promise<unknown> {
  const error: unknown = await fetch(url, { method: 'POST' }).catch((reason: unknown) => reason)
  return error instanceof Error ? (error.cause as Error).message : error
}

it('gives addresses that Fetch sends nothing to, on loopback', async () => {
  // More than there are: all.
  const addresses = unbrowsableAddresses(100)
  expect(new Set(addresses.map(({ port }) => port)).size).toBe(addresses.length)
  for (const { host, port } of addresses) {
    expect(host).toMatch(/^127\./)
    expect(port).toBeGreaterThan(1023)
    expect(await failure(`http://${host}:${port}`)).toBe('bad port')
  }
  expect(unbrowsableAddresses(3)).toHaveLength(3)
})

it('dynalite listens nowhere, not even to close what it has on disk', async () => {
  const listen = vi.spyOn(Server.prototype, 'listen')
  const folder = await mkdtemp(join(tmpdir(), 'dynalite-'))
  const dynalite = await DynaliteEngine.onDisk('us-east-1', 0, folder)
  await ask(dynalite, 'ListTables', {})
  await dynalite.close()
  expect(listen).not.toHaveBeenCalled()
  listen.mockRestore()
  // It is closed: LevelDB is open in one place at a time.
  const again = await DynaliteEngine.onDisk('us-east-1', 0, folder)
  await ask(again, 'ListTables', {})
  await again.close()
  await rm(folder, { recursive: true })
})

describeDynoxide('a dynoxide', () => {
  let first: DynoxideProcess
  let second: DynoxideProcess

  beforeAll(async () => {
    ;[first, second] = await Promise.all([DynoxideProcess.start(), DynoxideProcess.start()])
  })

  afterAll(() => Promise.all([first.stop(), second.stop()]))

  it('stands where Fetch sends nothing, each at an address of its own', async () => {
    expect(first.url).not.toBe(second.url)
    expect(await failure(first.url)).toBe('bad port')
    expect(await failure(second.url)).toBe('bad port')
  })
})
