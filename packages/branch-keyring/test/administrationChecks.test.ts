import { DeleteItemCommand, GetItemCommand, PutItemCommand } from '@aws-sdk/client-dynamodb'
import { DisableKeyCommand, EnableKeyCommand } from '@aws-sdk/client-kms'
import { MrkKeyringConfigError } from '@dynaseal/mrk-keyring'
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest'
import { describeDynoxide } from '../../local-cloud/test/eachEngine.js'
import { KeyStoreAdministration, type KeyStoreAdministrationOptions } from '../src/index.js'
import {
  administrationOf,
  EAST,
  EU,
  rejection,
  startWorld,
  TABLE,
  TENANT,
  WEST,
  type World,
} from './world.js'

describeDynoxide('what the administration of a key store looks at, and refuses', () => {
  let world: World
  beforeAll(async () => {
    world = await startWorld([EAST, WEST, EU])
  })
  afterAll(() => world.stop())
  afterEach(() => world.cloud.heal())

  describe('lists the versions', () => {
    it('that the home region has, and none of what is not there', async () => {
      expect(await world.administration.listVersions('nobody')).toEqual([])
      const [version] = await world.administration.listVersions(TENANT)
      expect(version).toEqual({
        version: expect.stringMatching(/^[0-9a-f-]{36}$/),
        createTime: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}000Z$/),
        kmsArn: world.arnIn(EAST),
        active: true,
      })
    })
  })

  describe('takes no answer of KMS about another key than it asked about, and writes nothing', () => {
    it.each([
      ['GenerateDataKeyWithoutPlaintext', 'KeyId'],
      ['ReEncrypt', 'SourceKeyId'],
      ['ReEncrypt', 'KeyId'],
    ])('%s: %s', async (operation, member) => {
      const client = (region: string) => {
        const send = world.kms(region).send.bind(world.kms(region)) as (command: object) => Promise<object>
        return {
          send: async (command: object) => {
            const answer = await send(command)
            const isForged = command.constructor.name === `${operation}Command`
            return isForged ? { ...answer, [member]: world.arnIn(WEST) } : answer
          },
        } as never
      }
      const administration = administrationOf(world, TABLE, { client })
      const branchKeyId = `forged-${operation}-${member}`
      await expect(administration.createBranchKey({ branchKeyId })).rejects.toThrow(
        `KMS answered for ${world.arnIn(WEST)} where ${world.arnIn(EAST)} was asked.`,
      )
      expect(await administration.listVersions(branchKeyId)).toEqual([])
    })
  })

  describe('checks that every region can unwrap a branch key', () => {
    const failing = async (branchKeyId: string) => {
      const { ok, rows, unread } = await world.administration.checkBranchKey(branchKeyId)
      const wrong = rows.filter(({ ok }) => !ok)
      return { ok, unread, wrong: wrong.map(({ region, type, error }) => ({ region, type, error })) }
    }

    it('and says so', async () => {
      await world.cloud.waitForReplication()
      const { ok, rows, unread } = await world.administration.checkBranchKey(TENANT)
      expect(ok).toBe(true)
      expect(unread).toEqual([])
      expect(rows).toHaveLength(3 * 3)
      expect(new Set(rows.map(({ region }) => region))).toEqual(new Set([EAST, WEST, EU]))
    })

    it('and says in which one KMS does not', async () => {
      await world.kms(EU).send(new DisableKeyCommand({ KeyId: world.arnIn(EU) }))
      const { ok, wrong } = await failing(TENANT)
      await world.kms(EU).send(new EnableKeyCommand({ KeyId: world.arnIn(EU) }))
      expect(ok).toBe(false)
      expect(wrong).toHaveLength(3)
      for (const { region, error } of wrong) {
        expect(region).toBe(EU)
        expect(error).toMatchObject({ name: 'DisabledException' })
      }
    })

    it('and says which one lacks a row', async () => {
      world.cloud.fault({ kind: 'cut', between: [EAST, EU] })
      world.cloud.fault({ kind: 'cut', between: [WEST, EU] })
      const { version } = await world.administration.rotateBranchKey(TENANT)
      // The version arrives in the third region some time after the first has it.
      await vi.waitUntil(async () => (await failing(TENANT)).wrong.length === 1, { timeout: 30_000 })
      expect((await failing(TENANT)).wrong).toMatchObject([
        { region: EU, type: `branch:version:${version}`, error: { code: 'NO_BRANCH_KEY' } },
      ])
      world.cloud.heal()
      await world.cloud.waitForReplication()
      expect((await failing(TENANT)).ok).toBe(true)
    })

    it('and says which one could not be read', async () => {
      world.cloud.fault({ region: WEST, service: 'dynamodb', kind: 'deny' })
      expect(await failing(TENANT)).toMatchObject({
        ok: false,
        wrong: [],
        unread: [{ region: WEST, error: { name: 'AccessDeniedException' } }],
      })
    })

    it('and says which row was changed', async () => {
      await world.administration.createBranchKey({ branchKeyId: 'changed' })
      const Key = { 'branch-key-id': { S: 'changed' }, type: { S: 'branch:ACTIVE' } }
      const { Item } = await world.dynamodb(EAST).send(new GetItemCommand({ TableName: TABLE, Key }))
      const changed = { ...Item, 'create-time': { S: '2020-01-01T00:00:00.000000Z' } }
      await world.dynamodb(EAST).send(new PutItemCommand({ TableName: TABLE, Item: changed }))
      await world.cloud.waitForReplication()
      const { wrong } = await failing('changed')
      expect(wrong.map(({ region, type }) => `${region} ${type}`).sort()).toEqual(
        [EAST, WEST, EU].map(region => `${region} branch:ACTIVE`).sort(),
      )
      await world.dynamodb(EAST).send(new DeleteItemCommand({ TableName: TABLE, Key }))
    })

    it('but not one that is nowhere', async () => {
      expect(await rejection(world.administration.checkBranchKey('nobody'))).toMatchObject({
        code: 'NO_BRANCH_KEY',
      })
    })
  })

  describe('is refused', () => {
    it.each([
      ['without a table name', { keyStore: { tableName: '' } }],
      ['with an empty logical name', { keyStore: { tableName: 'a', logicalName: '' } }],
      ['with no region', { keyStore: { tableName: 'a', regions: [] } }],
      ['with a region twice', { keyStore: { tableName: 'a', regions: [EAST, EAST] } }],
      ['with a home that has no table', { home: WEST, keyStore: { tableName: 'a', regions: [EAST] } }],
      ['with a home that has no key', { home: 'sa-east-1' }],
      ['without a key', { keyArns: [] }],
      ['with a region that is none', { keyStore: { tableName: 'a', regions: ['x y'] } }],
      ['with an option that there is not', { hom: EAST }],
      ['with an option of the key store that there is not', { keyStore: { tableName: 'a', name: 'b' } }],
      ['with a client that is no function', { keyStore: { tableName: 'a', client: {} } }],
      ['with a KMS client that is no function', { client: {} }],
      ['with a table name that is no text', { keyStore: { tableName: 1n } }],
      ['with a home that is no text', { home: 1n }],
      ['without a key store', { keyStore: undefined }],
    ] as unknown as [string, Partial<KeyStoreAdministrationOptions>][])('%s', (_, changes) => {
      expect(() => administrationOf(world, 'a', changes)).toThrow(MrkKeyringConfigError)
    })

    it('when there are none', () => {
      expect(() => new KeyStoreAdministration(undefined as never)).toThrow(MrkKeyringConfigError)
    })

    it.each<[string, unknown]>([
      ['a text', 'tenant-acme'],
      ['nothing but null', null],
      ['another name', { id: 'tenant-acme' }],
    ])('when the id of a new branch key is given as %s', async (_, given) => {
      const creating = administrationOf(world, TABLE).createBranchKey(given as { branchKeyId: string })
      await expect(creating).rejects.toThrow(MrkKeyringConfigError)
    })

    it.each(['', 7, '\ud800'])('for the branch key id %j', async id => {
      expect(await rejection(world.administration.rotateBranchKey(id as string))).toBeInstanceOf(
        MrkKeyringConfigError,
      )
    })
  })
})
