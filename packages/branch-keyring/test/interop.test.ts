import {
  AlgorithmSuiteIdentifier,
  buildClient,
  CommitmentPolicy,
  KeyringTraceFlag,
  MultiKeyringNode,
  NodeAlgorithmSuite,
} from '@aws-crypto/client-node'
import { NodeDecryptionMaterial, NodeEncryptionMaterial } from '@aws-crypto/material-management'
import { GetItemCommand } from '@aws-sdk/client-dynamodb'
import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest'
import { describeDynoxide } from '../../local-cloud/test/eachEngine.js'
import {
  CONTEXT,
  decrypt,
  EAST,
  generate,
  hex,
  startWorld,
  TABLE,
  TENANT,
  WEST,
  type World,
} from './world.js'

const client = buildClient(CommitmentPolicy.REQUIRE_ENCRYPT_REQUIRE_DECRYPT)

describeDynoxide('beside the hierarchical keyring of the AWS Encryption SDK for JavaScript', () => {
  let world: World
  beforeAll(async () => {
    world = await startWorld([EAST, WEST])
  })
  afterAll(() => world.stop())
  beforeEach(() => world.cloud.clearCalls())

  it('what ours wraps in one region opens with theirs in the other', async () => {
    const { plaintext, encryptedDataKeys } = await generate(world.keyring(EAST))
    expect(encryptedDataKeys).toHaveLength(1)
    expect(encryptedDataKeys[0]).toMatchObject({ providerId: 'aws-kms-hierarchy', providerInfo: TENANT })
    expect(await decrypt(world.stock(WEST), encryptedDataKeys)).toBe(plaintext)
  })

  it('what theirs wraps in one region opens with ours in the other', async () => {
    const { plaintext, encryptedDataKeys } = await generate(world.stock(EAST))
    expect(await decrypt(world.keyring(WEST), encryptedDataKeys)).toBe(plaintext)
  })

  it('whole messages go both ways, also signed ones', async () => {
    for (const suiteId of [
      AlgorithmSuiteIdentifier.ALG_AES256_GCM_IV12_TAG16_HKDF_SHA512_COMMIT_KEY,
      AlgorithmSuiteIdentifier.ALG_AES256_GCM_IV12_TAG16_HKDF_SHA512_COMMIT_KEY_ECDSA_P384,
    ]) {
      const encryptionContext = { ...CONTEXT, größe: 'é𝒳' }
      const ours = await client.encrypt(world.keyring(EAST), 'secret', { suiteId, encryptionContext })
      expect((await client.decrypt(world.stock(WEST), ours.result)).plaintext.toString()).toBe('secret')
      const theirs = await client.encrypt(world.stock(WEST), 'secret', { suiteId, encryptionContext })
      expect((await client.decrypt(world.keyring(EAST), theirs.result)).plaintext.toString()).toBe('secret')
    }
  })

  it('without an encryption context, too', async () => {
    const ours = await generate(world.keyring(EAST), {})
    expect(await decrypt(world.stock(EAST), ours.encryptedDataKeys, {})).toBe(ours.plaintext)
    const theirs = await generate(world.stock(EAST), {})
    expect(await decrypt(world.keyring(EAST), theirs.encryptedDataKeys, {})).toBe(theirs.plaintext)
  })

  it('with data keys of 16 and 24 bytes', async () => {
    for (const id of [
      AlgorithmSuiteIdentifier.ALG_AES128_GCM_IV12_TAG16,
      AlgorithmSuiteIdentifier.ALG_AES192_GCM_IV12_TAG16,
    ]) {
      const suite = new NodeAlgorithmSuite(id)
      const { encryptedDataKeys } = await world.keyring(EAST).onEncrypt(new NodeEncryptionMaterial(suite, {}))
      const opened = await world
        .stock(EAST)
        .onDecrypt(new NodeDecryptionMaterial(suite, {}), encryptedDataKeys)
      expect(opened.hasUnencryptedDataKey).toBe(true)
    }
  })

  it('a branch key that theirs made and rotated is read by ours, old versions as well', async () => {
    const store = world.stockStore(EAST)
    const branchKeyIdentifier = 'made-by-theirs'
    await store.createKey({ branchKeyIdentifier, encryptionContext: { purpose: 'test', größe: 'é𝒳' } })
    const old = await generate(world.stock(EAST, { branchKeyId: branchKeyIdentifier }))
    await store.versionKey({ branchKeyIdentifier })
    const recent = await generate(world.stock(EAST, { branchKeyId: branchKeyIdentifier }))
    await world.cloud.waitForReplication()
    const ours = world.keyring(WEST, { branchKeyId: branchKeyIdentifier })
    expect(await decrypt(ours, old.encryptedDataKeys)).toBe(old.plaintext)
    expect(await decrypt(ours, recent.encryptedDataKeys)).toBe(recent.plaintext)
    const mine = await generate(ours)
    expect(
      await decrypt(world.stock(EAST, { branchKeyId: branchKeyIdentifier }), mine.encryptedDataKeys),
    ).toBe(mine.plaintext)
    expect(new Set([old, recent, mine].map(versionOf)).size).toBe(2)
  })

  it('a branch key that ours made is rotated by theirs, and the other way round', async () => {
    const { administration } = world
    const branchKeyId = 'made-by-ours'
    await administration.createBranchKey({ branchKeyId, encryptionContext: { purpose: 'test' } })
    const store = world.stockStore(EAST)
    const first = await store.getActiveBranchKey(branchKeyId)
    expect(first.encryptionContext).toEqual({ purpose: 'test' })
    await store.versionKey({ branchKeyIdentifier: branchKeyId })
    const { version, rotated } = await administration.rotateBranchKey(branchKeyId)
    expect(rotated).toBe(true)
    await store.versionKey({ branchKeyIdentifier: branchKeyId })
    const versions = await administration.listVersions(branchKeyId)
    expect(versions).toHaveLength(4)
    for (const { version } of versions) {
      const material = await store.getBranchKeyVersion(branchKeyId, version)
      expect(material.encryptionContext).toEqual({ purpose: 'test' })
      expect(hex(material.branchKey())).toHaveLength(64)
    }
    const active = await store.getActiveBranchKey(branchKeyId)
    expect(active.branchKeyVersion.toString()).toBe(versions.find(({ active }) => active)!.version)
    expect(version).not.toBe(active.branchKeyVersion.toString())
  })

  it('rows of ours have the attributes of theirs, with the same types', async () => {
    await world.stockStore(EAST).createKey({
      branchKeyIdentifier: 'shape-theirs',
      encryptionContext: { purpose: 'test' },
    })
    await world.administration.createBranchKey({
      branchKeyId: 'shape-ours',
      encryptionContext: { purpose: 'test' },
    })
    for (const type of ['branch:ACTIVE', 'beacon:ACTIVE']) {
      const [theirs, ours] = await Promise.all(
        ['shape-theirs', 'shape-ours'].map(async id => {
          const Key = { 'branch-key-id': { S: id }, type: { S: type } }
          const { Item } = await world.dynamodb(EAST).send(new GetItemCommand({ TableName: TABLE, Key }))
          return Object.entries(Item!)
            .map(([name, value]) => `${name}: ${Object.keys(value)[0]}`)
            .sort()
        }),
      )
      expect(ours).toEqual(theirs)
    }
  })

  it('wraps a data key that another keyring of a multi keyring made', async () => {
    const both = new MultiKeyringNode({ generator: world.stock(EAST), children: [world.keyring(EAST)] })
    const { result } = await client.encrypt(both, 'secret', { encryptionContext: CONTEXT })
    expect((await client.decrypt(world.keyring(WEST), result)).plaintext.toString()).toBe('secret')
  })

  it('leaves the traces that theirs leaves', async () => {
    const suite = new NodeAlgorithmSuite(
      AlgorithmSuiteIdentifier.ALG_AES256_GCM_IV12_TAG16_HKDF_SHA512_COMMIT_KEY,
    )
    const flagsOf = async (keyring: ReturnType<World['stock']> | ReturnType<World['keyring']>) => {
      const encrypted = await keyring.onEncrypt(new NodeEncryptionMaterial(suite, {}))
      const decrypted = await keyring.onDecrypt(
        new NodeDecryptionMaterial(suite, {}),
        encrypted.encryptedDataKeys,
      )
      return [encrypted, decrypted].map(({ keyringTrace }) => ({
        flags: keyringTrace.reduce((all, { flags }) => all | flags, 0),
        names: new Set(keyringTrace.map(({ keyName, keyNamespace }) => `${keyNamespace} ${keyName}`)),
      }))
    }
    const theirs = await flagsOf(world.stock(EAST))
    expect(await flagsOf(world.keyring(EAST))).toEqual(theirs)
    expect(theirs[0]!.flags & KeyringTraceFlag.WRAPPING_KEY_GENERATED_DATA_KEY).not.toBe(0)
  })
})

function versionOf({ encryptedDataKeys: [key] }: Awaited<ReturnType<typeof generate>>): string {
  return hex(key!.encryptedDataKey.subarray(28, 44))
}
