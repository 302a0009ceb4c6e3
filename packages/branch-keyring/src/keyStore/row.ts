import type { AttributeValue } from '@aws-sdk/client-dynamodb'
import { BranchKeyError } from '../errors.js'

// aws-encryption-sdk-specification, framework/key-store/dynamodb-key-storage.md, "Record Format".
export const BRANCH_KEY_ID = 'branch-key-id'
export const TYPE = 'type'
export const ACTIVE = 'branch:ACTIVE'
export const VERSION_PREFIX = 'branch:version:'
export const BEACON = 'beacon:ACTIVE'
export const ENCRYPTED_KEY = 'enc'
const KMS_ARN = 'kms-arn'
export const CREATE_TIME = 'create-time'
const HIERARCHY_VERSION = 'hierarchy-version'
export const VERSION = 'version'
export const CUSTOM_PREFIX = 'aws-crypto-ec:'
const TABLE_NAME = 'tablename'

/** The one hierarchy version that is read and written. */
const SUPPORTED = '1'

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/

export type Item = Record<string, AttributeValue>

/** A row of the key store. Nothing in it is to be believed before KMS has opened its key with its context. */
export interface Row {
  readonly branchKeyId: string
  readonly type: string
  /** The UUID of the version that the key belongs to; a beacon key belongs to none. */
  readonly version: string | undefined
  readonly kmsArn: string
  readonly createTime: string
  /** What KMS authenticates: all that the row says, and the logical name of the key store. */
  readonly encryptionContext: Readonly<Record<string, string>>
  readonly encryptedKey: Uint8Array
}

/**
 * A row as DynamoDB returned it.
 *
 * @throws {BranchKeyError} `BRANCH_KEY_REFUSED`
 */
export function parseRow(item: Item, logicalName: string): Row {
  const pairs: [string, string][] = []
  for (const [name, value] of Object.entries(item))
    if (name !== ENCRYPTED_KEY) pairs.push([name, text(name, value)])
  pairs.push([TABLE_NAME, logicalName])
  // `__proto__` becomes a pair like any other.
  const encryptionContext: Record<string, string> = Object.freeze(Object.fromEntries(pairs))
  const encryptedKey = own(item, ENCRYPTED_KEY)?.B
  if (!(encryptedKey instanceof Uint8Array) || encryptedKey.byteLength === 0)
    throw refused(`its attribute ${ENCRYPTED_KEY} is not the encrypted key`)
  const hierarchyVersion = required(encryptionContext, HIERARCHY_VERSION)
  if (hierarchyVersion !== SUPPORTED)
    throw refused(
      `its ${HIERARCHY_VERSION} is ${JSON.stringify(hierarchyVersion)}, and only ${SUPPORTED} is known here`,
    )
  return {
    branchKeyId: required(encryptionContext, BRANCH_KEY_ID),
    type: required(encryptionContext, TYPE),
    version: versionOf(encryptionContext),
    kmsArn: required(encryptionContext, KMS_ARN),
    createTime: required(encryptionContext, CREATE_TIME),
    encryptionContext,
    encryptedKey,
  }
}

function text(name: string, value: AttributeValue): string {
  if (value.S !== undefined) return value.S
  if (name === HIERARCHY_VERSION && value.N !== undefined) return value.N
  throw refused(`its attribute ${JSON.stringify(name)} is no string`)
}

function versionOf(context: Readonly<Record<string, string>>): string | undefined {
  const type = required(context, TYPE)
  if (type === BEACON) return undefined
  const version = type === ACTIVE ? required(context, VERSION) : type
  const uuid = version.slice(VERSION_PREFIX.length)
  if (version.startsWith(VERSION_PREFIX) && UUID.test(uuid)) return uuid
  throw refused(`${JSON.stringify(version)} is no version`)
}

function required(context: Readonly<Record<string, string>>, name: string): string {
  const value = Object.hasOwn(context, name) ? context[name] : undefined
  if (value === undefined || value === '') throw refused(`it has no attribute ${name}`)
  return value
}

function own(item: Item, name: string): AttributeValue | undefined {
  return Object.hasOwn(item, name) ? item[name] : undefined
}

function refused(why: string): BranchKeyError {
  return new BranchKeyError('BRANCH_KEY_REFUSED', `A row of the key store is refused: ${why}.`)
}

/** The item that is stored for a key with this context. */
export function toItem(encryptionContext: Readonly<Record<string, string>>, encryptedKey: Uint8Array): Item {
  const attributes = Object.entries(encryptionContext)
    .filter(([name]) => name !== TABLE_NAME)
    .map(([name, value]): [string, AttributeValue] => [
      name,
      name === HIERARCHY_VERSION ? { N: value } : { S: value },
    ])
  return Object.fromEntries([...attributes, [ENCRYPTED_KEY, { B: encryptedKey }]])
}

/** What a new version of a branch key is bound to. Custom pairs have their prefix already. */
export function versionContext(fields: {
  branchKeyId: string
  version: string
  createTime: string
  kmsArn: string
  logicalName: string
  custom: Readonly<Record<string, string>>
}): Record<string, string> {
  return Object.fromEntries([
    ...Object.entries(fields.custom),
    [BRANCH_KEY_ID, fields.branchKeyId],
    [TYPE, VERSION_PREFIX + fields.version],
    [CREATE_TIME, fields.createTime],
    [KMS_ARN, fields.kmsArn],
    [HIERARCHY_VERSION, SUPPORTED],
    [TABLE_NAME, fields.logicalName],
  ])
}

/** The context of the active row of that version. */
export function activeContext(context: Readonly<Record<string, string>>): Record<string, string> {
  return { ...context, [VERSION]: context[TYPE]!, [TYPE]: ACTIVE }
}

/** The context of the beacon row beside it. */
export function beaconContext(context: Readonly<Record<string, string>>): Record<string, string> {
  return { ...context, [TYPE]: BEACON }
}

/** The custom pairs of a row, with their prefix. */
export function customPairs(context: Readonly<Record<string, string>>): Record<string, string> {
  return Object.fromEntries(Object.entries(context).filter(([name]) => name.startsWith(CUSTOM_PREFIX)))
}
