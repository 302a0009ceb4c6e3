import type { RegionClocks } from './clocks.js'
import type { Kept } from './disk/kept.js'
import { checkEngines, type EngineName, startEngines } from './dynamodb/engines.js'
import type { Lag } from './dynamodb/link.js'
import { DynamoDbService } from './dynamodb/service.js'
import { KmsService } from './kms/service.js'

export interface ServiceOptions {
  readonly regions: readonly string[]
  readonly clocks: RegionClocks
  readonly replicationLag: Lag
  /** Milliseconds that keys and tables take to be created, updated and deleted. */
  readonly settleDelay: number
  readonly engine: EngineName
  /** Of engines that somebody else runs, by region. */
  readonly urls: Readonly<Record<string, string>>
  readonly directory: string | undefined
}

export interface Services {
  readonly kms: KmsService
  readonly dynamodb: DynamoDbService
  /** Resolves when nothing is open any more. */
  stop(): Promise<void>
}

/** KMS and DynamoDB in all regions, as they were left in the directory if there is one. */
export async function startServices(options: ServiceOptions): Promise<Services> {
  const { regions, engine, directory } = options
  checkEngines(options)
  if (directory === undefined) return startWith(undefined, options)
  const { openKept } = await import('./disk/kept.js')
  const kept = await openKept(directory, regions, engine)
  try {
    const services = await startWith(kept, options)
    await kept.directory.claim()
    return services
  } catch (error) {
    await kept.directory.close()
    throw error
  }
}

async function startWith(kept: Kept | undefined, options: ServiceOptions): Promise<Services> {
  const { regions, clocks, replicationLag, settleDelay } = options
  const kms = new KmsService(regions, settleDelay, clocks, kept?.keys)
  await kms.load()
  const engines = await startEngines({ ...options, folder: kept?.directory.engineFolder })
  const { journal } = kept ?? {}
  const dynamodb = new DynamoDbService({ engines, replicationLag, settleDelay, clocks, journal })
  try {
    await dynamodb.restore()
  } catch (error) {
    await dynamodb.stop()
    throw error
  }
  return {
    kms,
    dynamodb,
    async stop() {
      kms.stop()
      await dynamodb.stop()
      await kept?.directory.close()
    },
  }
}
