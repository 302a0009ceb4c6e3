import { timingSafeEqual } from 'node:crypto'
import {
  type CallOptions,
  SearchError,
  type TokenClaim,
  type TokenDefinition,
  type TokenFit,
  type TokenMaker,
  type TokenSubject,
  type TokenUse,
  type VersionedToken,
} from '@dynaseal/core'
import { nextSlice, sliceIsOver } from '@dynaseal/core/formats'
import { type BeaconParts, tellParts } from '@dynaseal/core/parts'
import { type Beacon, beaconFault, beaconName } from './beacon.js'
import { beaconBytes, searchedBytes, textOf } from './beaconBytes.js'
import { type BeaconKeySource, type HmacKeys, withHmacKeys } from './beaconKeys.js'
import { beaconText, isBeacon } from './hash.js'
import { type BeaconOptions, checkedTables, type TableBeacons } from './options.js'
import { partitionOf } from './partitions.js'

/**
 * The beacons of the AWS Database Encryption SDK, as the search tokens of a sealed client: standard beacons, also of sets and of
 * virtual fields. They are stored, found and compared as any search token; the attribute of one is called `aws_dbe_b_` and the
 * beacon's name, and its number of bits is the beacon's length.
 *
 * @throws {ConfigurationError} `invalid-option`
 * @example
 * const client = sealDocumentClient(documentClient, {
 *   format: dbEsdkFormat({ keyring }),
 *   search: createBeacons({ keyring, branchKeyId: 'customers' }),
 * })
 * client.declare({ table, key: ['id'], encrypted: ['email'], tokens: { aws_dbe_b_email: { of: 'email', bits: 32 } } })
 */
export function createBeacons(options: BeaconOptions): Beacons {
  return new Beacons(options)
}

/** Made by {@link createBeacons}. */
export class Beacons implements TokenMaker {
  readonly #source: BeaconKeySource
  readonly #branchKeyId: string | undefined
  readonly #keyFieldName: string | undefined
  readonly #tables: ReadonlyMap<string, TableBeacons>
  /** That which was computed last of a definition. */
  readonly #beacons = new WeakMap<TokenDefinition, Beacon & Pick<TokenSubject, 'table' | 'attribute'>>()

  constructor(options: BeaconOptions) {
    this.#tables = checkedTables(options)
    this.#source = options.keyring
    this.#branchKeyId = options.branchKeyId
    this.#keyFieldName = options.keyFieldName
    const { keyring: beaconKeys, branchKeyId, keyFieldName } = options
    const parts: BeaconParts = {
      // Of the key store it is read only.
      beaconKeys: beaconKeys as BeaconParts['beaconKeys'],
      branchKeyId,
      keyFieldName,
    }
    tellParts(this, () => parts)
  }

  faultOf(use: TokenUse, others: readonly TokenUse[]): string | undefined {
    return beaconFault(use, others, this.#tables.get(use.table)?.shared ?? {}, this.#keyFieldName)
  }

  /**
   * Of an item that is in a partition: `key`, its primary key, is needed.
   *
   * @throws {SearchError} and nothing is returned, when any one has none
   * @throws the reason of `options.signal`, when that fires
   */
  write(subjects: readonly TokenSubject[], { signal }: CallOptions = {}): Promise<(readonly string[])[]> {
    return this.#with(subjects, { signal, forWriting: true }, (subject, beacon, keys) => {
      const { most, partitions, length, keyName } = beacon
      const partition = most === 1 ? 0 : partitionOf(keys.ofPartitions, keyOf(subject), most)
      const key = keys.ofBeacon(keyName)
      const texts = beaconBytes(subject.definition, subject.values).map(bytes =>
        beaconText(key, bytes, length, partition % partitions),
      )
      return texts.length === 1 ? texts : [...new Set(texts)].sort()
    })
  }

  /**
   * A virtual field has no value where a part is absent; but the releases take the parts in their order, and refuse to write an item
   * in which one before that is no text (aws-database-encryption-sdk-dynamodb, Virtual.dfy, GetVirtField2).
   *
   * @throws {SearchError} `invalid-value`
   */
  checkIncomplete(subject: TokenSubject): void {
    try {
      for (const value of subject.values) textOf(value)
    } catch (error) {
      throw placed(error, subject)
    }
  }

  /**
   * One for each partition, which is the version of it.
   *
   * @throws {SearchError} and nothing is returned, when any one has none
   * @throws the reason of `options.signal`, when that fires
   */
  find(subjects: readonly TokenSubject[], { signal }: CallOptions = {}): Promise<VersionedToken[][]> {
    return this.#with(subjects, { signal, forWriting: false }, (subject, beacon, keys) => {
      const bytes = searchedBytes(subject.definition, subject.values)
      const key = keys.ofBeacon(beacon.keyName)
      const tokens = new Map<string, VersionedToken>()
      for (let version = 0; version < beacon.partitions; version++) {
        const token = beaconText(key, bytes, beacon.length, version)
        if (!tokens.has(token)) tokens.set(token, { token, version })
      }
      return [...tokens.values()]
    })
  }

  /**
   * A single beacon is compared in constant time, those of members together.
   *
   * @throws {SearchError} `key-unavailable` or `invalid-location`; never for what is stored
   * @throws the reason of `options.signal`, when that fires
   */
  check(claims: readonly TokenClaim[], { signal }: CallOptions = {}): Promise<TokenFit[]> {
    return this.#with(claims, { signal, forWriting: false }, (claim, beacon, keys): TokenFit => {
      const { definition, values, stored } = claim
      const { length, partitions, keyName } = beacon
      const isOne = definition.members || stored.length === 1
      if (!isOne || !stored.every(each => isBeacon(each, length))) return { fits: false, reason: 'malformed' }
      const bytes = bytesIfAny(() => beaconBytes(definition, values))
      const key = keys.ofBeacon(keyName)
      const sorted = [...new Set(stored as readonly string[])].sort()
      for (let partition = 0; bytes !== undefined && partition < partitions; partition++) {
        const texts = bytes.map(each => beaconText(key, each, length, partition))
        const expected = [...new Set(texts)].sort()
        if (isSame(sorted, expected)) return { fits: true, versions: [partition], current: true }
      }
      return { fits: false, reason: 'other-value' }
    })
  }

  async #with<T extends TokenSubject, R>(
    subjects: readonly T[],
    options: CallOptions & { readonly forWriting: boolean },
    work: (subject: T, beacon: Beacon, keys: HmacKeys) => R,
  ): Promise<R[]> {
    options.signal?.throwIfAborted()
    const beacons: Beacon[] = []
    const ids: string[] = []
    for (const subject of subjects) {
      try {
        beacons.push(this.#beaconOf(subject))
        ids.push(this.#branchKeyOf(subject))
      } catch (error) {
        throw placed(error, subject)
      }
    }
    return withHmacKeys(this.#source, new Set(ids), options, async keys => {
      const results: R[] = []
      for (const [index, subject] of subjects.entries()) {
        while (sliceIsOver()) await nextSlice()
        const ofSubject = keys.get(ids[index]!)!
        try {
          results.push(work(subject, beacons[index]!, ofSubject))
        } catch (error) {
          throw placed(error, subject)
        }
      }
      return results
    })
  }

  #branchKeyOf({ tenant }: TokenSubject): string {
    if (this.#branchKeyId !== undefined && tenant === undefined) return this.#branchKeyId
    if (this.#branchKeyId === undefined && typeof tenant === 'string' && tenant !== '') return tenant
    throw new SearchError(
      'invalid-location',
      this.#branchKeyId === undefined
        ? `no tenant was given, which has to be what ${this.#keyFieldName} has: the id of a branch key.`
        : 'a tenant was given, and all beacons have the key of one branch key.',
    )
  }

  #beaconOf({ table, attribute, definition }: TokenSubject): Beacon {
    const known = this.#beacons.get(definition)
    if (known?.table === table && known.attribute === attribute) return known
    const name = beaconName(attribute)
    const { bits: length } = definition
    const use = { table, attribute: attribute ?? [], definition, encrypted: [] }
    const fault = beaconFault(use, [], {}, undefined)
    if (name === undefined || fault !== undefined) throw new SearchError('invalid-location', `${fault}.`)
    const { shared = {}, ...own } = this.#tables.get(table) ?? {}
    const { maximumNumberOfPartitions: most = 1, defaultNumberOfPartitions = most } = own
    const { numberOfPartitions = {} } = own
    const beacon = {
      table,
      attribute,
      keyName: Object.hasOwn(shared, name) ? shared[name]! : name,
      length,
      most,
      partitions: Object.hasOwn(numberOfPartitions, name)
        ? numberOfPartitions[name]!
        : defaultNumberOfPartitions,
    }
    this.#beacons.set(definition, beacon)
    return beacon
  }
}

function keyOf({ key }: TokenSubject): NonNullable<TokenSubject['key']> {
  if (key !== undefined) return key
  throw new SearchError(
    'invalid-location',
    'its item is in a partition, which the primary key decides, and no key was given.',
  )
}

function bytesIfAny(make: () => Buffer[]): Buffer[] | undefined {
  try {
    return make()
  } catch (error) {
    // What has no beacon has none that fits.
    if (error instanceof SearchError) return undefined
    throw error
  }
}

function isSame(stored: readonly string[], expected: readonly string[]): boolean {
  const [one, other] = [stored.join(), expected.join()].map(text => Buffer.from(text, 'latin1')) as [
    Buffer,
    Buffer,
  ]
  return one.length === other.length && timingSafeEqual(one, other)
}

/** Errors that are not ours may quote what they tripped over, so nothing of them is passed on. */
function placed(error: unknown, { definition, table, keyNames = [] }: TokenSubject): SearchError {
  const place = { table: String(table), keyNames, path: definition.paths.at(-1)! }
  if (error instanceof SearchError) return error.at(place)
  return new SearchError('invalid-value', 'the value could not be read. Is it a plain attribute value?').at(
    place,
  )
}
