import { DynamoDBClient } from '@aws-sdk/client-dynamodb'
import type { RoutingOptions } from '@dynaseal/mrk-keyring'
import {
  absentEverywhere,
  type CallLimits,
  decryptDataKey,
  type Failure,
  failure,
  idOf,
  isReplicaOf,
  type KmsAccess,
  RegionalKms,
  RegionalService,
  resolveReplicas,
} from '@dynaseal/mrk-keyring/regional'
import { BranchKeyError } from '../errors.js'
import { KEY_BYTES } from '../wrapping.js'
import { checkKeyStoreOptions, type DynamoDBSender, type KeyStoreOptions } from './options.js'
import { getRow, queryVersions } from './requests.js'
import { ACTIVE, BEACON, parseRow, type Row, VERSION_PREFIX } from './row.js'

/** Where branch keys are, and the multi-Region key that they are encrypted under. */
export interface KeyStoreLocation extends RoutingOptions {
  /** The ARN of every replica of one multi-Region key, or of any one of them together with `regions`. */
  keyArns: string[]
  /** The regions that hold a replica of the key, where `keyArns` is a single ARN. */
  regions?: string[]
  /** The table that the branch keys are kept in. */
  keyStore: KeyStoreOptions
}

/** A key store as tools see it. */
export interface KeyStoreParts {
  readonly tableName: string
  /** What its branch keys are bound to. */
  readonly logicalName: string
  readonly regions: readonly string[]
}

/** Versions of a branch key, by their UUIDs. Rows that cannot be read as one are left out. */
export type Versions = ReadonlyMap<string, Row>

/** What all regions together know of a branch key's versions. */
export interface AllVersions {
  readonly rows: Versions
  /** Whether a version that is not among them does not exist. */
  readonly complete: boolean
  /** Why not, where a region could not be asked; undefined where there are more than are read at once. */
  readonly error: unknown
}

/**
 * Reads branch keys: the rows from the nearest replica of the table that has them, the keys from the nearest region of
 * KMS. One deadline holds for both.
 */
export class KeyStore {
  readonly logicalName: string
  readonly #tableName: string
  readonly #table: RegionalService<DynamoDBSender>
  readonly #kms: RegionalKms
  readonly #grantTokens: readonly string[] | undefined

  /** @throws MrkKeyringConfigError for options that make no sense */
  constructor(options: KeyStoreLocation) {
    const { keyStore } = options
    checkKeyStoreOptions(keyStore)
    this.#tableName = keyStore.tableName
    this.logicalName = keyStore.logicalName ?? keyStore.tableName
    this.#kms = new RegionalKms(resolveReplicas(options.keyArns, options.regions), options)
    const regions = keyStore.regions ?? this.#kms.replicas.map(({ region }) => region)
    const replicas = regions.map(region => ({ region, arn: keyStore.tableName }))
    this.#table = new RegionalService(replicas, keyStore.client ?? defaultClient, options)
    this.#grantTokens = options.grantTokens
  }

  /** Of the KMS key. */
  get replicas() {
    return this.#kms.replicas
  }

  /** How KMS is asked. */
  get kmsAccess(): KmsAccess {
    const { ownRegion, attemptTimeout, client } = this.#kms
    return {
      ownRegion,
      attemptTimeout,
      grantTokens: this.#grantTokens,
      client,
      routes: () => this.#kms.routes('Decrypt'),
    }
  }

  get location(): KeyStoreParts {
    const regions = this.#table.replicas.map(({ region }) => region)
    return { tableName: this.#tableName, logicalName: this.logicalName, regions }
  }

  /** The regions of KMS and of the table, in the order in which they would be asked now, and why. */
  routes() {
    return { kms: this.#kms.routes('Decrypt'), keyStore: this.#table.routes('GetItem') }
  }

  /** When a call that begins now must end. */
  begin(): CallLimits {
    return this.#table.begin(undefined)
  }

  /**
   * @throws {BranchKeyError} `NO_BRANCH_KEY`, `BRANCH_KEY_REFUSED`
   * @throws MrkKeyringError where no region can say
   */
  activeRow(branchKeyId: string, limits: CallLimits): Promise<Row> {
    return this.#row(branchKeyId, ACTIVE, limits)
  }

  /** As {@link activeRow}. */
  versionRow(branchKeyId: string, version: string, limits: CallLimits): Promise<Row> {
    return this.#row(branchKeyId, VERSION_PREFIX + version, limits)
  }

  /** As {@link activeRow}. */
  beaconRow(branchKeyId: string, limits: CallLimits): Promise<Row> {
    return this.#row(branchKeyId, BEACON, limits)
  }

  /** The versions that the nearest region knows. */
  async versionsNearby(branchKeyId: string, limits: CallLimits): Promise<Versions> {
    const result = await this.#table.ask(queryVersions(branchKeyId), limits)
    if (!result.won) throw this.#failure('Query', result, limits)
    const rows = new Map<string, Row>()
    for (const item of result.answer.items) this.#collect(rows, item, branchKeyId)
    return rows
  }

  /** Asks each region once. */
  async allVersions(branchKeyId: string, limits: CallLimits): Promise<AllVersions> {
    const request = queryVersions(branchKeyId)
    const results = await Promise.all(
      this.#table.replicas.map(replica => this.#table.ask(request, limits, [replica])),
    )
    const rows = new Map<string, Row>()
    let complete = true
    let error: unknown
    for (const result of results) {
      if (!result.won || result.answer.cut) complete = false
      if (!result.won) error = this.#failure('Query', result, limits)
      else for (const item of result.answer.items) this.#collect(rows, item, branchKeyId)
    }
    return { rows, complete, error }
  }

  #collect(rows: Map<string, Row>, item: Parameters<typeof parseRow>[0], branchKeyId: string): void {
    try {
      const row = parseRow(item, this.logicalName)
      if (row.version !== undefined && row.branchKeyId === branchKeyId) rows.set(row.version, row)
    } catch (error) {
      // One row that somebody spoiled must not hide the others: asked for by itself, it says what is wrong with it.
      if (!(error instanceof BranchKeyError)) throw error
    }
  }

  async #row(branchKeyId: string, type: string, limits: CallLimits): Promise<Row> {
    const result = await this.#table.ask(getRow(branchKeyId, type), limits)
    if (!result.won) {
      if (result.ended === 'exhausted' && absentEverywhere(this.#table.replicas, result.attempts))
        throw absent(branchKeyId, type)
      throw this.#failure('GetItem', result, limits)
    }
    const row = parseRow(result.answer, this.logicalName)
    if (row.branchKeyId === branchKeyId && row.type === type) return row
    throw refused(branchKeyId, 'DynamoDB answered with another row than the one that was asked for')
  }

  #failure(operation: 'GetItem' | 'Query', result: Failure, limits: CallLimits) {
    return failure(operation, this.#tableName, this.#table, [result], limits)
  }

  /**
   * The key of a row. Only KMS can say that the row is what somebody with access to the KMS key made it.
   *
   * @throws {BranchKeyError} `BRANCH_KEY_REFUSED`
   * @throws MrkKeyringError where no region can decrypt it
   */
  async open(row: Row, limits: CallLimits): Promise<Uint8Array> {
    const { branchKeyId, kmsArn, encryptionContext, encryptedKey } = row
    if (!isReplicaOf(this.#kms.replicas[0]!, kmsArn))
      throw refused(
        branchKeyId,
        `it is encrypted under ${JSON.stringify(kmsArn)}, another key than ${idOf(this.#kms.replicas)}`,
      )
    const result = await this.#kms.ask(
      {
        operation: 'Decrypt',
        send: (client, arn, signal) =>
          decryptDataKey({
            client,
            arn,
            encryptionContext,
            grantTokens: this.#grantTokens,
            signal,
            encryptedDataKey: encryptedKey,
            length: KEY_BYTES,
          }),
        discard: late => void late.fill(0),
      },
      limits,
    )
    if (result.won) return result.answer
    const cause = failure('Decrypt', idOf(this.#kms.replicas), this.#kms, [result], limits)
    if (cause.code !== 'MESSAGE_REFUSED') throw cause
    throw refused(
      branchKeyId,
      'KMS does not open it: the row was changed, or it was made for another key store than ' +
        `${JSON.stringify(this.logicalName)} (the option keyStore.logicalName)`,
      cause,
    )
  }
}

export function absent(branchKeyId: string, type: string, permanent = true): BranchKeyError {
  return new BranchKeyError(
    'NO_BRANCH_KEY',
    `No region's key store has a row ${JSON.stringify(type)} of branch key ${JSON.stringify(branchKeyId)}: ` +
      'it was never created, or destroyed.',
    { permanent },
  )
}

function refused(branchKeyId: string, why: string, cause?: unknown): BranchKeyError {
  return new BranchKeyError(
    'BRANCH_KEY_REFUSED',
    `A row of branch key ${JSON.stringify(branchKeyId)} is refused: ${why}.`,
    { cause },
  )
}

// As for KMS: the next region is the retry.
function defaultClient(region: string): DynamoDBClient {
  return new DynamoDBClient({ region, maxAttempts: 1 })
}
