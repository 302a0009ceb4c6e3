import { MrkKeyringConfigError } from '@dynaseal/mrk-keyring'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { describeDynoxide } from '../../local-cloud/test/eachEngine.js'
import { decrypt, EAST, generate, rejection, startWorld, WEST, type World } from './world.js'

const MAX_AGE = 1_000
const A = { 'dynaseal:table': 'customers', tenant: 'a' }
const B = { 'dynaseal:table': 'customers', tenant: 'b' }

describeDynoxide('a branch key for each tenant', () => {
  let world: World
  let now = 0
  beforeAll(async () => {
    world = await startWorld([EAST, WEST])
    for (const branchKeyId of ['tenant-a', 'tenant-b'])
      await world.administration.createBranchKey({ branchKeyId })
    await world.cloud.waitForReplication()
  })
  afterAll(() => world.stop())
  afterEach(() => world.cloud.heal())

  const tenants = (region = EAST) =>
    world.keyring(region, {
      branchKeyId: ({ tenant }) => `tenant-${tenant}`,
      cache: { maxAge: MAX_AGE, now: () => now },
    })

  it('wraps what is of one tenant under that tenant’s, and unwraps it so', async () => {
    const keyring = tenants()
    const [a, b] = [await generate(keyring, A), await generate(keyring, B)]
    expect([a, b].map(({ encryptedDataKeys }) => encryptedDataKeys[0]!.providerInfo)).toEqual([
      'tenant-a',
      'tenant-b',
    ])
    const elsewhere = tenants(WEST)
    expect(await decrypt(elsewhere, a.encryptedDataKeys, A)).toBe(a.plaintext)
    expect(await decrypt(elsewhere, b.encryptedDataKeys, B)).toBe(b.plaintext)
    expect(await rejection(decrypt(elsewhere, a.encryptedDataKeys, B))).toMatchObject({
      code: 'NO_MATCHING_DATA_KEY',
    })
  })

  it('opens with the keyring of the AWS Encryption SDK and a supplier', async () => {
    const a = await generate(tenants(), A)
    expect(await decrypt(world.stock(WEST, { branchKeyId: 'tenant-a' }), a.encryptedDataKeys, A)).toBe(
      a.plaintext,
    )
  })

  it.each([
    ['nothing', undefined, 'undefined'],
    ['an empty id', '', '""'],
    ['a number', 7, 'number'],
    ['a lone surrogate', '\ud800', '"\\ud800"'],
  ])('is refused where the function returns %s, and says what it was given', async (_, id, said) => {
    const keyring = world.keyring(EAST, { branchKeyId: () => id as string })
    const error = await rejection(generate(keyring, A))
    expect(error).toMatchObject({ code: 'BAD_BRANCH_KEY_ID', permanent: true })
    expect(error.message).toContain(`returned ${said}`)
    expect(error.message).toContain('"dynaseal:table", "tenant"')
  })

  it('is refused with an option that there is not', () => {
    expect(() => world.keyring(EAST, { branchKey: 'a' } as object)).toThrow(MrkKeyringConfigError)
  })

  it.each([undefined, '', 7])('is refused as an option that is %s', id => {
    expect(() => world.keyring(EAST, { branchKeyId: id as string })).toThrow(MrkKeyringConfigError)
  })

  describe('that KMS denies for its encryption context', () => {
    it('wraps and unwraps nothing once what is cached has expired; the others go on; allowed again, it works', async () => {
      const keyring = tenants()
      const a = await generate(keyring, A)
      const b = await generate(keyring, B)
      // As a key policy would: Decrypt only where kms:EncryptionContext:branch-key-id is the other tenant's.
      for (const region of [EAST, WEST])
        world.cloud.fault({
          region,
          service: 'kms',
          kind: 'deny',
          unlessContext: { 'branch-key-id': 'tenant-b' },
        })
      expect(await decrypt(keyring, a.encryptedDataKeys, A)).toBe(a.plaintext)
      now += MAX_AGE
      const refused = { name: 'MrkKeyringError', code: 'REFUSED_EVERYWHERE', permanent: true }
      const calls = [generate(keyring, A), decrypt(keyring, a.encryptedDataKeys, A)]
      expect(await Promise.all(calls.map(rejection))).toMatchObject([refused, refused])
      expect(await decrypt(keyring, b.encryptedDataKeys, B)).toBe(b.plaintext)
      await generate(keyring, B)
      world.cloud.heal()
      now += 10_000
      expect(await decrypt(keyring, a.encryptedDataKeys, A)).toBe(a.plaintext)
    })
  })

  describe('that is disabled', () => {
    it('wraps nothing once what is cached has expired, and unwraps everything; enabled, it has a new version', async () => {
      const keyring = tenants()
      const a = await generate(keyring, A)
      expect(await world.administration.disableBranchKey('tenant-a')).toBe(true)
      expect(await world.administration.disableBranchKey('tenant-a')).toBe(false)
      await world.cloud.waitForReplication()
      await generate(keyring, A)
      now += MAX_AGE
      expect(await rejection(generate(keyring, A))).toMatchObject({ code: 'NO_BRANCH_KEY', permanent: true })
      expect(await decrypt(keyring, a.encryptedDataKeys, A)).toBe(a.plaintext)
      expect(await rejection(world.administration.rotateBranchKey('tenant-a'))).toMatchObject({
        code: 'NO_BRANCH_KEY',
        message: expect.stringContaining('enableBranchKey'),
      })
      expect(
        await rejection(world.administration.createBranchKey({ branchKeyId: 'tenant-a' })),
      ).toMatchObject({ code: 'NO_BRANCH_KEY', message: expect.stringContaining('enableBranchKey') })
      const { version, rotated } = await world.administration.enableBranchKey('tenant-a')
      expect(rotated).toBe(true)
      expect(await world.administration.enableBranchKey('tenant-a')).toEqual({
        branchKeyId: 'tenant-a',
        version,
        rotated: false,
      })
      now += 10_000
      const again = await generate(keyring, A)
      expect(await decrypt(world.stock(EAST, { branchKeyId: 'tenant-a' }), again.encryptedDataKeys, A)).toBe(
        again.plaintext,
      )
      expect(await decrypt(keyring, a.encryptedDataKeys, A)).toBe(a.plaintext)
    })
  })

  describe('that is destroyed', () => {
    it('opens nothing any more, in any region, once what is cached has expired, and the others go on', async () => {
      const { administration } = world
      await administration.createBranchKey({ branchKeyId: 'tenant-gone' })
      await administration.rotateBranchKey('tenant-gone')
      await world.cloud.waitForReplication()
      const GONE = { ...A, tenant: 'gone' }
      const [east, west] = [tenants(), tenants(WEST)]
      const gone = await generate(east, GONE)
      const b = await generate(east, B)
      expect(await decrypt(west, gone.encryptedDataKeys, GONE)).toBe(gone.plaintext)
      // The active version, two versions, the beacon key.
      expect(await administration.destroyBranchKey('tenant-gone')).toBe(4)
      expect(await administration.destroyBranchKey('tenant-gone')).toBe(0)
      await world.cloud.waitForReplication()
      // For as long as it is cached.
      expect(await decrypt(west, gone.encryptedDataKeys, GONE)).toBe(gone.plaintext)
      now += MAX_AGE
      for (const keyring of [east, west]) {
        expect(await rejection(generate(keyring, GONE))).toMatchObject({
          code: 'NO_BRANCH_KEY',
          permanent: true,
        })
        expect(await rejection(decrypt(keyring, gone.encryptedDataKeys, GONE))).toMatchObject({
          code: 'NO_BRANCH_KEY',
          permanent: true,
        })
        expect(await decrypt(keyring, b.encryptedDataKeys, B)).toBe(b.plaintext)
      }
      expect(await administration.listVersions('tenant-gone')).toEqual([])
      expect(await rejection(administration.rotateBranchKey('tenant-gone'))).toMatchObject({
        code: 'NO_BRANCH_KEY',
      })
      expect(await rejection(administration.enableBranchKey('tenant-gone'))).toMatchObject({
        code: 'NO_BRANCH_KEY',
      })
    })

    it('stays so though it is created again: what was wrapped under the old one is lost', async () => {
      const { administration } = world
      const context = { ...A, tenant: 'reborn' }
      await administration.createBranchKey({ branchKeyId: 'tenant-reborn' })
      const before = await generate(tenants(), context)
      await administration.destroyBranchKey('tenant-reborn')
      expect(await administration.createBranchKey({ branchKeyId: 'tenant-reborn' })).toMatchObject({
        created: true,
      })
      const keyring = tenants()
      await generate(keyring, context)
      expect(await rejection(decrypt(keyring, before.encryptedDataKeys, context))).toMatchObject({
        code: 'NO_BRANCH_KEY',
      })
    })
  })
})
