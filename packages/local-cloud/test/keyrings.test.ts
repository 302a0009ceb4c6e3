import { buildClient, CommitmentPolicy, type KeyringNode } from '@aws-crypto/client-node'
import {
  AwsKmsMrkAwareSymmetricDiscoveryKeyringNode,
  AwsKmsMrkAwareSymmetricKeyringNode,
} from '@aws-crypto/kms-keyring-node'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { type LocalCloud, startLocalCloud } from '../src/index.js'
import { createMultiRegionKey, kmsClient } from './clients.js'

const EAST = 'us-east-1'
const WEST = 'us-west-2'
const { encrypt, decrypt } = buildClient(CommitmentPolicy.REQUIRE_ENCRYPT_REQUIRE_DECRYPT)

let cloud: LocalCloud
let keyId: string

beforeAll(async () => {
  cloud = await startLocalCloud({ regions: [EAST, WEST] })
  keyId = await createMultiRegionKey(cloud, [EAST, WEST])
})

afterAll(() => cloud.stop())

const arn = (region: string) => `arn:aws:kms:${region}:000000000000:key/${keyId}`

const strict = (region: string) =>
  new AwsKmsMrkAwareSymmetricKeyringNode({ client: kmsClient(cloud, region), keyId: arn(region) })

const discovery = (region: string) =>
  new AwsKmsMrkAwareSymmetricDiscoveryKeyringNode({
    client: kmsClient(cloud, region),
    discoveryFilter: { partition: 'aws', accountIDs: ['000000000000'] },
  })

it.each<[string, (region: string) => KeyringNode]>([
  ['strict', strict],
  ['discovery', discovery],
])('the stock %s keyring of the AWS Encryption SDK opens here what was sealed there', async (_, keyring) => {
  const context = { tenant: 'acme' }
  const { result } = await encrypt(strict(EAST), 'secret', { encryptionContext: context })
  cloud.clearCalls()
  const { plaintext, messageHeader } = await decrypt(keyring(WEST), result)
  expect(plaintext.toString()).toBe('secret')
  expect(messageHeader.encryptionContext).toMatchObject(context)
  expect(cloud.calls()).toMatchObject([{ region: WEST, operation: 'Decrypt', status: 200, keyId: arn(WEST) }])
})
