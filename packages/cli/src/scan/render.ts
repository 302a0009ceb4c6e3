import { count, counted, duration } from '../output/numbers.js'
import { type Column, facts, table, wrapped } from '../output/table.js'
import type { ScanReport } from './counts.js'

export function renderScan(report: ScanReport, width: number): string {
  const { items, entities, keys, readUnits, seconds, complete } = report
  const hasWholes = entities.some(({ attributes }) => attributes.some(({ dbEsdk }) => dbEsdk > 0))
  const rows = entities.flatMap(({ entity, attributes }) =>
    attributes.map(({ attribute, clear, format1, format2, dbEsdk, notOpened }) => [
      entity ?? 'unknown',
      attribute,
      count(clear),
      count(format1),
      count(format2),
      ...(hasWholes ? [count(dbEsdk)] : []),
      count(sum(notOpened)),
    ]),
  )
  const lines = [
    `Table ${report.table} in ${report.region}: ${counted(items, 'item')} read in ${duration(seconds)}, ${counted(readUnits, 'read unit')}.`,
    ...(complete ? [] : ['Ended before all was read: these are the counts until then.']),
  ]
  return [
    lines
      .flatMap(line => wrapped(line, width))
      .join('\n')
      .concat('\n'),
    rows.length === 0
      ? 'No item has anything where ciphertext belongs.\n'
      : byEntity(report, columnsOf(hasWholes), rows, width),
    ...reasons(report, width),
    ...absentSentences(report).map(sentence => `${wrapped(sentence, width).join('\n')}\n`),
    ...(keys.length === 0 ? [] : [renderKeys(report, width)]),
  ].join('\n')
}

function columnsOf(hasWholes: boolean): readonly Column[] {
  const formats = ['format 1', 'format 2', ...(hasWholes ? ['DB-ESDK'] : [])]
  const numbers = ['clear', ...formats, 'not opened'].map(title => ({ title, isNumber: true }))
  return [{ title: 'entity' }, { title: 'attribute' }, ...numbers]
}

function reasons(report: ScanReport, width: number): string[] {
  const { entities } = report
  const rows = entities.flatMap(({ entity, attributes }) =>
    attributes.flatMap(({ attribute, notOpened }) =>
      Object.entries(notOpened).map(([code, fields]) => [
        entity ?? 'unknown',
        attribute,
        code,
        count(fields),
      ]),
    ),
  )
  if (rows.length === 0) return []
  const columns = [
    { title: 'entity' },
    { title: 'attribute' },
    { title: 'does not open, because' },
    { title: 'fields', isNumber: true },
  ]
  const hints = Object.entries(HINTS)
    .filter(([hinted]) => rows.some(([, , code]) => code === hinted))
    .map(([, hint]) => `${wrapped(hint, width).join('\n')}\n`)
  return [byEntity(report, columns, rows, width), ...hints]
}

/** A misspelled path encrypts nothing, and nothing fails. */
export function absentSentences({ absent }: ScanReport): string[] {
  if (absent.length === 0) return []
  const names = absent.map(({ entity, attribute }) =>
    entity === undefined ? attribute : `${attribute} of ${entity}`,
  )
  return [
    `To be encrypted, and in none of these items: ${names.join(', ')}. If the application writes it, see that it is spelled as there: under another name it is stored in clear.`,
  ]
}

/** Of codes that the configuration or the keys are most often the reason of. */
const HINTS: Readonly<Record<string, string>> = {
  'key-unavailable':
    'Of what is key-unavailable, the keyring gave no data key: dynaseal doctor looks at keys and permissions, and dynaseal inspect --check says why for one item.',
  'wrong-context':
    'What has the wrong-context was sealed for another table name, or with other pairs in the encryption context. A client for a table that was restored or copied under another name takes the old one: logicalTableName.',
}

/** Of a table whose items are all of one kind, that kind has no name. */
function byEntity(
  { entities }: ScanReport,
  columns: readonly Column[],
  rows: readonly (readonly string[])[],
  width: number,
): string {
  if (entities.some(({ entity }) => entity !== undefined)) return table(columns, rows, width)
  const [, ...others] = columns
  return table(
    others,
    rows.map(([, ...cells]) => cells),
    width,
  )
}

function renderKeys({ keys }: ScanReport, width: number): string {
  const lines = keys.flatMap(({ name, provider, version, fields }): [string, string][] => [
    [
      counted(fields, 'field'),
      `${provider === 'aws-kms' ? '' : `${provider} `}${name}${version === undefined ? '' : `, version ${version}`}`,
    ],
  ])
  return `Data keys are encrypted under\n${facts(lines, width, '  ')}`
}

function sum(counts: Readonly<Record<string, number>>): number {
  return Object.values(counts).reduce((total, one) => total + one, 0)
}

/** Values in clear, and fields that do not open. */
export function leftIn({ entities }: ScanReport): number {
  return entities
    .flatMap(({ attributes }) => attributes)
    .reduce((total, { clear, notOpened }) => total + clear + sum(notOpened), 0)
}
