import { afterEach, describe, expect, it } from 'vitest'
import { type DoctorReport, doctor } from '../../src/api.js'
import { CHECKS } from '../../src/doctor/checks.js'
import { run as mend } from './awsCli.js'
import { otherMaterial } from './planted/otherMaterial.js'
import { PLANTED_FAULTS } from './plantedFaults.js'
import { EAST, EU, type Plan, startWorld, WEST, type World } from './setUp.js'

const stops: (() => Promise<void>)[] = []
afterEach(async () => {
  for (const stop of stops.splice(0)) await stop()
})

async function given(plan?: Partial<Plan>): Promise<World> {
  const world = await startWorld(plan)
  stops.push(() => world.stop())
  return world
}

const found = ({ findings }: DoctorReport) =>
  findings.map(({ code, regions }) => `${code} ${regions.join(', ')}`)

describe('a planted fault is found, and nothing else', () => {
  it.each(PLANTED_FAULTS)('$fault', async ({ plan, plant, timeout, finds, isMended }) => {
    const world = await given(plan)
    await plant?.(world)
    const report = await doctor(await world.project(), { timeout })
    expect(found(report).sort()).toEqual([...finds].sort())
    for (const { what, why, mend } of report.findings) {
      expect(what.length).toBeGreaterThan(20)
      expect(why.length).toBeGreaterThan(20)
      expect(mend.length).toBeGreaterThan(0)
    }
    if (!isMended) return
    for (const finding of report.findings) for (const command of finding.mend) await mend(command, world)
    expect(
      found(await doctor(await world.project())).filter(one => !one.startsWith('region-without-client')),
    ).toEqual([])
  })

  it('a replica has other key material', async () => {
    let elsewhere: Awaited<ReturnType<typeof otherMaterial>> | undefined
    const world = await given({
      keyring: region => ({
        client: one => (one === WEST ? elsewhere!.client(one) : world.kms(one)),
        region,
      }),
    })
    elsewhere = await otherMaterial(world.keyId)
    stops.push(elsewhere.stop)
    expect(found(await doctor(await world.project()))).toEqual([`key-material ${WEST}`])
  })

  it('there is one for each check', () => {
    const planted = PLANTED_FAULTS.flatMap(({ finds }) => finds.map(one => one.split(' ')[0]))
    const missing = CHECKS.map(({ code }) => code).filter(code => !planted.includes(code))
    expect(missing).toEqual(['key-material'])
    expect(PLANTED_FAULTS.length).toBeGreaterThan(25)
  })
})

describe('a healthy set-up', () => {
  it('gives no finding, and is reported as it is', async () => {
    const world = await given()
    const { findings, keys, routes, tables } = await doctor(await world.project())
    expect(findings).toEqual([])
    expect(keys).toEqual(
      [EAST, WEST].map(region => ({
        arn: `arn:aws:kms:${region}:000000000000:key/${world.keyId}`,
        region,
        state: 'Enabled',
        milliseconds: expect.any(Number),
        aliases: ['alias/people'],
      })),
    )
    expect(routes).toEqual([
      { client: EAST, regions: [EAST, WEST] },
      { client: WEST, regions: [WEST, EAST] },
    ])
    expect(tables).toEqual(
      [EAST, WEST].map(region => ({
        table: 'people',
        region,
        status: 'ACTIVE',
        replicas: [region === EAST ? WEST : EAST],
        stream: undefined,
        pointInTimeRecovery: true,
        timeToLive: undefined,
      })),
    )
  })
})

describe('the route', () => {
  const three = [EAST, WEST, EU]
  const plan = { regions: three, keyIn: three, named: three, clientsFor: [EAST] }
  const route = async (world: World) => (await doctor(await world.project())).routes[0]?.regions
  const slow = (region: string) => ({ region, service: 'kms', kind: 'slow', delay: 200 }) as const

  it('is the own region, and then the quickest, as they answer from here', async () => {
    const world = await given(plan)
    for (const region of [EU, WEST]) {
      const heal = world.cloud.fault(slow(region))
      const others = region === EU ? [WEST, EU] : [EU, WEST]
      expect(await route(world)).toEqual([EAST, ...others])
      heal()
    }
  })

  it('ends with what refuses, the own region, too', async () => {
    const world = await given(plan)
    await world.kms(EAST).disableKey({ KeyId: world.keyId })
    world.cloud.fault(slow(WEST))
    expect(await route(world)).toEqual([EU, WEST, EAST])
  })
})
