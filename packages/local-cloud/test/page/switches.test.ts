import { describe, expect, it } from 'vitest'
import type { Fault } from '../../src/index.js'
import { cloud, EAST, WEST } from '../twoRegions.js'
import { browse, press } from './browse.js'

describe('its switches', () => {
  it('set what their buttons say, and heal it', async () => {
    const before = (await browse(cloud, '/')).body
    const values = [...before.matchAll(/name="set"\s+value="([^"]*)"/g)].map(([, value = '']) =>
      value.replaceAll('&quot;', '"'),
    )
    // Five kinds for each service and three clocks in each region, and one cut.
    expect(values).toHaveLength(2 * (2 * 5 + 3) + 1)
    for (const value of values) {
      expect(await press(cloud, { set: value })).toMatchObject({ status: 303, headers: { location: '/' } })
      expect(cloud.faults()).toEqual([JSON.parse(value)])
      const set = (await browse(cloud, '/')).body
      const [, ids = ''] = /name="heal"\s+value="(\d+)"/.exec(set) ?? []
      expect(set.match(/aria-pressed="true"/g)).toHaveLength(1)
      await press(cloud, { heal: ids })
      expect(cloud.faults()).toEqual([])
    }
  })

  it('heal everything', async () => {
    cloud.fault({ region: EAST, kind: 'refuse' })
    cloud.fault({ kind: 'cut', between: [EAST, WEST] })
    await press(cloud, { heal: 'all' })
    expect(cloud.faults()).toEqual([])
  })

  const scope = { region: WEST, service: '', operation: '', principal: '' }
  it.each<[Record<string, string>, Fault]>([
    [
      { ...scope, kind: 'slow', delay: '20', jitter: '5', service: 'kms', operation: 'Decrypt' },
      { region: WEST, service: 'kms', operation: 'Decrypt', kind: 'slow', delay: 20, jitter: 5 },
    ],
    [
      { ...scope, kind: 'slow', delay: '500', jitter: '0', percentiles: '50=20, 99=900' },
      { region: WEST, kind: 'slow', percentiles: { 50: 20, 99: 900 } },
    ],
    [
      { ...scope, kind: 'deny', unlessContext: 'tenant=a, b\r\nquery = x=1\r\n' },
      { region: WEST, kind: 'deny', unlessContext: { tenant: 'a, b', query: 'x=1' } },
    ],
    [
      { ...scope, kind: 'throttle', share: '25' },
      { region: WEST, kind: 'throttle', share: 0.25 },
    ],
    [
      { ...scope, kind: 'deny', principal: 'a' },
      { region: WEST, principal: 'a', kind: 'deny' },
    ],
    [
      { ...scope, kind: 'error', error: 'Odd', times: '2' },
      { region: WEST, kind: 'error', error: 'Odd', times: 2 },
    ],
    [
      { ...scope, kind: 'error', error: '', times: '' },
      { region: WEST, kind: 'error' },
    ],
    [
      { ...scope, kind: 'clock', shift: '-1.5' },
      { kind: 'clock', region: WEST, shift: -1500 },
    ],
    [
      { ...scope, kind: 'cut', other: EAST },
      { kind: 'cut', between: [WEST, EAST] },
    ],
  ])('set a fault by the form: %j', async (fields, fault) => {
    expect((await press(cloud, { ...fields, form: 'fault' })).status).toBe(303)
    expect(cloud.faults()).toEqual([fault])
  })

  it.each<[Record<string, string>, string]>([
    [{ ...scope, kind: 'slow', delay: '' }, 'delay must be between 0'],
    [{ ...scope, kind: 'slow', percentiles: '50' }, 'Milliseconds by percentile is written name=value'],
    [{ ...scope, kind: 'slow', percentiles: '50=' }, 'percentile 50 must be between 0'],
    [{ ...scope, kind: 'slow', percentiles: '50=20, 99=10' }, 'percentile 99 is less than one below it'],
    [{ ...scope, kind: 'deny', unlessContext: 'tenant' }, 'The encryption context is written name=value'],
    [{ ...scope, kind: 'cut', other: WEST }, 'A cut is between two different regions'],
    [{ ...scope, region: '<b>', kind: 'refuse' }, 'No region &lt;b&gt; in this local cloud'],
    [{ kind: 'explode' }, 'There is no kind of fault called &quot;explode&quot;'],
    [{ set: '{' }, 'JSON'],
  ])('say why they do not: %j', async (fields, message) => {
    const { status, body } = await press(cloud, fields)
    expect(status).toBe(400)
    expect(body).toMatch(/<p class="notice" role="alert">/)
    expect(body).toContain(message)
    expect(cloud.faults()).toEqual([])
  })
})
