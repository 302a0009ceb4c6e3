import { CreateKeyCommand, DecryptCommand, KMSClient } from '@aws-sdk/client-kms'
import { PutCommand } from '@aws-sdk/lib-dynamodb'
import type { Browser, Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createWorld, EAST, WEST, type World } from '../support/world.js'
import { findChromium, launchChromium } from './chromium.mjs'

/** Of a phone, in CSS pixels. */
const NARROW = 390

describe.skipIf(findChromium() === undefined)('the local cloud’s page on a phone', () => {
  let world: World
  let browser: Browser
  let page: Page
  let keyId: string

  beforeAll(async () => {
    world = await createWorld()
    await world.createTable('customers')
    await world.rawClient(EAST).send(new PutCommand({ TableName: 'customers', Item: { pk: '1', sk: '2' } }))
    const kms = new KMSClient({ ...world.config(EAST), maxAttempts: 1 })
    const { KeyMetadata } = await kms.send(new CreateKeyCommand({ Description: 'of one region' }))
    keyId = KeyMetadata?.KeyId ?? ''
    await expect(kms.send(new DecryptCommand({ CiphertextBlob: new Uint8Array(9) }))).rejects.toThrow()
    await world.cloud.waitForReplication()
    browser = await launchChromium()
    page = await browser.newPage({ viewport: { width: NARROW, height: 800 } })
  })

  afterAll(async () => {
    await browser?.close()
    await world?.stop()
  })

  const section = (name: string) =>
    page.locator('section').filter({ has: page.getByRole('heading', { name }) })

  const itemKey = JSON.stringify({ pk: { S: '1' }, sk: { S: '2' } })
  const pages = [
    ['the overview', '/'],
    ['a table', `/_local/page/table?region=${EAST}&table=customers`],
    [
      'an item',
      `/_local/page/item?${new URLSearchParams({ region: EAST, table: 'customers', key: itemKey })}`,
    ],
  ] as const

  it.each(pages)('shows all that stands in the cells of %s', async (_, path) => {
    await page.goto(world.cloud.endpoint + path)
    expect(await page.evaluate<number>('document.documentElement.scrollWidth')).toBeLessThanOrEqual(NARROW)
    const cells = await page.locator('tbody th, tbody td:not(.blank)').all()
    expect(cells.length).toBeGreaterThan(3)
    for (const cell of cells) {
      const { x = -1, width = 0, height = 0 } = (await cell.boundingBox()) ?? {}
      expect(x).toBeGreaterThanOrEqual(0)
      expect(x + width).toBeLessThanOrEqual(NARROW)
      expect(Math.min(width, height)).toBeGreaterThan(0)
      expect(await cell.evaluate(({ scrollWidth, clientWidth }) => scrollWidth - clientWidth)).toBe(0)
    }
  })

  it('says in each cell whose it is', async () => {
    await page.goto(world.cloud.endpoint)
    const keys = section('Keys').locator('tr').filter({ hasText: keyId })
    for (const region of [EAST, WEST]) {
      const label = keys.locator(`td[data-label="${region}"]`)
      expect(
        await label.evaluate(
          cell => cell.ownerDocument.defaultView?.getComputedStyle(cell, '::before').content,
        ),
      ).toBe(`"${region}"`)
    }
    expect(await keys.locator(`td[data-label="${EAST}"]`).textContent()).toContain('Enabled')
    expect(await keys.locator(`td[data-label="${WEST}"]`).textContent()).toContain('–')
  })

  it.each([NARROW, 1200])('breaks no name of a region in two, at %i pixels', async width => {
    await page.setViewportSize({ width, height: 800 })
    await page.goto(world.cloud.endpoint)
    const names = await page.locator('.region').all()
    expect(names.length).toBeGreaterThan(3)
    for (const name of names) {
      const lines = await name.evaluate(element => {
        const range = element.ownerDocument.createRange()
        range.selectNodeContents(element)
        return new Set([...range.getClientRects()].map(({ top }) => top)).size
      })
      expect(lines).toBe(1)
    }
  })

  it('calls no region healthy whose calls fail', async () => {
    await page.goto(world.cloud.endpoint)
    const card = page.getByRole('article', { name: EAST })
    await card.getByText('no faults').waitFor()
    await card.getByText('1 failed').waitFor()
    expect(await page.locator('main').textContent()).not.toMatch(/healthy/)
  })

  it.each([
    [
      'a table that is not there',
      `/_local/page/table?region=${EAST}&table=nobodys`,
      `There is no table nobodys in ${EAST}.`,
    ],
    [
      'an item of another key',
      `/_local/page/item?region=${EAST}&table=customers&key={"id":{"S":"1"}}`,
      /^GetItem was refused: ValidationException: [^{}"]*$/,
    ],
    [
      'a key that is none',
      `/_local/page/item?region=${EAST}&table=customers&key=1`,
      /^The key in the address of this page is no JSON object/,
    ],
    [
      'a region that is not there',
      '/_local/page/table?region=mars&table=customers',
      'There is no region mars here.',
    ],
    ['an address that is not there', '/somewhere', 'There is no GET /somewhere here.'],
  ])('says in a sentence what is wrong with %s', async (_, path, sentence) => {
    await page.goto(world.cloud.endpoint + path)
    expect(await page.getByRole('alert').textContent()).toMatch(sentence)
  })

  it('says that what it shows is there no longer', async () => {
    await world.createTable('passing')
    await page.goto(`${world.cloud.endpoint}/_local/page/table?region=${EAST}&table=passing`)
    await page.getByRole('status').getByText('Live').waitFor()
    const { DeleteTableCommand } = await import('@aws-sdk/client-dynamodb')
    await world.rawClient(EAST).send(new DeleteTableCommand({ TableName: 'passing' }))
    await page.getByRole('alert').getByText(`There is no table passing in ${EAST}.`).waitFor()
    await page.getByRole('status').getByText('Not up to date').waitFor()
  })
})
