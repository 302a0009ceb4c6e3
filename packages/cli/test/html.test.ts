import { existsSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type JobReport, jobPage, type Point, type ScanReport, scanPage, Timeline } from '../src/api.js'
import type { Clock } from '../src/engine/clock.js'
import { configText, createWorld, EAST, users, WEST, type World } from './support/cloud.js'
import { dynaseal, folder } from './support/command.js'

const HOSTILE = '<img src=x onerror="alert(1)">\'&'
let world: World
let made: ReturnType<typeof folder>

beforeAll(async () => {
  world = await createWorld()
  made = folder({ 'dynaseal.config.ts': configText(world) })
  const put = (Item: object) => world.dynamodb.putItem({ TableName: users.name, Item: Item as never })
  for (let i = 0; i < 9; i++) await put({ id: { S: `u${i}` }, _et: { S: 'User' }, ssn: { S: '078-05-1120' } })
  await put({ id: { S: HOSTILE }, _et: { S: 'User' }, ssn: { B: Buffer.from('078') } })
})
afterAll(async () => {
  made.remove()
  await world.stop()
})

/** Tags that are not closed, or closed twice. */
function unbalanced(page: string): string[] {
  const open: string[] = []
  for (const [, end, name = '', rest = ''] of page.matchAll(/<(\/?)([a-z][a-z0-9]*)([^>]*)>/g)) {
    if (['meta'].includes(name) || rest.endsWith('/')) continue
    if (end === '') open.push(name)
    else if (open.pop() !== name) return [name]
  }
  return open
}

/** What would be loaded or run. */
const active = (page: string) =>
  page.match(/<script|<img|<link|<iframe|<[^>]*\s(?:on\w+|src|href)=|url\(|@import/gi) ?? []

describe('a page', () => {
  it.each([
    ['scan', ['scan', 'users', '--html', 'scan.html']],
    ['backfill', ['backfill', 'users', '--json', '--html', 'backfill.html']],
  ])('of %s is whole in itself, says what was counted, and escapes what is stored', async (name, args) => {
    const { code } = await dynaseal(args, { cwd: made.path })
    expect(code).toBe(3)
    const path = join(made.path, `${name}.html`)
    const page = readFileSync(path, 'utf8')
    expect(statSync(path).mode & 0o777).toBe(0o600)
    expect(unbalanced(page)).toEqual([])
    expect(active(page)).toEqual([])
    expect(page).toContain('prefers-color-scheme: dark')
    expect(page.match(/<svg role="img"/g)!.length).toBeGreaterThanOrEqual(2)
    expect(page).not.toContain('078')
    expect(page).toContain(name === 'scan' ? 'not-a-message' : 'onerror=\\&quot;alert(1)\\&quot;&gt;')
  })

  it.each(['scan', 'backfill'])(
    'is not written where it cannot be, which %s says before it begins',
    async name => {
      const { code, note, out } = await dynaseal([name, 'users', '--html', 'no/such/folder.html'], {
        cwd: made.path,
      })
      expect([code, note, out]).toEqual([1, expect.stringMatching(/cannot\s+be\s+written/), ''])
    },
  )

  it.each(['scan', 'backfill'])(
    'is not there after a %s that failed, and an older one is as it was',
    async name => {
      const old = join(made.path, 'old.html')
      writeFileSync(old, 'old')
      for (const page of ['failed.html', 'old.html']) {
        for (const region of [EAST, WEST])
          world.cloud.fault({ region, service: 'dynamodb', kind: 'deny', operation: 'Scan' })
        const { code } = await dynaseal([name, 'users', '--html', page], { cwd: made.path })
        world.cloud.heal()
        expect(code).toBe(1)
      }
      expect(existsSync(join(made.path, 'failed.html'))).toBe(false)
      expect(readFileSync(old, 'utf8')).toBe('old')
    },
  )

  const points: Point[] = [
    { seconds: 0, items: 0 },
    { seconds: 10, items: 400 },
  ]

  it('draws bars of one scale', () => {
    const report: ScanReport = {
      table: HOSTILE,
      region: 'us-east-1',
      items: 400,
      entities: [
        {
          entity: 'User',
          items: 400,
          attributes: [
            {
              attribute: 'ssn',
              clear: 100,
              format1: 0,
              format2: 300,
              dbEsdk: 0,
              notOpened: { [HOSTILE]: 4 },
            },
            { attribute: 'note', clear: 0, format1: 200, format2: 0, dbEsdk: 0, notOpened: {} },
          ],
        },
      ],
      keys: [{ provider: HOSTILE, name: HOSTILE, fields: 500 }],
      absent: [{ entity: HOSTILE, attribute: HOSTILE }],
      readUnits: 50,
      seconds: 10,
      complete: true,
    }
    const page = scanPage(report, points)
    expect(active(page)).toEqual([])
    expect(unbalanced(page)).toEqual([])
    const widths = [
      ...page.matchAll(/<rect class="(\w+)" x="[\d.]+" y="\d+" width="([\d.]+)" height="18"/g),
    ].map(([, colour, width]) => [colour, Number(width)])
    expect(widths).toEqual([
      ['clear', 130],
      ['format2', 390],
      ['format1', 260],
      ['failed', 520],
    ])
  })

  it('of a job that did nothing is one, too', () => {
    const report: JobReport = {
      ...{ task: 'backfill', table: 'users', region: 'us-east-1', applied: true, resumed: false },
      ...{ items: 0, changed: 0, fields: 0, moved: 0, tokens: 0, overtaken: 0, readUnits: 0, writeUnits: 0 },
      ...{ left: {}, leftItems: [], kmsCalls: 0, seconds: 0, complete: true },
    }
    const page = jobPage(report, [{ seconds: 0, items: 0 }])
    expect(unbalanced(page)).toEqual([])
    expect(page).not.toMatch(/NaN|Infinity|undefined/)
  })
})

it('a timeline of a million items has a few points, the first and the last among them', () => {
  let now = 0
  const clock: Clock = { now: () => now, sleep: async () => {} }
  const timeline = new Timeline(clock)
  for (let items = 1; items <= 1_000_000; items++) {
    now += 1
    timeline.at(items)
  }
  const { points } = timeline
  expect(points.length).toBeLessThan(250)
  expect(points.length).toBeGreaterThan(100)
  expect([points[0], points.at(-1)]).toEqual([
    { seconds: 0, items: 0 },
    { seconds: 1000, items: 1_000_000 },
  ])
})
