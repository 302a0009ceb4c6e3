import { DynamoDBClient } from '@aws-sdk/client-dynamodb'
import { KMSClient } from '@aws-sdk/client-kms'
import { type KmsSender, MrkKeyringConfigError, type Replica } from '@dynaseal/mrk-keyring'
import { mustBeFunction, oncePerRegion, refuseUnknown, resolveReplicas } from '@dynaseal/mrk-keyring/regional'
import type { KeyStoreLocation } from '../keyStore/keyStore.js'
import { checkKeyStoreOptions, type DynamoDBSender } from '../keyStore/options.js'

export interface KeyStoreAdministrationOptions
  extends Pick<KeyStoreLocation, 'keyArns' | 'regions' | 'keyStore' | 'client' | 'grantTokens'> {
  /**
   * The region in which everything is written, one of those of the table and of the key; by default that of the first key
   * ARN. Conditions see one region's replica alone, so that all operators should name the same.
   */
  home?: string
}

/** Who is asked where, for administration: one region for what is written, each for itself for what is checked. */
export interface Clients {
  readonly home: string
  readonly tableName: string
  readonly logicalName: string
  readonly grantTokens: string[] | undefined
  /** The replicas of the KMS key. */
  readonly keys: readonly Replica[]
  /** The regions of the table. */
  readonly tableRegions: readonly string[]
  /** The replica of the KMS key in the home region. */
  readonly homeKey: Replica
  kms(region: string): KmsSender
  dynamodb(region: string): DynamoDBSender
}

/** @throws MrkKeyringConfigError */
export function clientsOf(options: KeyStoreAdministrationOptions): Clients {
  if (typeof options !== 'object' || options === null)
    throw new MrkKeyringConfigError(
      'BAD_OPTION',
      "the options of the administration are missing: give an object, { keyArns: [...], keyStore: { tableName: 'branch-keys' } }",
    )
  refuseUnknown('the administration', options, [
    'keyArns',
    'regions',
    'keyStore',
    'client',
    'grantTokens',
    'home',
  ])
  mustBeFunction(
    'client',
    options.client,
    'that makes the KMS client of a region, region => new KMSClient({ region })',
  )
  const { keyStore } = options
  checkKeyStoreOptions(keyStore)
  const keys = resolveReplicas(options.keyArns, options.regions)
  const tableRegions = keyStore.regions ?? keys.map(({ region }) => region)
  const home = options.home ?? keys[0]!.region
  const homeKey = keys.find(({ region }) => region === home)
  if (homeKey === undefined || !tableRegions.includes(home))
    throw new MrkKeyringConfigError(
      'BAD_OPTION',
      `home is ${typeof home === 'string' ? JSON.stringify(home) : 'no text'}: give a region that holds a replica of the key and of the table`,
    )
  return {
    home,
    tableName: keyStore.tableName,
    logicalName: keyStore.logicalName ?? keyStore.tableName,
    grantTokens: options.grantTokens,
    keys,
    tableRegions,
    homeKey,
    // Those of the SDK, which retry: nobody waits for an operator's command as for an application's call.
    kms: oncePerRegion(options.client ?? (region => new KMSClient({ region }))),
    dynamodb: oncePerRegion(keyStore.client ?? (region => new DynamoDBClient({ region }))),
  }
}
