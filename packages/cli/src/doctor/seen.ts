import type { GlobalSecondaryIndexDescription, TableDescription } from '@aws-sdk/client-dynamodb'
import type { KnownTable } from '@dynaseal/document-client/mapper'
import type { Failure } from './failure.js'

/** Public pairs. */
export type Context = Readonly<Record<string, string>>

/** All that the checks look at. */
export interface Seen {
  readonly clients: readonly SeenClient[]
  readonly keys: readonly SeenKey[]
  readonly tables: readonly SeenTable[]
  readonly searchKeys: readonly SeenSearchKey[]
  readonly beaconKeys: readonly SeenBeaconKey[]
}

/** A sealed client of the configuration. */
export interface SeenClient {
  readonly region: string
  readonly role: 'seal' | 'open' | 'both'
  /** By their names in DynamoDB. */
  readonly tables: ReadonlyMap<string, ClientTable>
  /** That its keyring asks first, if it is an MRK keyring and has one. */
  readonly ownRegion: string | undefined
  /** The regions of its key, in the order in which a keyring that has seen nothing yet would ask them. */
  readonly route: readonly string[]
  /** Whether its keyring is no MRK keyring, so that nothing is known of its regions. */
  readonly isOpaque: boolean
}

/** A table as a client of the configuration has it. */
export interface ClientTable {
  readonly known: KnownTable
  /** The names of the format's own attributes. */
  readonly attributes: readonly string[]
  /** Encryption context, without values of items; undefined where it depends on the item, and none could be read. */
  readonly context: Context | undefined
  /** The ids of the keys that it seals under (the first) and opens with. */
  readonly keyIds: readonly string[]
  /** Where a keyring that does not wrap under a KMS key itself made no data key, or did not get it back. */
  readonly lost: readonly { readonly region: string; readonly reason: string }[]
  /** The table of its branch keys, if it has some, and that table's regions. */
  readonly keyStore: KeyStore | undefined
}

export interface KeyStore {
  readonly tableName: string
  readonly regions: readonly string[]
  /** Undefined where the context names the branch key. */
  readonly branchKeyId: string | undefined
}

/** A multi-Region key. */
export interface SeenKey {
  /** `mrk-…` */
  readonly id: string
  readonly replicas: readonly SeenReplica[]
  /** By name: in which regions it is whose key's, as far as could be seen. */
  readonly aliases: ReadonlyMap<string, ReadonlyMap<string, string | undefined>>
}

/** One of the replicas that keyrings name. */
export interface SeenReplica {
  readonly region: string
  readonly arn: string
  readonly description: KeyFacts | undefined
  /** Why it was not described, where more than a permission is missing; nothing else was tried then. */
  readonly failure: Failure | undefined
  /** Of what only this command asks for: kms:DescribeKey and kms:ListAliases. */
  readonly notDescribed: readonly Failure[]
  /** What the application needs and did not get. */
  readonly uses: readonly FailedUse[]
  /** For which tables kms:Decrypt could not be tried, since nothing could be encrypted. */
  readonly unproven: readonly string[]
  /** Why what another replica encrypted does not open here. */
  readonly foreign?: { readonly from: string; readonly failure: Failure } | undefined
  /** Milliseconds of its quickest answer. */
  readonly ms: number | undefined
  readonly skewMs: number | undefined
  /** Milliseconds after which the keyring goes on to another region. */
  readonly attemptTimeout: number
}

/** Of `DescribeKey`. */
export interface KeyFacts {
  readonly state: string
  readonly usage: string
  readonly spec: string
  /** When it will be deleted, if it will. */
  readonly deletion: Date | undefined
  /** All that the key has, the primary first. */
  readonly replicas: readonly { readonly region: string; readonly arn: string }[]
}

export interface FailedUse {
  /** Logical name. */
  readonly table: string
  readonly context: Context
  readonly failure: Failure
}

/** A table in the region of one of the clients. */
export interface SeenTable {
  readonly region: string
  /** In DynamoDB. */
  readonly name: string
  readonly of: ClientTable
  readonly description: TableDescription | undefined
  /** Why it was not described. */
  readonly failure: Failure | undefined
  /** Of what only this command asks for. */
  readonly notDescribed: readonly Failure[]
  /** The attribute by which DynamoDB deletes items, if there is one. */
  readonly timeToLive: string | undefined
  /** Whether point-in-time recovery is on, as far as it could be seen. */
  readonly pointInTimeRecovery: boolean | undefined
  readonly skewMs: number | undefined
}

export type Index = Pick<GlobalSecondaryIndexDescription, 'IndexName' | 'KeySchema' | 'Projection'>

/** A search key, in one region. */
export interface SeenSearchKey {
  readonly version: number
  readonly context: Context
  /** Undefined where no key of the keyring is one that it says it is wrapped under. */
  readonly region: string | undefined
  /** Of the replica that was asked, where KMS was asked for it directly. */
  readonly arn: string | undefined
  /** The keys that it says it is wrapped under. */
  readonly wrappedUnder: readonly string[]
  /** Why it does not unwrap there. */
  readonly reason: string | undefined
}

/** The beacon key of a branch key, in one region. */
export interface SeenBeaconKey {
  readonly branchKeyId: string
  readonly region: string
  /** Why it does not unwrap there. */
  readonly reason: string | undefined
}
