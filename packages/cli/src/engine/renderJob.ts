import { formatPath } from '@dynaseal/document-client/mapper'
import { count, counted, dollars, duration } from '../output/numbers.js'
import { facts, table, wrapped } from '../output/table.js'
import type { TableSize } from './estimate.js'
import type { JobReport } from './job.js'
import { type EstimateOptions, jobEstimate } from './jobEstimate.js'
import { PRICES } from './prices.js'

/** What is said before a job begins. */
export function renderEstimate(size: TableSize | undefined, options: EstimateOptions, width: number): string {
  return `${wrapped(estimated(size, options), width).join('\n')}\n\n`
}

function estimated(size: TableSize | undefined, options: EstimateOptions): string {
  if (size === undefined) return 'What it will take is not known: dynamodb:DescribeTable is not allowed.'
  if (size.items === 0)
    return 'What it will take is not known: DynamoDB, which counts every six hours, has counted no items in the table.'
  const { items, readUnits, writeUnits, kmsCalls, dollars: price, seconds } = jobEstimate(size, options)
  const regions = size.regions === 1 ? '' : ` in ${size.regions} regions`
  const writes = options.apply ? `, at most about ${counted(writeUnits, 'write unit')}${regions}` : ''
  const time =
    seconds === undefined
      ? 'Without --max-rcu and --max-wcu it takes as many units a second as DynamoDB gives.'
      : `At the limits that were given it takes at least ${duration(seconds)}.`
  const opened = options.opens ? ', and one for each data key that is opened' : ''
  const kms =
    (options.kmsCallsEach ?? 0) > 0
      ? `, at most about ${counted(kmsCalls, 'call')} to KMS, since each item has a data key of its own`
      : `, ${counted(kmsCalls, 'call')} to KMS for each encryption context${opened}`
  return `About ${counted(items, 'item')}, as DynamoDB counts them every six hours: ${counted(Math.ceil(readUnits), 'read unit')}${writes}${kms}; ${dollars(price)} on demand in ${PRICES.region}. ${time}`
}

const DONE: Readonly<Record<string, readonly [string, string]>> = {
  backfill: ['sealed', 'would be sealed'],
  rewrap: ['sealed again', 'would be sealed again'],
  revert: ['in clear again', 'would be in clear again'],
}

export function renderJob(report: JobReport, width: number): string {
  const lines = headOf(report)
    .flatMap(line => wrapped(line, width))
    .map(line => `${line}\n`)
  const hint = !report.applied && report.changed > 0 ? ['\nTo do it: the same command with --apply.\n'] : []
  return [...lines, '\n', facts(factsOf(report), width), ...left(report, width), ...hint].join('')
}

const GOES_ON = 'The same command goes on where it ended.'
const BEGINS_AGAIN = 'These are the counts until then; a dry run begins at the start each time.'

export function headOf({ task, table: name, region, applied, resumed, complete }: JobReport): string[] {
  return [
    `${task} of table ${name} in ${region}${applied ? '' : ', dry run: nothing was written'}.`,
    ...(complete ? [] : [`Ended before all was seen. ${applied ? GOES_ON : BEGINS_AGAIN}`]),
    ...(resumed
      ? ['Went on where it had ended; the counts are of the whole, but for what was under way when it ended.']
      : []),
  ]
}

export function factsOf(report: JobReport): [string, string][] {
  const { task, applied } = report
  const [done, would] = DONE[task] ?? ['changed', 'would be changed']
  const parts = [
    ...(report.fields > 0 || (report.tokens === 0 && report.moved === 0)
      ? [counted(report.fields, 'field')]
      : []),
    ...(report.tokens > 0 ? [counted(report.tokens, 'search token')] : []),
  ]
  const overtaken: [string, string] = [
    'overtaken',
    `${counted(report.overtaken, 'time')}: somebody else wrote the item, and it was read again`,
  ]
  const moved: [string, string] = [
    applied ? 'moved' : 'would be moved',
    `${counted(report.moved, 'item')}, to another key`,
  ]
  return [
    ['items', count(report.items)],
    [applied ? done : would, [counted(report.changed, 'item'), ...parts].join(', ')],
    ...(report.moved > 0 ? [moved] : []),
    ...(report.overtaken > 0 ? [overtaken] : []),
    ['read', counted(report.readUnits, 'unit')],
    [
      applied ? 'written' : 'to be written',
      `${applied ? '' : 'about '}${counted(report.writeUnits, 'unit')}`,
    ],
    ['calls to KMS', count(report.kmsCalls)],
    ['time', duration(report.seconds)],
  ]
}

/** Why something was left as it is, for who reads the report; other reasons are codes of `FieldError`. */
const REASONS: Readonly<Record<string, string>> = {
  'unknown-entity': 'of no known entity: register it, or say --unknown if such items are yours',
  'other-entity': 'of an entity that was not named',
  binary: 'bytes that are no ciphertext: damaged, or in clear; --binary seals them',
  obstructed: 'no map or list, where one with encrypted parts belongs',
  'holds-ciphertext': 'a value that has ciphertext inside',
  'ciphertext-as-text': 'ciphertext as base64 text',
  'key-unavailable': 'no data key to open it with: dynaseal doctor says why, or inspect --check of one item',
  'wrong-context':
    'sealed for another table name or encryption context; of a restored table, the client takes logicalTableName',
  'not-declared': 'ciphertext where nothing is declared encrypted',
  'too-large': 'the item would be larger than 400 KB',
  'token-without-value': 'a search token, and no value that it is of',
  'other-format': 'sealed in a format that the client does not open',
  'too-many-attributes': 'an item of more attributes than one condition can name',
  'wrong-token':
    'a key that is not the search token of the value, or of a search key that the client does not have',
  'under-both-keys': 'there is an item where it would be moved: look at both, and delete one',
  contended: 'somebody wrote the item each time that it was read: run it again',
}

export function reasonOf(reason: string): string {
  return REASONS[reason] ?? 'does not open, or cannot be sealed'
}

const MAX_EXAMPLES = 5

function left({ left: reasons, leftItems }: JobReport, width: number): string[] {
  const rows = Object.entries(reasons).map(([reason, times]) => [reason, count(times), reasonOf(reason)])
  if (rows.length === 0) return []
  const columns = [{ title: 'left' }, { title: 'times', isNumber: true }, { title: 'why' }]
  const examples = leftItems
    .slice(0, MAX_EXAMPLES)
    .map(
      ({ key, path, reason }) =>
        `${JSON.stringify(key)}${path === undefined ? '' : ` ${formatPath(path)}`}: ${reason}`,
    )
    .flatMap(line => wrapped(line, width, '  '))
  const first = leftItems.length > MAX_EXAMPLES ? 'The first of them (--json has more):' : 'They are:'
  return ['\n', table(columns, rows, width), `\n${first}\n`, ...examples.map(line => `${line}\n`)]
}
