import {
  AlgorithmSuiteIdentifier,
  EncryptedDataKey,
  KeyringTraceFlag,
  MultiKeyringNode,
  NodeAlgorithmSuite,
  NodeDecryptionMaterial,
  NodeEncryptionMaterial,
} from '@aws-crypto/client-node'
import {
  AwsKmsMrkAwareSymmetricDiscoveryKeyringNode,
  AwsKmsMrkAwareSymmetricKeyringNode,
} from '@aws-crypto/kms-keyring-node'
import {
  CreateKeyCommand,
  DecryptCommand,
  GenerateDataKeyCommand,
  KMS,
  KMSClient,
  ReplicateKeyCommand,
} from '@aws-sdk/client-kms'
import { MrkKeyring } from '@dynaseal/mrk-keyring'
import { startCloud } from './cloudProcess.mjs'
import { load } from './keyringLoad.mjs'

/** Regions and the latency that is injected in each, in milliseconds; the first is the process's own. */
export const LATENCIES = { 'us-east-1': 2, 'us-west-2': 60, 'eu-west-1': 140 }
export const REGIONS = Object.keys(LATENCIES)
export const [NEAREST, SECOND] = REGIONS
export const PROBE_INTERVAL = 1_000

const suite = new NodeAlgorithmSuite(
  AlgorithmSuiteIdentifier.ALG_AES256_GCM_IV12_TAG16_HKDF_SHA512_COMMIT_KEY,
)
const context = { 'dynaseal:table': 'customers' }

/** Starts the regions and a key in all of them. */
export async function startWorld() {
  const cloud = await startCloud({ regions: REGIONS })
  const { endpoint } = cloud
  const config = { endpoint, credentials: { accessKeyId: 'bench', secretAccessKey: 'bench' } }
  const admins = Object.fromEntries(REGIONS.map(region => [region, new KMSClient({ ...config, region })]))
  const admin = admins[NEAREST]
  const { KeyMetadata } = await admin.send(new CreateKeyCommand({ MultiRegion: true }))
  for (const ReplicaRegion of REGIONS.slice(1))
    await admin.send(new ReplicateKeyCommand({ KeyId: KeyMetadata.Arn, ReplicaRegion }))
  const arnIn = region => KeyMetadata.Arn.replace(NEAREST, region)
  for (const [region, delay] of Object.entries(LATENCIES))
    await cloud.fault(`latency of ${region}`, { region, kind: 'slow', delay })
  return {
    cloud,
    admin,
    adminIn: region => admins[region],
    arnIn,
    contestants: options => contestants(config, arnIn, options),
    stop: async () => {
      for (const client of Object.values(admins)) client.destroy()
      await cloud.stop()
    },
  }
}

/** Everything that is compared, with clients of its own each. */
function contestants(config, arnIn, options = {}) {
  const clients = Object.fromEntries(
    REGIONS.map(region => [region, new KMSClient({ ...config, region, maxAttempts: 1 })]),
  )
  const ours = new MrkKeyring({
    keyArns: REGIONS.map(arnIn),
    region: NEAREST,
    client: region => clients[region],
    breaker: { probeInterval: PROBE_INTERVAL },
    ...options,
  })
  // The most that the stock keyrings can do: one for each region, asked in turn; encrypting has no failover.
  const strict = REGIONS.map(
    region =>
      new AwsKmsMrkAwareSymmetricKeyringNode({
        client: new KMS({ ...config, region }),
        keyId: arnIn(region),
      }),
  )
  const discovery = REGIONS.map(
    region => new AwsKmsMrkAwareSymmetricDiscoveryKeyringNode({ client: new KMS({ ...config, region }) }),
  )
  // Set by prepare, which needs a region that works.
  const message = { edks: [] }
  const direct = new KMSClient({ ...config, region: NEAREST, maxAttempts: 1 })
  const second = new KMSClient({ ...config, region: SECOND, maxAttempts: 1 })
  return {
    decrypt: {
      ours: decryptWith(ours, message),
      strict: decryptWith(new MultiKeyringNode({ children: strict }), message),
      discovery: decryptWith(new MultiKeyringNode({ children: discovery }), message),
      direct: directDecrypt(direct, arnIn(NEAREST), message),
      'with materials': decryptIntoMaterial(directDecrypt(direct, arnIn(NEAREST), message)),
      second: directDecrypt(second, arnIn(SECOND), message),
    },
    encrypt: {
      ours: encryptWith(ours),
      strict: encryptWith(strict[0]),
      direct: directGenerate(direct, arnIn(NEAREST)),
      'with materials': generateIntoMaterial(directGenerate(direct, arnIn(NEAREST))),
      second: directGenerate(second, arnIn(SECOND)),
    },
    /** How our keyring would ask the regions for an operation now. */
    routes: operation => ours.routes(operation),
    /** Opens the connections of our keyring's client for the second region, past the keyring. */
    warmSecond: () => load(directGenerate(clients[SECOND], arnIn(SECOND)), { calls: 300 }),
    /** What was encrypted before anything broke. */
    prepare: async () => {
      const material = await strict[0].onEncrypt(new NodeEncryptionMaterial(suite, context))
      message.edks = material.encryptedDataKeys
    },
  }
}

function decryptWith(keyring, message) {
  return () => keyring.onDecrypt(new NodeDecryptionMaterial(suite, context), message.edks)
}

function encryptWith(keyring) {
  return () => keyring.onEncrypt(new NodeEncryptionMaterial(suite, context))
}

function directDecrypt(client, KeyId, message) {
  return () =>
    client.send(
      new DecryptCommand({
        KeyId,
        CiphertextBlob: message.edks[0].encryptedDataKey,
        EncryptionContext: context,
      }),
    )
}

function directGenerate(client, KeyId) {
  return () =>
    client.send(new GenerateDataKeyCommand({ KeyId, NumberOfBytes: 32, EncryptionContext: context }))
}

/** What every keyring has to do besides, whoever wrote it: the AWS Encryption SDK's materials. */
function decryptIntoMaterial(call) {
  const flags =
    KeyringTraceFlag.WRAPPING_KEY_DECRYPTED_DATA_KEY | KeyringTraceFlag.WRAPPING_KEY_VERIFIED_ENC_CTX
  return async () => {
    const material = new NodeDecryptionMaterial(suite, context)
    const { Plaintext, KeyId } = await call()
    return material.setUnencryptedDataKey(new Uint8Array(Plaintext), {
      keyNamespace: 'aws-kms',
      keyName: KeyId,
      flags,
    })
  }
}

function generateIntoMaterial(call) {
  const wrapped =
    KeyringTraceFlag.WRAPPING_KEY_ENCRYPTED_DATA_KEY | KeyringTraceFlag.WRAPPING_KEY_SIGNED_ENC_CTX
  const flags = KeyringTraceFlag.WRAPPING_KEY_GENERATED_DATA_KEY | wrapped
  return async () => {
    const material = new NodeEncryptionMaterial(suite, context)
    const { Plaintext, KeyId, CiphertextBlob } = await call()
    material.setUnencryptedDataKey(new Uint8Array(Plaintext), {
      keyNamespace: 'aws-kms',
      keyName: KeyId,
      flags,
    })
    return material.addEncryptedDataKey(
      new EncryptedDataKey({
        providerId: 'aws-kms',
        providerInfo: KeyId,
        encryptedDataKey: CiphertextBlob,
      }),
      wrapped,
    )
  }
}
