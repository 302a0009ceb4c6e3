import { subscribe, unsubscribe } from 'node:diagnostics_channel'
import { inspect } from 'node:util'
import { channelNames } from '@dynaseal/mrk-keyring'
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest'
import { describeDynoxide } from '../../local-cloud/test/eachEngine.js'
import { ManualClock } from '../../mrk-keyring/test/manualClock.js'
import {
  type DataKey,
  decrypt,
  EAST,
  EU,
  generate,
  rejection,
  startWorld,
  TENANT,
  WEST,
  type World,
} from './world.js'

const OPERATION = { kms: 'Decrypt', dynamodb: 'GetItem' } as const

describeDynoxide('a branch keyring over regions', () => {
  let world: World
  let dataKey: DataKey
  beforeAll(async () => {
    world = await startWorld([EAST, WEST, EU])
    dataKey = await generate(world.keyring(EU))
    world.cloud.clearCalls()
  })
  afterAll(() => world.stop())
  afterEach(async () => {
    world.cloud.heal()
    await world.cloud.waitForReplication()
    world.cloud.clearCalls()
  })

  it('asks the own region alone while it is well', async () => {
    await generate(world.keyring(WEST))
    expect(world.calls()).toEqual([`GetItem ${WEST}`, `Decrypt ${WEST}`])
  })

  it('says the order in which it would ask them', async () => {
    const { kms, keyStore } = world.keyring(WEST).routes()
    expect(kms.map(({ region }) => region)).toEqual([WEST, EAST, EU])
    expect(keyStore.map(({ region, arn }) => `${region} ${arn}`)).toEqual([
      `${WEST} branch-keys`,
      `${EAST} branch-keys`,
      `${EU} branch-keys`,
    ])
  })

  describe.each(['kms', 'dynamodb'] as const)('when %s of the own region', service => {
    it.each([
      ['hangs', { kind: 'hang' }],
      ['refuses connections', { kind: 'refuse' }],
      ['fails', { kind: 'error' }],
      ['throttles', { kind: 'throttle', share: 1 }],
      ['denies', { kind: 'deny' }],
      [
        'is not there',
        { kind: 'error', error: service === 'kms' ? 'NotFoundException' : 'ResourceNotFoundException' },
      ],
    ] as const)('%s, the next one serves, to wrap and to unwrap', async (_, fault) => {
      world.cloud.fault({ region: EAST, service, ...fault })
      for (const call of [
        generate,
        (ours: Parameters<typeof generate>[0]) => decrypt(ours, dataKey.encryptedDataKeys),
      ]) {
        world.cloud.clearCalls()
        const clock = new ManualClock()
        const done = call(world.keyring(EAST, { clock, attemptTimeout: 1_000 }))
        if (fault.kind === 'hang') {
          await vi.waitUntil(() => world.calls(service).length > 0, { timeout: 30_000 })
          await clock.advance(1_000)
        }
        await done
        expect(world.calls(service)).toEqual([
          `${OPERATION[service]} ${EAST}`,
          `${OPERATION[service]} ${WEST}`,
        ])
      }
    })

    it('is late, the next one is asked as well', async () => {
      world.cloud.fault({ region: EAST, service, kind: 'hang' })
      const clock = new ManualClock()
      const done = generate(world.keyring(EAST, { clock, hedge: {} }))
      await vi.waitUntil(() => world.calls(service).length > 0, { timeout: 30_000 })
      await clock.advance(300)
      await done
      expect(world.calls(service)).toEqual([`${OPERATION[service]} ${EAST}`, `${OPERATION[service]} ${WEST}`])
    })

    it('keeps failing, it is not asked any more', async () => {
      const opened: unknown[] = []
      const listener = (event: unknown) => void opened.push(event)
      subscribe(channelNames.breaker, listener)
      world.cloud.fault({ region: EAST, service, kind: 'error' })
      const keyring = world.keyring(EAST, { breaker: { failures: 2 } })
      for (let call = 0; call < 3; call++) {
        keyring.clear()
        await generate(keyring)
      }
      unsubscribe(channelNames.breaker, listener)
      expect(opened).toMatchObject([{ region: EAST, state: 'open' }])
      expect(world.calls(service).filter(call => call.endsWith(EAST))).toHaveLength(2)
    })
  })

  it('loses both services of the nearest region, and one of the next', async () => {
    world.cloud.fault({ region: EAST, kind: 'refuse' })
    world.cloud.fault({ region: WEST, service: 'kms', kind: 'refuse' })
    const keyring = world.keyring(EAST)
    expect(await decrypt(keyring, dataKey.encryptedDataKeys)).toBe(dataKey.plaintext)
    expect(world.calls()).toEqual([
      `GetItem ${EAST}`,
      `GetItem ${WEST}`,
      `Decrypt ${EAST}`,
      `Decrypt ${WEST}`,
      `Decrypt ${EU}`,
    ])
  })

  describe('when no region can', () => {
    it.each([
      ['kms', 'Decrypt with mrk-', 'no region answered'],
      ['dynamodb', 'GetItem with branch-keys', 'no region answered'],
    ] as const)('of %s, the error says what was tried', async (service, start, why) => {
      for (const region of [EAST, WEST, EU]) world.cloud.fault({ region, service, kind: 'refuse' })
      const error = await rejection(generate(world.keyring(EAST)))
      expect(error).toMatchObject({
        name: 'MrkKeyringError',
        code: 'UNAVAILABLE',
        operation: OPERATION[service],
        permanent: false,
      })
      expect(error.message).toContain(start)
      expect(error.message).toContain(why)
      expect(inspect(error, { depth: 10 })).not.toMatch(/Uint8Array|Buffer|CiphertextBlob/)
    })

    it('because the table is denied, it says what to allow', async () => {
      for (const region of [EAST, WEST, EU]) world.cloud.fault({ region, service: 'dynamodb', kind: 'deny' })
      const error = await rejection(generate(world.keyring(EAST)))
      expect(error).toMatchObject({ code: 'REFUSED_EVERYWHERE', permanent: true })
      expect(error.message).toContain('allow dynamodb:GetItem on the table')
    })

    it('one deadline holds for both services', async () => {
      world.cloud.fault({ region: EAST, service: 'dynamodb', kind: 'slow', delay: 5 })
      for (const region of [EAST, WEST, EU]) world.cloud.fault({ region, service: 'kms', kind: 'hang' })
      const clock = new ManualClock()
      const failed = rejection(
        generate(world.keyring(EAST, { clock, timeout: 3_000, attemptTimeout: 1_000 })),
      )
      await vi.waitUntil(() => world.calls('kms').length > 0, { timeout: 30_000 })
      const error = await clock.until(failed)
      expect(error).toMatchObject({ code: 'TIMEOUT', operation: 'Decrypt', permanent: false })
      expect(clock.now()).toBe(3_000)
    })
  })

  describe('when a replica of the key store lags behind', () => {
    const cut = () => {
      world.cloud.fault({ kind: 'cut', between: [EAST, WEST] })
      world.cloud.fault({ kind: 'cut', between: [WEST, EU] })
    }

    it('a version that it has not got yet comes from another region', async () => {
      cut()
      await world.administration.rotateBranchKey(TENANT)
      const recent = await generate(world.keyring(EAST))
      world.cloud.clearCalls()
      const keyring = world.keyring(WEST)
      expect(await decrypt(keyring, recent.encryptedDataKeys)).toBe(recent.plaintext)
      expect(world.calls()).toEqual([`GetItem ${WEST}`, `GetItem ${EAST}`, `Decrypt ${WEST}`])
      expect(keyring.routes().keyStore[0]).toMatchObject({ region: WEST, state: 'available' })
    })

    it('a branch key that it has not got yet is found to wrap with', async () => {
      cut()
      await world.administration.createBranchKey({ branchKeyId: 'just-created' })
      world.cloud.clearCalls()
      await generate(world.keyring(WEST, { branchKeyId: 'just-created' }))
      expect(world.calls()).toEqual([`GetItem ${WEST}`, `GetItem ${EAST}`, `Decrypt ${WEST}`])
    })

    it('the caller waits within its deadline for a region that has it and fails for the moment', async () => {
      cut()
      world.cloud.fault({ kind: 'cut', between: [EAST, EU] })
      await world.administration.rotateBranchKey(TENANT)
      const recent = await generate(world.keyring(EAST))
      world.cloud.clearCalls()
      world.cloud.fault({ region: EAST, service: 'dynamodb', kind: 'error', times: 1 })
      expect(await decrypt(world.keyring(WEST), recent.encryptedDataKeys)).toBe(recent.plaintext)
      const asked = world.calls('dynamodb')
      expect(asked.slice(0, 3)).toEqual([`GetItem ${WEST}`, `GetItem ${EAST}`, `GetItem ${EU}`])
      expect(asked.at(-1)).toBe(`GetItem ${EAST}`)
      expect(asked.length).toBeGreaterThan(3)
    })

    it('and the region that has it is lost, the failure is none for good, and it works once it has arrived', async () => {
      cut()
      world.cloud.fault({ kind: 'cut', between: [EAST, EU] })
      await world.administration.rotateBranchKey(TENANT)
      const recent = await generate(world.keyring(EAST))
      const heal = world.cloud.fault({ region: EAST, service: 'dynamodb', kind: 'refuse' })
      const keyring = world.keyring(WEST)
      expect(await rejection(decrypt(keyring, recent.encryptedDataKeys))).toMatchObject({
        code: 'UNAVAILABLE',
        operation: 'GetItem',
        permanent: false,
      })
      heal()
      world.cloud.heal()
      await world.cloud.waitForReplication()
      world.cloud.fault({ region: EAST, kind: 'refuse' })
      expect(await decrypt(keyring, recent.encryptedDataKeys)).toBe(recent.plaintext)
    })

    it('an older active version of it is good enough to wrap with', async () => {
      cut()
      const { version } = await world.administration.rotateBranchKey(TENANT)
      const keyring = world.keyring(WEST)
      const { encryptedDataKeys, plaintext } = await generate(keyring)
      expect(keyring.statistics().keys[0]!.version).not.toBe(version)
      expect(await decrypt(world.keyring(EAST), encryptedDataKeys)).toBe(plaintext)
    })
  })
})
