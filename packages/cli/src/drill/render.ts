import type { ReplicaCheck } from '../keys/searchKeys.js'
import { table, wrapped } from '../output/table.js'
import type { DrillReport } from './drill.js'
import type { TableRead } from './evidence.js'

const COLUMNS = [
  { title: 'table' },
  { title: 'read in' },
  { title: 'items', isNumber: true },
  { title: 'after', isNumber: true },
  { title: 'through' },
  { title: 'fields', isNumber: true },
  { title: 'after', isNumber: true },
  { title: 'new key', isNumber: true },
]

/** The answer first, then what it rests on. */
export function renderDrill(report: DrillReport, width: number): string {
  const { verdicts, reads, searchKeys, beaconKeys, samples } = report
  const answers = verdicts.flatMap(({ region, canBeLost, reasons }) => [
    `${region} ${canBeLost ? 'can be lost.' : 'cannot be lost:'}`,
    ...list(reasons, width),
  ])
  const empty = Object.keys(samples).filter(name => samples[name] === 0)
  const notes = empty.flatMap(name =>
    wrapped(`Table ${name} has no ciphertext in its first items: only sealing was tried.`, width),
  )
  const problems = problemsOf(report)
  return [
    lines([...answers, ...notes]),
    table(
      COLUMNS,
      reads.flatMap(read => rowsOf(read, report)),
      width,
    ),
    ...keysTried(
      'search key',
      searchKeys.map(({ version, replicas }) => [String(version), replicas]),
      width,
    ),
    ...keysTried(
      'beacon key of',
      beaconKeys.map(({ branchKeyId, replicas }) => [branchKeyId, replicas]),
      width,
    ),
    ...(problems.length === 0 ? [] : [lines(['What did not work:', ...list(problems, width)])]),
  ].join('\n')
}

function keysTried(
  title: string,
  keys: readonly (readonly [string, readonly ReplicaCheck[]])[],
  width: number,
): string[] {
  if (keys.length === 0) return []
  const rows = keys.flatMap(([name, replicas]) =>
    replicas.map(({ region, opens, milliseconds }) => [name, region, opens ? `${milliseconds} ms` : 'not']),
  )
  return [table([{ title }, { title: 'through' }, { title: 'after', isNumber: true }], rows, width)]
}

function rowsOf(read: TableRead, { samples, openings, sealings }: DrillReport): string[][] {
  const of = (one: { table: string; region: string }) =>
    one.table === read.table && one.region === read.region
  const items = read.problem === undefined ? String(samples[read.table]! - read.missing) : 'none'
  const start = [read.table, read.region, items, `${read.milliseconds} ms`]
  const sealed = sealings.filter(of)
  const opened = openings.filter(of)
  const through = new Set([...sealed, ...opened].map(one => one.through))
  return [...through].map(region => {
    const opening = opened.find(one => one.through === region)
    const sealing = sealed.find(one => one.through === region)
    return [
      ...start,
      region === 'all' ? 'the nearest' : region,
      opening === undefined ? '' : opening.failed.length === 0 ? String(opening.fields) : 'not all',
      opening === undefined ? '' : `${opening.milliseconds} ms`,
      sealing === undefined ? '' : sealing.problem === undefined ? `${sealing.milliseconds} ms` : 'none',
    ]
  })
}

/** Each once. */
function problemsOf({ reads, openings, sealings, searchKeys, beaconKeys }: DrillReport): string[] {
  const problems = [
    ...reads.map(({ problem }) => problem),
    ...openings.map(({ through, reason }) => reason && `${through}: ${reason}`),
    ...sealings.map(({ through, problem }) => problem && `${through}: ${problem}`),
    ...[...searchKeys, ...beaconKeys].flatMap(({ replicas }) =>
      replicas.map(({ region, reason }) => reason && `${region}: ${reason}`),
    ),
  ]
  return [...new Set(problems.filter(problem => problem !== undefined))]
}

function list(texts: readonly string[], width: number): string[] {
  return texts.flatMap(text => {
    const [first = '', ...rest] = wrapped(text, width, '    ')
    return [`  - ${first.trimStart()}`, ...rest]
  })
}

function lines(all: readonly string[]): string {
  return `${all.join('\n')}\n`
}
