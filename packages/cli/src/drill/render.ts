import { table, wrapped } from '../output/table.js'
import type { DrillReport } from './drill.js'

const NUMBER = true

/** The answer first, then what it rests on. */
export function renderDrill(report: DrillReport, width: number): string {
  const { verdicts, reads, openings, sealings, searchKeys, samples } = report
  const answers = verdicts.flatMap(({ region, canBeLost, reasons }) => [
    `${region} ${canBeLost ? 'can be lost.' : 'cannot be lost:'}`,
    ...reasons.flatMap(reason => wrapped(`- ${reason}`, width, '  ')),
  ])
  const times = table(
    [
      { title: 'table' },
      { title: 'read in' },
      { title: 'items', isNumber: NUMBER },
      { title: 'after', isNumber: NUMBER },
      { title: 'opened through' },
      { title: 'fields', isNumber: NUMBER },
      { title: 'after', isNumber: NUMBER },
    ],
    reads.flatMap(read => {
      const found = read.problem === undefined ? samples[read.table]! - read.missing : 0
      const start = [read.table, read.region, String(found), `${read.milliseconds} ms`]
      const ofRead = openings.filter(one => one.table === read.table && one.region === read.region)
      if (ofRead.length === 0) return [[...start, '', '', '']]
      return ofRead.map(({ through, fields, failed, milliseconds }) => [
        ...start,
        through === 'all' ? 'the nearest' : through,
        failed.length === 0 ? String(fields) : `${failed.length} items not`,
        `${milliseconds} ms`,
      ])
    }),
    width,
  )
  const seals = table(
    [{ title: 'table' }, { title: 'sealed through' }, { title: 'after', isNumber: NUMBER }],
    sealings.map(one => [
      one.table,
      one.problem === undefined ? one.through : `${one.through}: ${one.problem}`,
      `${one.milliseconds} ms`,
    ]),
    width,
  )
  const keys = table(
    [{ title: 'search key' }, { title: 'unwrapped through' }, { title: 'after', isNumber: NUMBER }],
    searchKeys.flatMap(({ version, replicas }) =>
      replicas.map(({ region, opens, reason, milliseconds }) => [
        String(version),
        opens ? region : `${region}: ${reason}`,
        `${milliseconds} ms`,
      ]),
    ),
    width,
  )
  const empty = Object.entries(samples).flatMap(([name, size]) =>
    size > 0
      ? []
      : wrapped(`Table ${name} has no ciphertext in its first items: of it, only sealing was tried.`, width),
  )
  return [
    `${[...answers, ...empty].join('\n')}\n`,
    times,
    seals,
    ...(searchKeys.length === 0 ? [] : [keys]),
  ].join('\n')
}
