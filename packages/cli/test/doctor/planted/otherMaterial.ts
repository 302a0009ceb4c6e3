import { KMS } from '@aws-sdk/client-kms'
import { startLocalCloud } from '@dynaseal/local-cloud'
import { WEST } from '../setUp.js'

/** A key of the same id and other material takes a second cloud: in one, replicas always agree. */
export async function otherMaterial(keyId: string) {
  const cloud = await startLocalCloud({
    regions: [WEST],
    keys: ['alias/people', 'alias/others'].map((AliasName, i) =>
      i === 0 ? { AliasName, KeyId: keyId, MultiRegion: true } : { AliasName },
    ),
  })
  const credentials = { accessKeyId: 'test', secretAccessKey: 'test' }
  const client = (region: string) =>
    new KMS({ region, endpoint: cloud.endpoint, credentials, maxAttempts: 1 })
  return { client, stop: () => cloud.stop() }
}
