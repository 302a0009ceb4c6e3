import { counted } from '../output/numbers.js'
import { table, wrapped } from '../output/table.js'
import type { DoctorReport, KeyReport, TableReport } from './doctor.js'
import type { Finding, Severity } from './finding.js'
import { renderCommand } from './renderCommand.js'

/** The report as text, in so many columns. */
export function renderDoctor(report: DoctorReport, width: number): string {
  const { findings, keys, tables } = report
  return [
    ...(keys.length === 0 ? [] : [renderKeys(report, width)]),
    ...(tables.length === 0 ? [] : [renderTables(tables, width)]),
    ...findings.map(finding => renderFinding(finding, width)),
    `${summary(findings)}\n`,
  ].join('\n')
}

function renderKeys({ keys, routes }: DoctorReport, width: number): string {
  const byId = new Map<string, KeyReport[]>()
  for (const key of keys) {
    const id = key.arn.slice(key.arn.lastIndexOf('/') + 1)
    byId.set(id, [...(byId.get(id) ?? []), key])
  }
  const columns = [
    { title: 'region' },
    { title: 'state' },
    { title: 'answers in', isNumber: true },
    { title: 'aliases' },
  ]
  const parts = [...byId].map(([id, replicas]) => {
    const rows = replicas.map(({ region, state = 'unknown', milliseconds, aliases }) => [
      region,
      state,
      milliseconds === undefined ? '' : `${Math.round(milliseconds)} ms`,
      aliases.join(', '),
    ])
    return `Key ${id}\n${table(columns, rows, width)}`
  })
  const lines = routes.flatMap(({ client, regions }) =>
    wrapped(`The client for ${client} asks ${regions.join(', then ')}.`, width),
  )
  return [...parts, lines.map(line => `${line}\n`).join('')].join('\n')
}

function renderTables(tables: readonly TableReport[], width: number): string {
  const columns = ['table', 'region', 'status', 'stream', 'recovery', 'expires by'].map(title => ({ title }))
  const rows = tables.map(({ table: name, region, status, stream, pointInTimeRecovery, timeToLive }) => [
    name,
    region,
    status ?? 'unknown',
    status === undefined ? 'unknown' : (stream ?? 'off'),
    pointInTimeRecovery === undefined ? 'unknown' : pointInTimeRecovery ? 'on' : 'off',
    timeToLive ?? '',
  ])
  return table(columns, rows, width)
}

function renderFinding(
  { severity, code, subject, regions, what, why, mend }: Finding,
  width: number,
): string {
  const where = regions.length === 0 ? '' : `, ${regions.join(', ')}`
  return [
    // A key's ARN says nothing that its id and the region do not.
    ...wrapped(`${severity}: ${code} (${subject.replace(/^arn:.*\//, '')}${where})`, width),
    ...wrapped(what, width, '  '),
    ...wrapped(why, width, '  '),
    ...mend.flatMap(command => renderCommand(command, width)),
  ]
    .map(line => `${line}\n`)
    .join('')
}

function summary(findings: readonly Finding[]): string {
  if (findings.length === 0) return 'Nothing was found.'
  const count = (severity: Severity) => findings.filter(finding => finding.severity === severity).length
  return `${counted(count('error'), 'error')}, ${counted(count('warning'), 'warning')}, ${counted(count('note'), 'note')}.`
}
