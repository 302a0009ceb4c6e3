import { randomUUID } from 'node:crypto'
import { isDeepStrictEqual } from 'node:util'
import { BranchKeyError } from '../errors.js'
import {
  activeContext,
  beaconContext,
  CREATE_TIME,
  CUSTOM_PREFIX,
  customPairs,
  type Item,
  parseRow,
  type Row,
  TYPE,
  VERSION,
  VERSION_PREFIX,
  versionContext,
} from '../keyStore/row.js'
import type { Clients } from './clients.js'
import { authenticate, newKey, reEncrypt } from './kms.js'
import { type Put, readActiveRow, readRows, writeRows } from './rows.js'

/** How often somebody else may be faster. */
const ATTEMPTS = 5

export interface CreatedBranchKey {
  readonly branchKeyId: string
  /** The UUID of the active version. */
  readonly version: string
  /** Whether it was not there before. */
  readonly created: boolean
}

export interface RotatedBranchKey {
  readonly branchKeyId: string
  /** The UUID of the version that is active now. */
  readonly version: string
  /** Whether that is one made by this call. */
  readonly rotated: boolean
}

/** One version, as the rows have it: nothing of that is authenticated. */
export interface VersionDescription {
  /** Its UUID. */
  readonly version: string
  /** When it was made, as whoever made it wrote it. */
  readonly createTime: string
  readonly kmsArn: string
  readonly active: boolean
}

export async function createBranchKey(
  clients: Clients,
  branchKeyId: string,
  encryptionContext: Readonly<Record<string, string>>,
): Promise<CreatedBranchKey> {
  const custom = prefixed(encryptionContext)
  for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
    const active = await readActiveRow(clients, branchKeyId)
    if (active !== undefined) return existing(active, custom)
    const context = versionContext({
      branchKeyId,
      version: randomUUID(),
      createTime: timestamp(),
      kmsArn: clients.homeKey.arn,
      logicalName: clients.logicalName,
      custom,
    })
    const [version, beacon] = await Promise.all([
      newVersion(clients, context, undefined),
      newKey(clients, beaconContext(context)),
    ])
    if (
      await writeRows(clients, [...version.puts, { context: beaconContext(context), encryptedKey: beacon }])
    )
      return { branchKeyId, version: version.version, created: true }
    // Another operator was faster, or there are rows of a branch key without an active version.
    if ((await readActiveRow(clients, branchKeyId)) === undefined && (await newest(clients, branchKeyId)))
      throw disabled(branchKeyId)
  }
  throw conflict(branchKeyId)
}

function existing(active: Row, custom: Readonly<Record<string, string>>): CreatedBranchKey {
  const { branchKeyId, version, encryptionContext } = active
  if (!isDeepStrictEqual(customPairs(encryptionContext), custom))
    throw new BranchKeyError(
      'DIFFERENT_BRANCH_KEY',
      `The branch key ${JSON.stringify(branchKeyId)} exists with another encryption context: give that one, or another id.`,
    )
  return { branchKeyId, version: version!, created: false }
}

/** @param from the version that is to be replaced; whichever is active where it is not given */
export async function rotateBranchKey(
  clients: Clients,
  branchKeyId: string,
  from: string | undefined,
): Promise<RotatedBranchKey> {
  const active = await readActiveRow(clients, branchKeyId)
  if (active === undefined)
    throw (await newest(clients, branchKeyId)) === undefined ? missing(branchKeyId) : disabled(branchKeyId)
  const replaced = from ?? active.version
  if (active.version !== replaced) return { branchKeyId, version: active.version!, rotated: false }
  return replace(clients, active, replaced!, active.encryptedKey)
}

/** Makes a new active version of a branch key that has none. */
export async function enableBranchKey(clients: Clients, branchKeyId: string): Promise<RotatedBranchKey> {
  const active = await readActiveRow(clients, branchKeyId)
  if (active !== undefined) return { branchKeyId, version: active.version!, rotated: false }
  const last = await newest(clients, branchKeyId)
  if (last === undefined) throw missing(branchKeyId)
  return replace(clients, last, undefined, undefined)
}

async function replace(
  clients: Clients,
  row: Row,
  replaced: string | undefined,
  encryptedKey: Uint8Array | undefined,
): Promise<RotatedBranchKey> {
  const { branchKeyId } = row
  for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
    // What the new version takes over from the old one, its custom pairs above all, must be genuine.
    await authenticate(clients, row)
    const { [VERSION]: _, ...kept } = row.encryptionContext
    const context = { ...kept, [TYPE]: VERSION_PREFIX + randomUUID(), [CREATE_TIME]: timestamp() }
    const { puts, version } = await newVersion(clients, context, encryptedKey)
    if (await writeRows(clients, puts)) return { branchKeyId, version, rotated: true }
    const active = await readActiveRow(clients, branchKeyId)
    if (active !== undefined && active.version !== replaced)
      return { branchKeyId, version: active.version!, rotated: false }
    // Disabled or destroyed meanwhile; or two transactions met, and neither may have been made.
    if (active === undefined && replaced !== undefined) throw missing(branchKeyId)
  }
  throw conflict(branchKeyId)
}

/** The rows of a new version, which KMS makes. */
async function newVersion(
  clients: Clients,
  context: Readonly<Record<string, string>>,
  replaces: Uint8Array | undefined,
): Promise<{ puts: Put[]; version: string }> {
  const encryptedKey = await newKey(clients, context)
  const active = activeContext(context)
  const puts = [
    { context, encryptedKey },
    { context: active, encryptedKey: await reEncrypt(clients, encryptedKey, context, active), replaces },
  ]
  return { puts, version: context[TYPE]!.slice(VERSION_PREFIX.length) }
}

export async function listVersions(clients: Clients, branchKeyId: string): Promise<VersionDescription[]> {
  const active = await readActiveRow(clients, branchKeyId)
  const rows = await readVersions(clients, branchKeyId)
  return rows.map(({ version, createTime, kmsArn }) => ({
    version: version!,
    createTime,
    kmsArn,
    active: version === active?.version,
  }))
}

async function newest(clients: Clients, branchKeyId: string): Promise<Row | undefined> {
  return (await readVersions(clients, branchKeyId)).at(-1)
}

/** From the oldest to the newest. What is no version is left out: checkBranchKey says what is wrong with it. */
async function readVersions(clients: Clients, branchKeyId: string): Promise<Row[]> {
  const items = await readRows(clients, clients.home, branchKeyId, VERSION_PREFIX)
  return items
    .flatMap(item => readable(item, clients.logicalName))
    .sort((a, b) => (a.createTime < b.createTime ? -1 : Number(a.createTime > b.createTime)))
}

function readable(item: Item, logicalName: string): Row[] {
  try {
    return [parseRow(item, logicalName)]
  } catch (error) {
    if (error instanceof BranchKeyError) return []
    throw error
  }
}

function prefixed(encryptionContext: Readonly<Record<string, string>>): Record<string, string> {
  return Object.fromEntries(
    Object.entries(encryptionContext).map(([name, value]) => {
      if (name !== '' && typeof value === 'string' && value !== '') return [CUSTOM_PREFIX + name, value]
      throw new BranchKeyError(
        'BAD_CONTEXT',
        `The encryption context of a branch key has a pair ${JSON.stringify(name)} that is empty or no string.`,
      )
    }),
  )
}

// ISO 8601 in UTC to the microsecond (dynamodb-key-storage.md, "Record Format").
function timestamp(): string {
  return new Date().toISOString().replace('Z', '000Z')
}

function missing(branchKeyId: string): BranchKeyError {
  return new BranchKeyError(
    'NO_BRANCH_KEY',
    `The key store has no branch key ${JSON.stringify(branchKeyId)}: create it first, or name the region where it was created as home.`,
  )
}

function disabled(branchKeyId: string): BranchKeyError {
  return new BranchKeyError(
    'NO_BRANCH_KEY',
    `The branch key ${JSON.stringify(branchKeyId)} has no active version: it was disabled. enableBranchKey makes one.`,
  )
}

function conflict(branchKeyId: string): BranchKeyError {
  return new BranchKeyError(
    'CONFLICT',
    `Others kept changing the branch key ${JSON.stringify(branchKeyId)}: try again.`,
    { permanent: false },
  )
}
