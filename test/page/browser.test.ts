import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { CreateKeyCommand, DisableKeyCommand, KMSClient, ListKeysCommand } from '@aws-sdk/client-kms'
import { PutCommand } from '@aws-sdk/lib-dynamodb'
import type { Browser, BrowserContext, Locator, Page } from 'playwright-core'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { createWorld, EAST, WEST, type World } from '../support/world.js'
import { findChromium, launchChromium, NO_CHROMIUM } from './chromium.mjs'
import { contrasts } from './contrast.js'

const hasChromium = findChromium() !== undefined
if (!hasChromium) console.warn(`The page is not tested in a browser. ${NO_CHROMIUM}`)

const HOSTILE = `"><img src=x onerror='window.hurt=1'></code><script>window.hurt=1</script>`

describe.skipIf(!hasChromium)('the local cloud’s page in a browser', () => {
  let world: World
  let browser: Browser
  let context: BrowserContext
  let page: Page
  let endpoint: string
  let complaints: string[]
  let elsewhere: string[]

  beforeAll(async () => {
    world = await createWorld()
    endpoint = world.cloud.endpoint
    browser = await launchChromium()
  })

  beforeEach(async () => {
    ;({ context, page } = await open())
  })

  afterEach(async () => {
    await context.close()
    world.cloud.heal()
    expect(complaints).toEqual([])
    expect(elsewhere).toEqual([])
  })

  afterAll(async () => {
    await browser?.close()
    await world?.stop()
  })

  /** A browser's window that notes what it complains about, and what it asks of anybody else. */
  async function open(options: { javaScriptEnabled?: boolean } = {}) {
    const opened = await browser.newContext(options)
    complaints = []
    elsewhere = []
    opened.on('console', message => {
      if (message.type() === 'error' || message.type() === 'warning') complaints.push(message.text())
    })
    opened.on('weberror', error => complaints.push(String(error.error())))
    opened.on('dialog', dialog => complaints.push(dialog.message()))
    opened.on('request', request => {
      if (!request.url().startsWith(`${endpoint}/`)) elsewhere.push(request.url())
    })
    const tab = await opened.newPage()
    await tab.goto(endpoint)
    return { context: opened, page: tab }
  }

  const kms = (region: string) => new KMSClient({ ...world.config(region), maxAttempts: 1 })
  const card = (region: string) => page.getByRole('article', { name: region })
  const switchIn = (region: string, group: string, name: string) =>
    card(region).getByRole('group', { name: group }).getByRole('button', { name })
  const row = (section: string, text: string) =>
    page.getByRole('region', { name: section }).getByRole('row').filter({ hasText: text }).first()
  const pressed = (button: Locator, is: boolean) =>
    button.and(page.locator(`[aria-pressed="${is}"]`)).waitFor()

  it('shows the regions side by side', async () => {
    for (const region of [EAST, WEST]) await card(region).getByRole('heading', { name: region }).waitFor()
    const [east, west] = await Promise.all([card(EAST).boundingBox(), card(WEST).boundingBox()])
    expect(east?.y).toBe(west?.y)
    expect(west?.x).toBeGreaterThan(east?.x ?? 0)
    expect(await page.title()).toBe('Local cloud')
  })

  it('shows a key as soon as it is made, and what becomes of it', async () => {
    const { KeyMetadata } = await kms(EAST).send(new CreateKeyCommand({ Description: 'made meanwhile' }))
    const KeyId = KeyMetadata?.KeyId ?? ''
    await row('Keys', KeyId).getByText('Enabled').waitFor()
    await kms(EAST).send(new DisableKeyCommand({ KeyId }))
    await row('Keys', KeyId).getByText('Disabled').waitFor()
    await row('Calls', 'DisableKey').getByText(KeyId).waitFor()
  })

  it('breaks a service that its clients call, and heals it', async () => {
    const refuse = switchIn(WEST, 'KMS', 'Refuse')
    await refuse.click()
    await pressed(refuse, true)
    await expect(kms(WEST).send(new ListKeysCommand({}))).rejects.toMatchObject({ code: 'ECONNRESET' })
    await kms(EAST).send(new ListKeysCommand({}))
    await row('Calls', 'no answer').waitFor()
    await refuse.click()
    await pressed(refuse, false)
    await kms(WEST).send(new ListKeysCommand({}))
  })

  it('sets any fault by a form with the fields of its kind, and heals all', async () => {
    await page.getByText('Set another fault').click()
    const form = page.locator('form.fault-form')
    const share = form.getByRole('spinbutton', { name: 'Share, %' })
    expect(await share.isVisible()).toBe(false)
    await form.getByRole('combobox', { name: 'Kind' }).selectOption('throttle')
    await share.fill('100')
    await form.getByRole('combobox', { name: 'Region', exact: true }).selectOption(WEST)
    await form.getByRole('button', { name: 'Set' }).click()
    await page.getByText(`${WEST}, all services: throttles 100 %`).waitFor()
    await expect(kms(WEST).send(new ListKeysCommand({}))).rejects.toMatchObject({
      name: 'ThrottlingException',
    })

    await share.fill('')
    await form.getByRole('button', { name: 'Set' }).click()
    await page.getByRole('alert').getByText('share must be between 0 and 1').waitFor()

    await form.getByRole('combobox', { name: 'Kind' }).selectOption('deny')
    await form.getByRole('textbox', { name: 'encryption context' }).fill('tenant=a\nstage=test')
    await form.getByRole('button', { name: 'Set' }).click()
    await page.getByText('denies access unless tenant = a, stage = test').waitFor()
    await form.getByRole('combobox', { name: 'Kind' }).selectOption('slow')
    await form.getByRole('textbox', { name: 'percentile' }).fill('50=20, 99=900')
    await form.getByRole('button', { name: 'Set' }).click()
    await page.getByText('slow, p50 20 ms, p99 900 ms').waitFor()
    await page.getByRole('button', { name: 'Heal all' }).click()
    await page.getByText('None are set.').waitFor()
    // The browser's own note of the answer 400.
    complaints = complaints.filter(text => !text.includes('400'))
    await kms(WEST).send(new ListKeysCommand({}))
  })

  it('cuts replication, and shows who is behind until it is healed', async () => {
    await world.createTable('cut')
    const cut = page.getByRole('button', { name: `Cut ${EAST} off from ${WEST}` })
    await cut.click()
    await pressed(cut, true)
    await world.rawClient(EAST).send(new PutCommand({ TableName: 'cut', Item: { pk: '1', sk: '1' } }))
    await row('Tables', 'cut').getByText('1 write behind').waitFor()
    await row('Replication', EAST).getByText(`${WEST}: 1 write behind`).waitFor()
    await cut.click()
    await pressed(cut, false)
    await row('Tables', 'cut')
      .getByRole('link', { name: `1 item of cut in ${WEST}` })
      .waitFor()
  })

  it('shows a sealed item as stored next to its messages’ headers', async () => {
    await world.createTable('sealed')
    const secret = 'nobody sees this'
    await sealedPut('sealed', secret)
    await page.getByRole('link', { name: `1 item of sealed in ${EAST}` }).click()
    await page.getByRole('link', { name: 'user 1' }).click()
    await page.getByRole('heading', { name: 'Item user 1, profile' }).waitFor()
    const attributes = page.getByRole('region', { name: 'Attributes' })
    const name = page.getByRole('rowheader', { name: 'text', exact: true })
    const sealed = attributes.getByRole('row').filter({ has: name })
    for (const text of [
      '0x0478',
      'key commitment',
      'dynaseal:table = sealed',
      'aws-kms',
      world.keyArns[0] ?? '',
    ])
      await sealed.getByText(text).first().waitFor()
    expect(await sealed.locator('pre').textContent()).toMatch(/^\{"B":"AgR4/)
    expect(await attributes.textContent()).toContain('{"S":"in the clear"}')
    expect(await attributes.textContent()).not.toContain(secret)
    await page.getByRole('navigation', { name: 'Regions' }).getByText('the same').waitFor()
  })

  it('leaves what others wrote inert', async () => {
    await world.createTable('hostile')
    const Item = { pk: HOSTILE, sk: HOSTILE, [HOSTILE]: HOSTILE }
    await world.rawClient(EAST).send(new PutCommand({ TableName: 'hostile', Item }))
    await kms(EAST).send(new CreateKeyCommand({ Description: HOSTILE }))
    world.cloud.fault({ region: EAST, principal: HOSTILE, kind: 'error', error: HOSTILE })
    await page.getByText(HOSTILE).first().waitFor()
    await page.getByRole('link', { name: `1 item of hostile in ${EAST}` }).click()
    await page.getByRole('link', { name: HOSTILE }).click()
    await page.getByRole('rowheader').getByText(HOSTILE).waitFor()
    await page.getByRole('link', { name: 'Local cloud', exact: true }).click()
    await page.getByText(HOSTILE).first().waitFor()
    expect(await page.evaluate(() => Reflect.get(globalThis, 'hurt'))).toBeUndefined()
    expect(await page.locator('img, main script').count()).toBe(0)
  })

  it('works by keyboard, and a live update leaves the focus where it is', async () => {
    await page.keyboard.press('Tab')
    await page.getByRole('link', { name: 'Skip to content' }).and(page.locator(':focus')).waitFor()
    await page.keyboard.press('Enter')
    // From the content on, the first switch of the first region.
    await page.keyboard.press('Tab')
    const refuse = switchIn(EAST, 'KMS', 'Refuse')
    await refuse.and(page.locator(':focus')).waitFor()
    await page.keyboard.press('Space')
    await pressed(refuse, true)
    await refuse.and(page.locator(':focus')).waitFor()
    await page.keyboard.press('Enter')
    await pressed(refuse, false)
    expect(world.cloud.faults()).toEqual([])
  })

  it('stands still while it is paused', async () => {
    await page.clock.install()
    await page.reload()
    await page.getByRole('status').getByText('Live').waitFor()
    await page.getByRole('button', { name: 'Pause' }).click()
    await page.getByRole('status').getByText('Paused').waitFor()
    const looks: string[] = []
    page.on('request', request => looks.push(request.url()))
    world.cloud.fault({ region: EAST, kind: 'hang' })
    await page.clock.fastForward(3_600_000)
    expect(looks).toEqual([])
    await page.getByRole('button', { name: 'Resume' }).click()
    await page.getByText(`${EAST}, all services: hangs`).waitFor()
    await page.getByRole('status').getByText('Live').waitFor()
    expect(looks.length).toBeGreaterThan(0)
  })

  it('works without scripts', async () => {
    await context.close()
    ;({ context, page } = await open({ javaScriptEnabled: false }))
    expect(await page.getByRole('button', { name: 'Pause' }).count()).toBe(0)
    await switchIn(WEST, 'DynamoDB', 'Hang').click()
    await pressed(switchIn(WEST, 'DynamoDB', 'Hang'), true)
    expect(world.cloud.faults()).toEqual([{ region: WEST, service: 'dynamodb', kind: 'hang' }])
    await page.getByRole('button', { name: 'Heal all' }).click()
    await pressed(switchIn(WEST, 'DynamoDB', 'Hang'), false)
    await page.locator('form.filter').getByRole('combobox', { name: 'Region' }).selectOption(WEST)
    await page.getByRole('button', { name: 'Filter' }).click()
    expect(new URL(page.url()).searchParams.get('region')).toBe(WEST)
  })

  it('has enough contrast, light and dark', async () => {
    world.cloud.fault({ region: WEST, service: 'kms', kind: 'deny' })
    await pressed(switchIn(WEST, 'KMS', 'Deny'), true)
    for (const colorScheme of ['light', 'dark'] as const) {
      await page.emulateMedia({ colorScheme })
      const found = await page.evaluate(contrasts)
      expect(found.length).toBeGreaterThan(50)
      // WCAG 2.2, 1.4.3.
      expect(found.filter(({ ratio }) => ratio < 4.5)).toEqual([])
    }
  })

  it('takes no orders from a page of another origin', async () => {
    const set = JSON.stringify({ region: EAST, kind: 'refuse' }).replaceAll('"', '&quot;')
    const server = createServer((_, response) => {
      response.setHeader('content-type', 'text/html')
      response.end(`<form method="post" action="${endpoint}/_local/page/faults">
        <button name="set" value="${set}">Win</button></form><iframe src="${endpoint}"></iframe>`)
    })
    await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
    const foreign = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
    await page.goto(foreign)
    const framed = page.frames()[1]
    expect(await framed?.locator('h2').count()).toBe(0)
    await page.getByRole('button', { name: 'Win' }).click()
    await page.getByText('Only for programs on this machine.').waitFor()
    expect(world.cloud.faults()).toEqual([])
    await new Promise(resolve => server.close(resolve))
    // The foreign page itself, and the browser saying why it shows no frame of ours and that an answer was 403.
    expect(elsewhere.every(url => url.startsWith(foreign))).toBe(true)
    expect(complaints.every(text => /frame-ancestors|403/.test(text))).toBe(true)
    elsewhere = []
    complaints = []
  })

  async function sealedPut(tableName: string, secret: string): Promise<void> {
    const { userEntity } = await import('../support/user.js')
    const { PutItemCommand } = await import('dynamodb-toolbox')
    const { User } = userEntity(world.sealedClient(EAST, { format: 'message' }), tableName)
    await User.build(PutItemCommand)
      .item({ pk: 'user 1', sk: 'profile', plain: 'in the clear', text: secret })
      .send()
    await world.cloud.waitForReplication()
  }
})
