import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest'
import { describeDynoxide } from '../../local-cloud/test/eachEngine.js'
import { BranchKeyError } from '../src/index.js'
import { listen } from './listen.js'
import { decrypt, EAST, generate, hex, rejection, startWorld, TENANT, WEST, type World } from './world.js'

const MAX_AGE = 1_000

describeDynoxide('the cache of branch keys', () => {
  let world: World
  let now = 0
  beforeAll(async () => {
    world = await startWorld([EAST, WEST])
  })
  afterAll(() => world.stop())
  beforeEach(() => {
    now = 1_000_000
    world.cloud.heal()
    world.cloud.clearCalls()
  })

  const cached = (options = {}) => ({ cache: { maxAge: MAX_AGE, now: () => now, ...options } })
  const many = <T>(count: number, act: () => Promise<T>) => Promise.all(Array.from({ length: count }, act))

  it('asks the key store and KMS once, for however many wrap at once', async () => {
    const keyring = world.keyring(EAST)
    await many(100, () => generate(keyring))
    expect(world.calls()).toEqual([`GetItem ${EAST}`, `Decrypt ${EAST}`])
  })

  it('asks the key store and KMS once, for however many unwrap at once what others wrapped', async () => {
    const dataKeys = await many(20, () => generate(world.keyring(EAST)))
    world.cloud.clearCalls()
    const keyring = world.keyring(WEST)
    const opened = await Promise.all(
      dataKeys.map(({ encryptedDataKeys }) => decrypt(keyring, encryptedDataKeys)),
    )
    expect(opened).toEqual(dataKeys.map(({ plaintext }) => plaintext))
    expect(world.calls()).toEqual([`GetItem ${WEST}`, `Decrypt ${WEST}`])
  })

  it('asks nobody while the branch key is there, also to unwrap what it wrapped', async () => {
    const keyring = world.keyring(EAST, cached())
    const { encryptedDataKeys, plaintext } = await generate(keyring)
    world.cloud.clearCalls()
    now += MAX_AGE / 2
    await generate(keyring)
    expect(await decrypt(keyring, encryptedDataKeys)).toBe(plaintext)
    expect(world.calls()).toEqual([])
  })

  it('asks again once a branch key has expired, or the clock went backwards', async () => {
    const keyring = world.keyring(EAST, cached())
    const { encryptedDataKeys } = await generate(keyring)
    for (const step of [MAX_AGE, -2 * MAX_AGE]) {
      now += step
      world.cloud.clearCalls()
      await generate(keyring)
      expect(world.calls()).toEqual([`GetItem ${EAST}`, `Decrypt ${EAST}`])
      await decrypt(keyring, encryptedDataKeys)
      expect(world.calls()).toHaveLength(2)
    }
  })

  it('does not take a version that was unwrapped for the active one', async () => {
    const { encryptedDataKeys } = await generate(world.keyring(EAST))
    const keyring = world.keyring(EAST, cached())
    await decrypt(keyring, encryptedDataKeys)
    world.cloud.clearCalls()
    await generate(keyring)
    expect(world.calls()).toEqual([`GetItem ${EAST}`, `Decrypt ${EAST}`])
  })

  describe('before a branch key expires', () => {
    it('fetches it again in the background when it is used', async () => {
      const keyring = world.keyring(EAST, cached())
      const { encryptedDataKeys } = await generate(keyring)
      world.cloud.clearCalls()
      now += MAX_AGE * 0.8
      const heard = listen()
      await generate(keyring)
      expect(heard.arrival).toEqual([])
      await vi.waitUntil(() => heard.arrival.length > 0, { timeout: 30_000 })
      now += MAX_AGE * 0.5
      await generate(keyring)
      await decrypt(keyring, encryptedDataKeys)
      heard.stop()
      expect(world.calls()).toEqual([`GetItem ${EAST}`, `Decrypt ${EAST}`])
      expect(keyring.statistics().wrapping).toMatchObject({ hits: 2, misses: 1, fetches: 2 })
    })

    it('does so for one that only unwraps', async () => {
      const { encryptedDataKeys } = await generate(world.keyring(EAST))
      const keyring = world.keyring(EAST, cached())
      await decrypt(keyring, encryptedDataKeys)
      now += MAX_AGE * 0.8
      const heard = listen()
      await decrypt(keyring, encryptedDataKeys)
      await vi.waitUntil(() => heard.arrival.length > 0, { timeout: 30_000 })
      heard.stop()
      expect(heard.arrival).toMatchObject([{ branchKeyId: TENANT, active: false }])
    })

    it('goes on with the old one when that fails, and tries again a little later', async () => {
      const keyring = world.keyring(EAST, cached())
      await generate(keyring)
      world.cloud.clearCalls()
      for (const region of [EAST, WEST])
        world.cloud.fault({ region, service: 'kms', kind: 'error', error: 'AccessDeniedException' })
      const heard = listen()
      now += MAX_AGE * 0.8
      await generate(keyring)
      await vi.waitUntil(() => heard.failure.length > 0, { timeout: 30_000 })
      expect(heard.failure).toMatchObject([
        { branchKeyId: TENANT, version: undefined, awaited: false, error: { code: 'REFUSED_EVERYWHERE' } },
      ])
      await generate(keyring)
      expect(keyring.statistics().wrapping.fetches).toBe(2)
      now += MAX_AGE * 0.02
      await generate(keyring)
      await vi.waitUntil(() => heard.failure.length > 1, { timeout: 30_000 })
      heard.stop()
      now += MAX_AGE * 0.18
      expect(await rejection(generate(keyring))).toMatchObject({
        code: 'REFUSED_EVERYWHERE',
        permanent: true,
      })
    })
  })

  it('sees a new active version within the maximum age, and unwraps under both', async () => {
    const keyring = world.keyring(EAST, cached())
    const old = await generate(keyring)
    const { version } = await world.administration.rotateBranchKey(TENANT)
    const versions = () => keyring.statistics().keys.map(({ version, active }) => ({ version, active }))
    expect(versions()).toMatchObject([{ active: true }])
    const before = versions()[0]!.version
    now += MAX_AGE
    const recent = await generate(keyring)
    expect(versions()).toEqual(expect.arrayContaining([{ version, active: true }]))
    expect(await decrypt(keyring, recent.encryptedDataKeys)).toBe(recent.plaintext)
    expect(await decrypt(keyring, old.encryptedDataKeys)).toBe(old.plaintext)
    expect(versions()).toEqual(expect.arrayContaining([{ version: before, active: false }]))
  })

  it('keeps as many as it may, and lets go of the least recently used', async () => {
    const ids = ['lru-1', 'lru-2', 'lru-3']
    for (const branchKeyId of ids) await world.administration.createBranchKey({ branchKeyId })
    const keyring = world.keyring(EAST, { branchKeyId: ({ id }) => id!, ...cached({ maxKeys: 2 }) })
    const inMemory = () => keyring.statistics().keys.map(({ branchKeyId }) => branchKeyId)
    for (const id of ['lru-1', 'lru-1', 'lru-2', 'lru-1', 'lru-3']) await generate(keyring, { id })
    expect(inMemory()).toEqual(['lru-1', 'lru-3'])
    world.cloud.clearCalls()
    await generate(keyring, { id: 'lru-1' })
    expect(world.calls()).toEqual([])
    await generate(keyring, { id: 'lru-2' })
    expect(world.calls()).toHaveLength(2)
  })

  it('wraps under no branch key that was evicted while others waited for it', async () => {
    const ids = Array.from({ length: 8 }, (_, i) => `crowd-${i}`)
    for (const branchKeyId of ids) await world.administration.createBranchKey({ branchKeyId })
    const keyring = world.keyring(EAST, { branchKeyId: ({ id }) => id!, ...cached({ maxKeys: 1 }) })
    const wrapped = await Promise.all(
      [...ids, ...ids, ...ids].map(async id => {
        const context = { id }
        return { context, id, ...(await generate(keyring, context)) }
      }),
    )
    for (const { id, context, encryptedDataKeys, plaintext } of wrapped)
      expect(await decrypt(world.stock(EAST, { branchKeyId: id }), encryptedDataKeys, context)).toBe(
        plaintext,
      )
  })

  it('forgets everything when it is told to', async () => {
    const keyring = world.keyring(EAST, cached())
    await generate(keyring)
    keyring.clear()
    expect(keyring.statistics().keys).toEqual([])
    world.cloud.clearCalls()
    await generate(keyring)
    expect(world.calls()).toHaveLength(2)
  })

  it('remembers a refusal for a while, and asks again then', async () => {
    const keyring = world.keyring(EAST, {
      branchKeyId: 'never-created',
      ...cached({ refusalAge: 500 }),
    })
    const error = await rejection(generate(keyring))
    expect(error).toBeInstanceOf(BranchKeyError)
    expect(error).toMatchObject({ code: 'NO_BRANCH_KEY', permanent: true })
    expect(world.calls()).toEqual([`GetItem ${EAST}`, `GetItem ${WEST}`])
    expect(await rejection(generate(keyring))).toBe(error)
    expect(world.calls()).toHaveLength(2)
    expect(keyring.statistics().wrapping).toMatchObject({ refusals: 1, failures: 1 })
    await world.administration.createBranchKey({ branchKeyId: 'never-created' })
    now += 500
    await generate(keyring)
  })

  it('says what it holds and did, and what happened', async () => {
    const heard = listen()
    const keyring = world.keyring(EAST, cached())
    const { encryptedDataKeys } = await generate(keyring)
    await decrypt(keyring, encryptedDataKeys)
    now += 10
    heard.stop()
    const { keys, ...counts } = keyring.statistics()
    expect(counts).toEqual({
      wrapping: { hits: 0, misses: 1, fetches: 1, failures: 0, refusals: 0 },
      unwrapping: { hits: 1, misses: 0, fetches: 0, failures: 0, refusals: 0, graced: 0 },
    })
    expect(keys).toEqual([
      { branchKeyId: TENANT, version: expect.any(String), active: true, age: 10, wrapped: 1, unwrapped: 1 },
    ])
    expect(heard.arrival).toEqual([
      { branchKeyId: TENANT, version: keys[0]!.version, active: true, durationMs: expect.any(Number) },
    ])
    expect(heard.failure).toEqual([])
  })

  describe('while no region can be reached', () => {
    const outage = (service: 'kms' | 'dynamodb') => {
      for (const region of [EAST, WEST]) world.cloud.fault({ region, service, kind: 'refuse' })
    }

    it.each(['kms', 'dynamodb'] as const)(
      'uses an expired branch key to unwrap, if it may (%s)',
      async service => {
        const keyring = world.keyring(EAST, cached({ openingGrace: 10_000 }))
        const { encryptedDataKeys, plaintext } = await generate(keyring)
        outage(service)
        now += MAX_AGE
        const heard = listen()
        expect(await decrypt(keyring, encryptedDataKeys)).toBe(plaintext)
        expect(heard.grace).toMatchObject([{ branchKeyId: TENANT, age: MAX_AGE, left: 10_000 }])
        expect(heard.grace[0]!.error).toMatchObject({ name: 'MrkKeyringError', permanent: false })
        // Not asked again with every data key.
        world.cloud.clearCalls()
        expect(await decrypt(keyring, encryptedDataKeys)).toBe(plaintext)
        expect(world.calls()).toEqual([])
        heard.stop()
        expect(keyring.statistics().unwrapping.graced).toBe(2)
        expect(await rejection(generate(keyring))).toMatchObject({ code: 'UNAVAILABLE' })
        now += 10_000
        expect(await rejection(decrypt(keyring, encryptedDataKeys))).toMatchObject({ code: 'UNAVAILABLE' })
        world.cloud.heal()
        expect(await decrypt(keyring, encryptedDataKeys)).toBe(plaintext)
      },
    )

    it('uses none by default', async () => {
      const keyring = world.keyring(EAST, cached())
      const { encryptedDataKeys } = await generate(keyring)
      outage('kms')
      now += MAX_AGE
      expect(await rejection(decrypt(keyring, encryptedDataKeys))).toMatchObject({ code: 'UNAVAILABLE' })
    })

    it('uses none that is refused', async () => {
      const keyring = world.keyring(EAST, cached({ openingGrace: 10_000 }))
      const { encryptedDataKeys } = await generate(keyring)
      for (const region of [EAST, WEST]) world.cloud.fault({ region, service: 'kms', kind: 'deny' })
      now += MAX_AGE
      expect(await rejection(decrypt(keyring, encryptedDataKeys))).toMatchObject({
        code: 'REFUSED_EVERYWHERE',
      })
      world.cloud.heal()
      outage('kms')
      expect(keyring.statistics().keys).toEqual([])
    })

    it('goes on with what has not expired', async () => {
      const keyring = world.keyring(EAST, cached())
      const { encryptedDataKeys, plaintext } = await generate(keyring)
      outage('kms')
      outage('dynamodb')
      now += MAX_AGE / 2
      await generate(keyring)
      expect(await decrypt(keyring, encryptedDataKeys)).toBe(plaintext)
    })
  })

  describe('an option that makes no sense', () => {
    it.each([
      { maxAge: 0 },
      { maxAge: Number.NaN },
      { maxAgee: 1 } as object,
      { maxKeys: 0 },
      { maxKeys: 1.5 },
      { refusalAge: -1 },
      { openingGrace: Number.POSITIVE_INFINITY },
      { maxAge: Symbol('age') as never },
      null as never,
      '' as never,
      [] as never,
      new Map() as never,
    ])('is refused: %o', cache => {
      expect(() => world.keyring(EAST, { cache })).toThrow(
        expect.objectContaining({ name: 'MrkKeyringConfigError', code: 'BAD_OPTION' }),
      )
    })
  })

  it('has no data key in what it tells', async () => {
    const heard = listen()
    const keyring = world.keyring(EAST, cached())
    const { plaintext } = await generate(keyring)
    heard.stop()
    const told = JSON.stringify([heard, keyring.statistics(), keyring])
    expect(told).not.toContain(plaintext)
    expect(told).not.toContain(hex(Buffer.from(plaintext)))
  })
})
