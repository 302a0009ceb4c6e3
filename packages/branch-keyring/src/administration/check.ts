import { decryptDataKey, isReplicaOf } from '@dynaseal/mrk-keyring/regional'
import { BranchKeyError } from '../errors.js'
import { absent } from '../keyStore/keyStore.js'
import { type Item, parseRow, TYPE } from '../keyStore/row.js'
import { KEY_BYTES } from '../wrapping.js'
import type { Clients } from './clients.js'
import { readRows } from './rows.js'

/** Whether a region can unwrap one key of a branch key. */
export interface RowCheck {
  readonly region: string
  /** The row's type: `branch:ACTIVE`, `branch:version:<uuid>` or `beacon:ACTIVE`. */
  readonly type: string
  readonly ok: boolean
  /** Why not: the row is not there, is refused, or KMS does not decrypt it there. */
  readonly error?: unknown
}

export interface BranchKeyCheck {
  /** Whether every region can unwrap every key. */
  readonly ok: boolean
  readonly rows: readonly RowCheck[]
  /** The regions whose replica of the table could not be read, and why. */
  readonly unread: readonly { readonly region: string; readonly error: unknown }[]
}

/** Reads all rows in every region, and has the KMS of every region decrypt them. */
export async function checkBranchKey(clients: Clients, branchKeyId: string): Promise<BranchKeyCheck> {
  const unread: { region: string; error: unknown }[] = []
  const replicas = new Map<string, Map<string, Item>>()
  await Promise.all(
    clients.tableRegions.map(async region => {
      try {
        const items = await readRows(clients, region, branchKeyId)
        replicas.set(region, new Map(items.map(item => [item[TYPE]!.S!, item])))
      } catch (error) {
        unread.push({ region, error })
      }
    }),
  )
  const types = new Set([...replicas.values()].flatMap(rows => [...rows.keys()]))
  if (types.size === 0 && unread.length === 0)
    throw new BranchKeyError('NO_BRANCH_KEY', `No region has a branch key ${JSON.stringify(branchKeyId)}.`)
  const checks: Promise<RowCheck>[] = []
  for (const [region, rows] of replicas)
    for (const type of [...types].sort())
      checks.push(checkRow(clients, region, branchKeyId, type, rows.get(type)))
  const rows = await Promise.all(checks)
  return { ok: unread.length === 0 && rows.every(({ ok }) => ok), rows, unread }
}

async function checkRow(
  clients: Clients,
  region: string,
  branchKeyId: string,
  type: string,
  item: Item | undefined,
): Promise<RowCheck> {
  try {
    if (item === undefined) throw absent(branchKeyId, type)
    await decrypt(clients, region, item)
    return { region, type, ok: true }
  } catch (error) {
    return { region, type, ok: false, error }
  }
}

async function decrypt(clients: Clients, region: string, item: Item): Promise<void> {
  const { encryptedKey, encryptionContext, kmsArn } = parseRow(item, clients.logicalName)
  const key = clients.keys.find(replica => replica.region === region)
  if (key === undefined)
    throw new BranchKeyError('BRANCH_KEY_REFUSED', `There is no replica of the KMS key in ${region}.`)
  if (!isReplicaOf(key, kmsArn))
    throw new BranchKeyError(
      'BRANCH_KEY_REFUSED',
      `The row is encrypted under ${JSON.stringify(kmsArn)}, another key than ${key.arn}.`,
    )
  const secret = await decryptDataKey({
    client: clients.kms(region),
    arn: key.arn,
    encryptionContext,
    grantTokens: clients.grantTokens,
    signal: new AbortController().signal,
    encryptedDataKey: encryptedKey,
    length: KEY_BYTES,
  })
  secret.fill(0)
}
