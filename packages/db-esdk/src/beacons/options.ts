import { ConfigurationError } from '@dynaseal/core'
import { checkOptions } from '@dynaseal/core/formats'
import type { BeaconKeySource } from './beaconKeys.js'

/** What is not said where a beacon's attribute is declared. The names are those of the AWS Database Encryption SDK. */
export interface TableBeacons {
  /** Beacons with the key of another one, by name: equal values then have equal beacons. Default: none. */
  readonly shared?: Readonly<Record<string, string>>
  /** Of how many partitions an item is in one. Only some releases of the SDK know partitions. 1 to 255, default 1. */
  readonly maximumNumberOfPartitions?: number
  /** How many partitions a beacon tells apart. Default: all. */
  readonly defaultNumberOfPartitions?: number
  /** The same by the name of a beacon: those that are constrained. */
  readonly numberOfPartitions?: Readonly<Record<string, number>>
}

export interface BeaconOptions {
  /** What has the beacon keys: the `BranchKeyring` of the format, or another one with the same key store. */
  readonly keyring: BeaconKeySource
  /** The branch key whose beacon key all beacons are computed with: a single key store. */
  readonly branchKeyId?: string
  /**
   * In its place, the attribute of items that has the id of their branch key: a multi key store. It is then the `tenant` of
   * each beacon.
   */
  readonly keyFieldName?: string
  /** By logical table name. Default: beacons of their own keys, no partitions. */
  readonly tables?: Readonly<Record<string, TableBeacons>>
}

/** Most partitions: their number is a byte. */
const MAX_PARTITIONS = 255

const OPTIONS = Object.keys({
  keyring: true,
  branchKeyId: true,
  keyFieldName: true,
  tables: true,
} satisfies Record<keyof BeaconOptions, true>)

const TABLE_OPTIONS = Object.keys({
  shared: true,
  maximumNumberOfPartitions: true,
  defaultNumberOfPartitions: true,
  numberOfPartitions: true,
} satisfies Record<keyof TableBeacons, true>)

const COMPOUND = ['compoundBeacons', 'encryptedParts', 'signedParts']
const ELSEWHERE = ['standardBeacons', 'virtualFields']

/** A copy of the tables. @throws {ConfigurationError} `invalid-option` */
export function checkedTables(options: BeaconOptions): ReadonlyMap<string, TableBeacons> {
  refuseOthers(options)
  checkOptions(undefined, options, OPTIONS)
  const { keyring, branchKeyId, keyFieldName, tables = {} } = options
  if (typeof keyring?.beaconKey !== 'function')
    throw invalid('The option keyring must have beacon keys: give a BranchKeyring.')
  if ((branchKeyId === undefined) === (keyFieldName === undefined))
    throw invalid('Give either branchKeyId, for one branch key, or keyFieldName, for one by item.')
  for (const [option, name] of Object.entries({ branchKeyId, keyFieldName }))
    if (name !== undefined && !isName(name))
      throw invalid(`The option ${option} must be a text that is not empty.`)
  checkOptions('tables', tables)
  return new Map(Object.entries(tables).map(([name, table]) => [name, checkedTable(name, table)]))
}

function checkedTable(name: string, table: TableBeacons): TableBeacons {
  refuseOthers(table)
  checkOptions(`tables.${name}`, table, TABLE_OPTIONS)
  const { shared = {}, maximumNumberOfPartitions: most = 1, numberOfPartitions = {} } = table
  checkOptions(`tables.${name}.shared`, shared)
  checkOptions(`tables.${name}.numberOfPartitions`, numberOfPartitions)
  for (const [beacon, other] of Object.entries(shared)) {
    if (!isName(other))
      throw invalid(`Beacon ${beacon} of table ${name} must be shared with the name of a beacon.`)
    if (other === beacon) throw invalid(`Beacon ${beacon} of table ${name} is shared with itself.`)
    if (Object.hasOwn(shared, other))
      throw invalid(
        `Beacon ${beacon} of table ${name} is shared with ${other}, which is shared with ${shared[other]}. Share both with that.`,
      )
  }
  if (!isCount(most, MAX_PARTITIONS))
    throw invalid(
      `maximumNumberOfPartitions of table ${name} must be an integer from 1 to ${MAX_PARTITIONS}.`,
    )
  const { defaultNumberOfPartitions = most } = table
  for (const [what, count] of [
    ['defaultNumberOfPartitions', defaultNumberOfPartitions],
    ...Object.entries(numberOfPartitions),
  ] as const) {
    if (!isCount(count, most))
      throw invalid(
        `The number of partitions of ${what} of table ${name} must be an integer from 1 to its maximumNumberOfPartitions, ${most}.`,
      )
  }
  return { ...table, shared: { ...shared }, numberOfPartitions: { ...numberOfPartitions } }
}

/** Options of the SDK that somebody may look for here. */
function refuseOthers(options: object): void {
  const names = Object.keys(Object(options))
  const compound = names.find(name => COMPOUND.includes(name))
  if (compound !== undefined)
    throw invalid(
      `There is no option ${compound}: compound beacons, and beacons of signed attributes alone, are neither written nor searched. They are compared by beginnings and by order, and what is found by a search token is compared by equality. A token of several attributes finds them together; it is a virtual field to the SDK.`,
    )
  const elsewhere = names.find(name => ELSEWHERE.includes(name))
  if (elsewhere !== undefined)
    throw invalid(
      `There is no option ${elsewhere}: beacons are declared where the attributes of a table are, as token attributes that are stored as aws_dbe_b_ and the name of the beacon.`,
    )
}

function isName(name: unknown): name is string {
  return typeof name === 'string' && name !== '' && name.isWellFormed()
}

function isCount(count: unknown, most: number): boolean {
  return Number.isInteger(count) && (count as number) >= 1 && (count as number) <= most
}

function invalid(message: string): ConfigurationError {
  return new ConfigurationError('invalid-option', message)
}
