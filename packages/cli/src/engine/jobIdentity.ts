import type { Keyring } from '@dynaseal/core'
import { formatParts, itemFormatParts, keyringParts, searchParts } from '@dynaseal/core/parts'
import { formatPath } from '@dynaseal/document-client/mapper'
import { explained } from '../awsErrors.js'
import type { Target } from '../config/project.js'
import { describeTable } from './describeTable.js'
import type { Task } from './task.js'

/**
 * What a job is. What a checkpoint says to be done is not looked at again, so that one of another job, or of another
 * configuration, is refused: what it calls done was done otherwise.
 */
export interface JobIdentity {
  readonly task: string
  readonly settings: Readonly<Record<string, unknown>>
  readonly table: string
  readonly region: string
  /** DynamoDB's id of the table: of the same name, another account and a table that is made anew have another one. */
  readonly tableId: string | undefined
  readonly segments: number
  /** Undefined where it works on all of them. */
  readonly segment: number | undefined
  readonly logicalName: string
  readonly format: readonly string[]
  /** Each with the kind of its items. */
  readonly encrypted: readonly string[]
  readonly tokens: readonly string[]
  /** Under which data keys are made, as far as they can be told without an item. */
  readonly keys: readonly string[]
  readonly searchKeys: readonly string[]
}

export interface Share {
  readonly segments: number
  readonly segment: number | undefined
}

export async function identityOf(
  target: Target,
  task: Task,
  share: Share,
  signal?: AbortSignal,
): Promise<JobIdentity> {
  const { known, format, tableName, region } = target
  const ofKind = (kind: string | undefined, text: string) => `${kind ?? 'all items'}: ${text}`
  return {
    task: task.name,
    settings: task.settings,
    table: tableName,
    region,
    tableId: await tableIdOf(target, signal),
    ...share,
    logicalName: known.name,
    format: [...format.attributes, formatParts(format)?.writes ?? '', ...signing(target)],
    encrypted: known.kinds.flatMap(({ name, encrypted }) =>
      encrypted.map(path => ofKind(name, formatPath(path))),
    ),
    tokens: known.kinds.flatMap(({ name, tokens = [] }) =>
      tokens.map(({ path, definition, normalize, tenant }) => {
        const { paths, bits, members } = definition
        return ofKind(
          name,
          `${formatPath(path)} ${JSON.stringify({ paths, bits, members, normalize, tenant })}`,
        )
      }),
    ),
    keys: keysOf(target),
    searchKeys: searchParts(target.search)?.searchKeys.map(({ commitment }) => commitment) ?? [],
  }
}

/** What is another in one of two, for who reads an error; of attributes, keys and settings, no values of items. */
export function differences(stored: Partial<JobIdentity>, now: Partial<JobIdentity>): string[] {
  const names = [...new Set([...Object.keys(stored), ...Object.keys(now)])] as (keyof JobIdentity)[]
  return names.flatMap(name => {
    const [then, is] = [stored[name], now[name]].map(one => JSON.stringify(one) ?? 'none')
    return then === is ? [] : [`${name}: ${then}, and now ${is}`]
  })
}

/** Undefined where DescribeTable is not allowed. */
async function tableIdOf(
  { dynamodb, tableName, region }: Target,
  signal: AbortSignal | undefined,
): Promise<string | undefined> {
  try {
    return (await describeTable(dynamodb, tableName, signal))?.TableId
  } catch (error) {
    if ((error as Error).name === 'AccessDeniedException') return undefined
    throw explained(error, { table: tableName, region })
  }
}

function signing({ format }: Target): string[] {
  const parts = itemFormatParts(format)
  return parts === undefined ? [] : [parts.signs ? 'signed' : 'not signed']
}

function keysOf({ format }: Target): string[] {
  const keyring = (formatParts(format) ?? itemFormatParts(format))?.keyring
  if (keyring === undefined || typeof keyring === 'function') return []
  return [keyring].flat().flatMap(one => namesOf(one as Keyring))
}

/** Replicas of a key are the same key, and those that only open change nothing that is written. */
function namesOf(keyring: Keyring): string[] {
  const parts = keyringParts(keyring)
  if (parts === undefined) return []
  if (parts.kind === 'combined') return namesOf(parts.sealWith)
  const key = parts.replicas.flatMap(({ arn }) => arn.split('/').at(-1) ?? [])[0] ?? ''
  if (parts.kind === 'mrk') return [key]
  const { branchKeyId, keyStore } = parts
  return [
    `${typeof branchKeyId === 'string' ? branchKeyId : 'branch keys'} of ${keyStore.logicalName}, ${key}`,
  ]
}
