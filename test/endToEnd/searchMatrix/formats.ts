// What stores the items, and what makes the tokens.
import { DynamoDBClient } from '@aws-sdk/client-dynamodb'
import { DecryptCommand, type DecryptCommandOutput, KMSClient } from '@aws-sdk/client-kms'
import { BranchKeyring, KeyStoreAdministration } from '@dynaseal/branch-keyring'
import { createSearchKey, createSearchTokens } from '@dynaseal/core'
import { createBeacons, dbEsdkFormat } from '@dynaseal/db-esdk'
import type { SealOptions } from '@dynaseal/document-client'
import { beaconMaker, type CutMaker, tokenMaker } from '../../support/scanner/hmacs.js'
import { createWorld, EAST, WEST, type World } from '../../support/world.js'
import type { Place } from './places.js'

export interface SearchWorld extends World {
  readonly searchKey: Uint8Array
  /** Of the search key. */
  readonly dataKey: Uint8Array
  readonly beaconKey: Uint8Array
  branchKeyring(region: string): BranchKeyring
}

export interface FormatCase {
  readonly name: string
  /** How what is searched is spelled before it becomes a token; absent where it has one spelling. */
  readonly normalize?: 'lowerCase'
  /** Whether items are sealed as wholes, and whether these are updated nevertheless. */
  readonly isWhole: boolean
  readonly updates?: 'read-change-write'
  readonly makes: 'tokens' | 'beacons'
  /** The name of the token's attribute, where it is no key of the table. */
  readonly token: string
  options(world: SearchWorld, region: string): SealOptions
  maker(world: SearchWorld, table: string, place: Place): CutMaker
}

const tokensIn = (world: SearchWorld, region: string) => ({
  search: createSearchTokens({ keyring: world.keyring(region), writeWith: world.searchKey }),
})
const tokens = {
  makes: 'tokens',
  token: 'emailToken',
  normalize: 'lowerCase',
  maker: ({ dataKey }, table, { bits }) =>
    tokenMaker(dataKey, { table, attribute: 'email', bits: bits.tokens }),
} as const satisfies Partial<FormatCase>
const wholeWithTokens = {
  ...tokens,
  isWhole: true,
  options: (world: SearchWorld, region: string) => ({
    ...tokensIn(world, region),
    format: dbEsdkFormat({ keyring: world.keyring(region), algorithmSuite: '0x6700' }),
  }),
} as const
const beacons = {
  makes: 'beacons',
  token: 'aws_dbe_b_email',
  isWhole: true,
  options: (world: SearchWorld, region: string) => {
    const keyring = world.branchKeyring(region)
    return {
      format: dbEsdkFormat({ keyring, algorithmSuite: '0x6700' }),
      search: createBeacons({ keyring, branchKeyId: BRANCH_KEY }),
    }
  },
  maker: ({ beaconKey }, _, { bits }) => beaconMaker(beaconKey, { name: 'email', bits: bits.beacons }),
} as const satisfies Partial<FormatCase>
const updates = 'read-change-write' as const

export const fieldFormats: readonly FormatCase[] = (['message', 'envelope'] as const).map(format => ({
  ...tokens,
  name: format === 'message' ? 'format 1' : 'format 2',
  isWhole: false,
  options: (world, region) => ({ ...tokensIn(world, region), keyring: world.keyring(region), format }),
}))
export const itemFormats: readonly FormatCase[] = [
  { ...wholeWithTokens, name: 'items of the Database Encryption SDK' },
  {
    ...wholeWithTokens,
    name: 'items of the Database Encryption SDK, which are read, changed and written',
    updates,
    options: (world, region) => ({ ...wholeWithTokens.options(world, region), updates }),
  },
]
export const beaconFormats: readonly FormatCase[] = [
  { ...beacons, name: 'beacons' },
  {
    ...beacons,
    name: 'beacons, in items which are read, changed and written',
    updates,
    options: (world, region) => ({ ...beacons.options(world, region), updates }),
  },
]

const BRANCH_KEY = 'people'

/** With a search key and a branch key, and their secrets. */
export async function createSearchWorld(): Promise<SearchWorld> {
  const world = await createWorld({ engine: 'dynoxide' })
  const clientsOf = (endpoint: string) => ({
    keyArns: world.keyArns,
    client: (region: string) => new KMSClient({ ...world.config(region), endpoint, maxAttempts: 1 }),
    keyStore: {
      tableName: 'branch-keys',
      client: (region: string) => new DynamoDBClient({ ...world.config(region), endpoint, maxAttempts: 1 }),
    },
  })
  const branchKeyring = (region: string, endpoint = world.proxy.endpoint) =>
    new BranchKeyring({
      ...clientsOf(endpoint),
      region,
      branchKeyId: BRANCH_KEY,
      hedge: false,
      attemptTimeout: 20_000,
      timeout: 25_000,
    })
  const administration = new KeyStoreAdministration(clientsOf(world.cloud.endpoint))
  await administration.createTable()
  await administration.createBranchKey({ branchKeyId: BRANCH_KEY })
  await world.cloud.waitForReplication()
  const searchKey = await createSearchKey(world.keyring(EAST))
  const held = await branchKeyring(EAST, world.cloud.endpoint).beaconKey(BRANCH_KEY)
  const beaconKey = Uint8Array.from(held.secret)
  held.release()
  return {
    ...world,
    searchKey,
    dataKey: await unwrapped(world, searchKey),
    beaconKey,
    branchKeyring,
  }
}

/** Asks KMS, as docs/format.md has a search key: 8 bytes, the encrypted data keys, a commitment. */
async function unwrapped(world: World, searchKey: Uint8Array): Promise<Uint8Array> {
  const bytes = Buffer.from(searchKey)
  let at = 10
  const next = () => {
    const length = bytes.readUInt16BE(at)
    at += 2 + length
    return bytes.subarray(at - length, at)
  }
  const [, , CiphertextBlob] = [next(), next(), next()]
  const kms = new KMSClient({ ...world.config(WEST), endpoint: world.cloud.endpoint })
  const { Plaintext }: DecryptCommandOutput = await kms.send(
    new DecryptCommand({
      KeyId: world.keyArns[1],
      CiphertextBlob,
      EncryptionContext: { 'dynaseal:search': '1' },
    }),
  )
  kms.destroy()
  return Plaintext!
}
