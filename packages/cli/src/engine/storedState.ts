import { CliError } from '../errors.js'
import { JobCounts, type JobTotals } from './jobCounts.js'
import type { JobIdentity } from './jobIdentity.js'

/** How far a job has come, as its checkpoint has it. */
export interface StoredState {
  readonly version: number
  /** Of the process that has saved it, so that no two save the same. */
  readonly process: string
  readonly job: JobIdentity | undefined
  readonly segments: Readonly<
    Record<string, { position?: unknown; done: boolean; itemKeys?: readonly string[] }>
  >
  readonly totals: JobTotals
  readonly dataKeys: readonly string[]
}

export const VERSION = 2

/**
 * Whole, or not at all: what is taken for done is not looked at again.
 *
 * @throws {CliError} `usage`
 */
export function parseState(text: string, name: string): StoredState {
  let stored: unknown
  try {
    stored = JSON.parse(text)
  } catch {
    // Said below.
  }
  if (isState(stored)) return stored
  throw new CliError(
    'usage',
    `${name} is no checkpoint of this version of dynaseal, and stays as it is. Name another place; or, if it is one of another version, remove it to start again.`,
  )
}

type Members = Readonly<Record<string, unknown>>

function isState(value: unknown): value is StoredState {
  if (!isMembers(value)) return false
  const { version, job, segments, totals, dataKeys } = value
  return (
    version === VERSION &&
    (job === undefined || isMembers(job)) &&
    isMembers(segments) &&
    Object.entries(segments).every(([index, segment]) => /^\d+$/.test(index) && isSegment(segment)) &&
    areTotals(totals) &&
    areTexts(dataKeys)
  )
}

function isSegment(value: unknown): boolean {
  if (!isMembers(value)) return false
  const { position, done, itemKeys } = value
  return (
    typeof done === 'boolean' &&
    (position === undefined || (isMembers(position) && Object.keys(position).length > 0)) &&
    (itemKeys === undefined || areTexts(itemKeys))
  )
}

/** Each is what the totals of nothing have in its place. */
function areTotals(value: unknown): boolean {
  if (!isMembers(value)) return false
  const { left, leftItems, ...numbers } = new JobCounts().totals()
  return (
    Object.keys(numbers).every(name => typeof value[name] === 'number') &&
    isMembers(value.left) &&
    Object.values(value.left).every(count => typeof count === 'number') &&
    Array.isArray(value.leftItems) &&
    value.leftItems.every(isLeftItem)
  )
}

function isLeftItem(value: unknown): boolean {
  if (!isMembers(value)) return false
  const { key, path, reason } = value
  return isMembers(key) && (path === undefined || Array.isArray(path)) && typeof reason === 'string'
}

function isMembers(value: unknown): value is Members {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function areTexts(value: unknown): boolean {
  return Array.isArray(value) && value.every(one => typeof one === 'string')
}
