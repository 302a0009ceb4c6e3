import { KMSClient } from '@aws-sdk/client-kms'
import type { KmsSender } from './kmsCalls.js'
import type { RoutingOptions } from './options.js'
import { oncePerRegion, RegionalService, type RegionalRequest as RequestOf } from './regionalService.js'
import type { Replica } from './replicas.js'

/** One KMS request, as it is sent to whichever region's turn it is. */
export type RegionalRequest<T> = RequestOf<T, KmsSender>

/** KMS in all regions of a key. */
export class RegionalKms extends RegionalService<KmsSender> {
  constructor(replicas: readonly Replica[], options: RoutingOptions) {
    super(replicas, options.client ?? defaultClient, options)
  }
}

/** Makes the client of a region when it is first needed, and that one from then on. */
export function clientPerRegion(
  make: (region: string) => KmsSender = defaultClient,
): (region: string) => KmsSender {
  return oncePerRegion(make)
}

// The keyring's failover is the retry: three attempts of the SDK in each region would triple the load on
// a region in trouble, and the time until the next one is asked.
function defaultClient(region: string): KMSClient {
  return new KMSClient({ region, maxAttempts: 1 })
}
