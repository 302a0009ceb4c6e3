import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { Browser } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { DynoxideProcess } from '../../packages/local-cloud/src/dynamodb/dynoxideProcess.js'
import { unbrowsableAddresses } from '../../packages/local-cloud/src/dynamodb/unbrowsable.js'
import { describeDynoxide } from '../../packages/local-cloud/test/eachEngine.js'
import { createWorld, EAST, type World } from '../support/world.js'
import { findChromium, launchChromium } from './chromium.mjs'

/** What a page sends that knows where something is: a signed request, as far as any server here can tell. */
const request = {
  method: 'POST',
  headers: {
    'content-type': 'application/x-amz-json-1.0',
    'x-amz-target': 'DynamoDB_20120810.ListTables',
    'x-amz-date': '20250101T000000Z',
    authorization: `AWS4-HMAC-SHA256 Credential=a/20250101/${EAST}/dynamodb/aws4_request, SignedHeaders=host, Signature=0`,
  },
  body: '{}',
}

describe.skipIf(findChromium() === undefined)('a page of another origin, in a browser', () => {
  let world: World
  let browser: Browser
  let pages: Server
  /** Answers any page whatever it asks, as an engine does. */
  let open: Server
  let received: string[]

  beforeAll(async () => {
    world = await createWorld()
    // A name that its owner points at loopback.
    browser = await launchChromium(['--host-resolver-rules=MAP rebound.example 127.0.0.1'])
    pages = createServer((_, response) => response.setHeader('content-type', 'text/html').end('<p>Hello'))
    open = createServer((incoming, response) => {
      received.push(incoming.method ?? '')
      response.setHeader('access-control-allow-origin', '*')
      response.setHeader('access-control-allow-headers', '*, authorization')
      response.end('answered')
    })
    for (const server of [pages, open])
      await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  })

  afterAll(async () => {
    await browser?.close()
    for (const server of [pages, open]) server?.close()
    await world?.stop()
  })

  const at = (server: Server, host = '127.0.0.1') =>
    `http://${host}:${(server.address() as AddressInfo).port}`

  /** What a page of `pages` gets from there. */
  async function steal(url: string): Promise<string> {
    const page = await browser.newPage()
    await page.goto(at(pages))
    const got = await page.evaluate(
      async ([address, init]) => {
        try {
          return await (await fetch(address, init)).text()
        } catch (error) {
          return `failed: ${error}`
        }
      },
      [url, request] as const,
    )
    await page.close()
    return got
  }

  it('could reach a server that lets it', async () => {
    received = []
    expect(await steal(at(open))).toBe('answered')
    expect(received).toEqual(['OPTIONS', 'POST'])
  })

  it('gets nothing of the AWS API', async () => {
    const before = world.cloud.calls().length
    expect(await steal(world.cloud.endpoint)).toMatch(/^failed: TypeError/)
    expect(world.cloud.calls()).toHaveLength(before)
  })

  it('gets nothing under a name of its own', async () => {
    const page = await browser.newPage()
    const { port } = new URL(world.cloud.endpoint)
    const landed = await page.goto(`http://rebound.example:${port}/`)
    expect(landed?.status()).toBe(403)
    const [status, text] = await page.evaluate(async init => {
      const answer = await fetch('/', init)
      return [answer.status, await answer.text()] as const
    }, request)
    expect(status).toBe(403)
    expect(text).toContain('AccessDeniedException')
    expect(text).not.toContain('TableNames')
    await page.close()
  })

  describeDynoxide('and of dynoxide', () => {
    let dynoxide: DynoxideProcess

    beforeAll(async () => {
      dynoxide = await DynoxideProcess.start()
    })

    afterAll(() => dynoxide?.stop())

    it('sends nothing to any address that it may be given', async () => {
      for (const { host, port } of unbrowsableAddresses(100)) {
        const page = await browser.newPage()
        // Refused by the browser itself: where nothing listens, the refusal would be the connection's.
        await expect(page.goto(`http://${host}:${port}/`)).rejects.toThrow(/ERR_UNSAFE_PORT/)
        await page.close()
      }
    })

    it('gets nothing, at its address or under a name of its own', async () => {
      const { hostname, port } = new URL(dynoxide.url)
      expect(await steal(dynoxide.url)).toMatch(/^failed: TypeError/)
      const rebinding = await launchChromium([`--host-resolver-rules=MAP rebound.example ${hostname}`])
      const page = await rebinding.newPage()
      await expect(page.goto(`http://rebound.example:${port}/`)).rejects.toThrow(/ERR_UNSAFE_PORT/)
      await rebinding.close()
    })
  })
})
