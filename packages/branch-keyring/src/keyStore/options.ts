import type { DynamoDBClient } from '@aws-sdk/client-dynamodb'
import { MrkKeyringConfigError } from '@dynaseal/mrk-keyring'
import { checkRegions, mustBeFunction, refuseUnknown } from '@dynaseal/mrk-keyring/regional'

/** What is needed of a `DynamoDBClient`. */
export type DynamoDBSender = Pick<DynamoDBClient, 'send'>

/** The table that branch keys are kept in. */
export interface KeyStoreOptions {
  /** The table's name, in every region. */
  tableName: string
  /**
   * What every branch key is bound to, whatever the table is called; the table's name by default. Keep it when the table
   * is restored under another name.
   */
  logicalName?: string
  /** The regions that have a replica of the table; by default those of the KMS key. */
  regions?: string[]
  /**
   * Makes the DynamoDB client of a region, once per region. By default a `DynamoDBClient` that, for reading, does not
   * retry: the next region is asked instead.
   */
  client?: (region: string) => DynamoDBSender
}

/** @throws MrkKeyringConfigError `BAD_OPTION` */
export function checkKeyStoreOptions(options: KeyStoreOptions): void {
  if (typeof options !== 'object' || options === null)
    throw bad(
      "keyStore is missing or no object: give the table of the branch keys, keyStore: { tableName: 'branch-keys' }",
    )
  refuseUnknown('keyStore', options, ['tableName', 'logicalName', 'regions', 'client'])
  const { tableName, logicalName, regions, client } = options
  checkName('keyStore.tableName', tableName)
  if (logicalName !== undefined) checkName('keyStore.logicalName', logicalName)
  mustBeFunction(
    'keyStore.client',
    client,
    'that makes the DynamoDB client of a region, region => new DynamoDBClient({ region })',
  )
  if (regions === undefined) return
  checkRegions(regions)
  if (new Set(regions).size !== regions.length) throw bad('keyStore.regions names a region twice')
}

function checkName(option: string, value: unknown): void {
  if (typeof value !== 'string' || value === '')
    throw bad(`${option} is ${value === '' ? 'empty' : 'no text'}: give a name`)
}

function bad(message: string): MrkKeyringConfigError {
  return new MrkKeyringConfigError('BAD_OPTION', message)
}
