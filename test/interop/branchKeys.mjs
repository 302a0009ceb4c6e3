// Branch keys, and data keys under them, between Dynaseal and the AWS Cryptographic Material Providers Library for Python.
import { deepStrictEqual, strictEqual } from 'node:assert'
import { buildClient, CommitmentPolicy } from '@aws-crypto/client-node'
import { DynamoDBClient } from '@aws-sdk/client-dynamodb'
import { CreateKeyCommand, KMSClient, ReplicateKeyCommand } from '@aws-sdk/client-kms'
import { BranchKeyring, KeyStoreAdministration } from '@dynaseal/branch-keyring'
import { EngineUnavailableError, startLocalCloud } from '@dynaseal/local-cloud'
import { EAST, WEST } from './world.mjs'

const TABLE = 'branch-keys'
const LOGICAL_NAME = 'Schlüssel'
const CONTEXT = { 'dynaseal:table': 'customers', größe: 'é𝒳' }
const PLAINTEXTS = ['one', 'zwei é𝒳', '']
const client = buildClient(CommitmentPolicy.REQUIRE_ENCRYPT_REQUIRE_DECRYPT)

export async function useBranchKeys(python, check, environment) {
  if (!isRecent(python.version)) {
    console.log(`skipped, because aws-cryptographic-material-providers needs Python 3.11: branch keys`)
    return
  }
  const world = await startBranchKeys().catch(error => {
    if (!(error instanceof EngineUnavailableError)) throw error
    console.log(`skipped, because the key store is written in transactions: branch keys. ${error.message}`)
  })
  if (world === undefined) return
  try {
    await exchange(world, (region, request) => ask(python, world, region, request, environment), check)
  } finally {
    await world.stop()
  }
}

async function exchange({ administration, keyring, cloud }, theirs, check) {
  const context = { purpose: 'test', größe: 'é𝒳' }
  const encrypted = {}

  await check('a branch key of ours is used by theirs, in the other region', async () => {
    await administration.createBranchKey({ branchKeyId: 'ours', encryptionContext: context })
    await cloud.waitForReplication()
    encrypted.first = await theirs(WEST, {
      action: 'encrypt',
      branchKeyId: 'ours',
      plaintexts: PLAINTEXTS,
      context: CONTEXT,
    })
    deepStrictEqual(await decrypt(keyring(EAST, 'ours'), encrypted.first), PLAINTEXTS)
  })
  await check('what ours wraps, theirs unwraps, in the other region', async () => {
    const messages = await encrypt(keyring(EAST, 'ours'))
    deepStrictEqual(await theirs(WEST, { action: 'decrypt', branchKeyId: 'ours', messages }), PLAINTEXTS)
  })
  await check('theirs rotates a branch key of ours, and ours unwraps under both versions', async () => {
    await theirs(EAST, { action: 'rotate', branchKeyId: 'ours' })
    await cloud.waitForReplication()
    const messages = await encrypt(keyring(WEST, 'ours'))
    deepStrictEqual(await decrypt(keyring(WEST, 'ours'), [...encrypted.first, ...messages]), [
      ...PLAINTEXTS,
      ...PLAINTEXTS,
    ])
    deepStrictEqual(await theirs(EAST, { action: 'decrypt', branchKeyId: 'ours', messages }), PLAINTEXTS)
    strictEqual((await administration.listVersions('ours')).length, 2)
  })
  await check(
    'a branch key of theirs is used and rotated by ours, and theirs unwraps under both versions',
    async () => {
      await theirs(EAST, { action: 'create', branchKeyId: 'theirs', context })
      await cloud.waitForReplication()
      const before = await encrypt(keyring(WEST, 'theirs'))
      strictEqual((await administration.rotateBranchKey('theirs')).rotated, true)
      await cloud.waitForReplication()
      const after = await encrypt(keyring(WEST, 'theirs'))
      const messages = [...before, ...after]
      deepStrictEqual(await theirs(EAST, { action: 'decrypt', branchKeyId: 'theirs', messages }), [
        ...PLAINTEXTS,
        ...PLAINTEXTS,
      ])
    },
  )
  await check('every region can unwrap the branch keys of both', async () => {
    for (const branchKeyId of ['ours', 'theirs']) {
      const { ok, rows } = await administration.checkBranchKey(branchKeyId)
      strictEqual(ok, true)
      // The active version, two versions, the beacon key.
      strictEqual(rows.length, 2 * 4)
    }
  })
}

async function startBranchKeys() {
  const cloud = await startLocalCloud({ regions: [EAST, WEST], engine: 'dynoxide', replicationDelay: 1 })
  const config = region => ({
    region,
    endpoint: cloud.endpoint,
    credentials: { accessKeyId: 'local', secretAccessKey: 'local' },
  })
  const kms = new KMSClient(config(EAST))
  const { KeyMetadata } = await kms.send(new CreateKeyCommand({ MultiRegion: true }))
  await kms.send(new ReplicateKeyCommand({ KeyId: KeyMetadata.KeyId, ReplicaRegion: WEST }))
  kms.destroy()
  const arnIn = region => KeyMetadata.Arn.replace(EAST, region)
  const location = {
    keyArns: [EAST, WEST].map(arnIn),
    client: region => new KMSClient(config(region)),
    keyStore: {
      tableName: TABLE,
      logicalName: LOGICAL_NAME,
      client: region => new DynamoDBClient(config(region)),
    },
  }
  const administration = new KeyStoreAdministration(location)
  await administration.createTable()
  return {
    cloud,
    arnIn,
    administration,
    keyring: (region, branchKeyId) => new BranchKeyring({ ...location, region, branchKeyId }),
    stop: () => cloud.stop(),
  }
}

async function ask(python, { cloud, arnIn }, region, request, environment) {
  const whole = {
    endpoint: cloud.endpoint,
    region,
    keyArn: arnIn(region),
    table: TABLE,
    logicalName: LOGICAL_NAME,
    ...request,
  }
  const { code, stdout, stderr } = await python.run(
    'test/interop/hierarchical_keyring.py',
    [JSON.stringify(whole)],
    environment,
  )
  strictEqual(code, 0, stderr)
  return JSON.parse(stdout)
}

async function encrypt(keyring) {
  const messages = []
  for (const plaintext of PLAINTEXTS) {
    const { result } = await client.encrypt(keyring, plaintext, { encryptionContext: { ...CONTEXT } })
    messages.push(result.toString('base64'))
  }
  return messages
}

async function decrypt(keyring, messages) {
  const plaintexts = []
  for (const message of messages) {
    const { plaintext } = await client.decrypt(keyring, Buffer.from(message, 'base64'))
    plaintexts.push(plaintext.toString())
  }
  return plaintexts
}

function isRecent(version) {
  const [major, minor] = version.split('.').map(Number)
  return major > 3 || (major === 3 && minor >= 11)
}
