import {
  CreateKeyCommand,
  type CreateKeyCommandOutput,
  KMSClient,
  type KMSClientConfig,
  ReplicateKeyCommand,
} from '@aws-sdk/client-kms'
import { type LocalCloud, startLocalCloud } from '@dynaseal/local-cloud'

export const REGIONS = ['us-east-1', 'us-west-2', 'eu-west-1']

/** Regions over HTTP, and one multi-Region key with a replica in each. */
export interface KeyInRegions {
  cloud: LocalCloud
  arns: string[]
  arnIn(region: string): string
  client(region: string, config?: KMSClientConfig): KMSClient
  /** Regions in the order in which they got calls of `operation`. */
  asked(operation: string): string[]
  stop(): Promise<void>
}

export async function startKeyInRegions(regions = REGIONS): Promise<KeyInRegions> {
  const cloud = await startLocalCloud({ regions })
  const clients: KMSClient[] = []
  const client = (region: string, config: KMSClientConfig = {}) => {
    const made = new KMSClient({
      region,
      endpoint: cloud.endpoint,
      credentials: { accessKeyId: 'test', secretAccessKey: 'test' },
      maxAttempts: 1,
      ...config,
    })
    clients.push(made)
    return made
  }
  const [first, ...others] = regions as [string, ...string[]]
  const { KeyMetadata }: CreateKeyCommandOutput = await client(first).send(
    new CreateKeyCommand({ MultiRegion: true }),
  )
  const primary = KeyMetadata!.Arn!
  for (const ReplicaRegion of others)
    await client(first).send(new ReplicateKeyCommand({ KeyId: primary, ReplicaRegion }))
  cloud.clearCalls()
  const arnIn = (region: string) => primary.replace(`:${first}:`, `:${region}:`)
  return {
    cloud,
    arns: regions.map(arnIn),
    arnIn,
    client,
    asked: operation => cloud.calls({ service: 'kms', operation }).map(({ region }) => region),
    async stop() {
      for (const made of clients) made.destroy()
      await cloud.stop()
    },
  }
}
