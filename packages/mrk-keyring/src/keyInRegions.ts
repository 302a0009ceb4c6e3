import type { Operation } from './attempt.js'
import { checkOptions, type RoutingOptions } from './options.js'
import type { ReplicatedKey } from './parts.js'
import { clientPerRegion, RegionalKms } from './regionalKms.js'
import { resolveReplicas } from './replicas.js'
import type { Route } from './router.js'

export interface MrkKeyringOptions extends RoutingOptions {
  /** The ARN of every replica of one multi-Region key, or of any one of them together with `regions`. */
  keyArns: string[]
  /** The regions that hold a replica, where `keyArns` is a single ARN. */
  regions?: string[]
}

/** A multi-Region key, as the options of a keyring say, in all regions of its replicas. */
export class KeyInRegions {
  readonly kms: RegionalKms
  readonly #routing: RoutingOptions

  /** @throws MrkKeyringConfigError */
  constructor(options: MrkKeyringOptions) {
    checkOptions(options, ['keyArns', 'regions'])
    const { keyArns, regions, ...routing } = options
    this.#routing = { ...routing, client: clientPerRegion(routing.client) }
    this.kms = new RegionalKms(resolveReplicas(keyArns, regions), this.#routing)
  }

  get grantTokens(): readonly string[] | undefined {
    return this.#routing.grantTokens
  }

  routes(operation: Operation): Route[] {
    return this.kms.routes(operation)
  }

  /** For tools: see `@dynaseal/core/parts`. */
  parts(
    make: (options: MrkKeyringOptions) => ReturnType<ReplicatedKey['alone']>,
  ): { kind: 'mrk' } & ReplicatedKey {
    const { replicas, ownRegion, attemptTimeout, client } = this.kms
    return {
      kind: 'mrk',
      replicas,
      ownRegion,
      attemptTimeout,
      grantTokens: this.grantTokens,
      client,
      routes: () => this.routes('Decrypt'),
      alone: region => {
        const keyArns = replicas.filter(replica => replica.region === region).map(({ arn }) => arn)
        return make({ ...this.#routing, keyArns })
      },
    }
  }
}
