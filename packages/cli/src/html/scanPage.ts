import { count, counted, duration } from '../output/numbers.js'
import type { AttributeCounts, ScanReport } from '../scan/counts.js'
import { absentSentences } from '../scan/render.js'
import { page, section, table } from './page.js'
import { bars, curve, type Part } from './plots.js'
import type { Point } from './timeline.js'

/** The report of a scan as a page of HTML. It has names of entities, attributes and keys, and no values. */
export function scanPage(report: ScanReport, points: readonly Point[]): string {
  const { items, entities, keys, readUnits, seconds, complete } = report
  const rows = entities.flatMap(({ entity, attributes }) =>
    attributes.map(counts => ({ entity: entity ?? 'unknown', counts })),
  )
  const reasons = rows.flatMap(({ entity, counts }) =>
    Object.entries(counts.notOpened).map(([code, fields]) => [entity, counts.attribute, code, count(fields)]),
  )
  const nameOf = (entity: string, attribute: string) => `${entity}: ${attribute}`
  return page(
    `Table ${report.table} in ${report.region}`,
    [
      `${counted(items, 'item')} read in ${duration(seconds)}, ${counted(readUnits, 'read unit')}.`,
      ...(complete ? [] : ['Ended before all was read: these are the counts until then.']),
      ...absentSentences(report),
    ],
    [
      section(
        'What is stored',
        bars(
          'Fields by entity and attribute',
          rows.map(({ entity, counts }) => ({
            name: nameOf(entity, counts.attribute),
            parts: partsOf(counts),
          })),
        ),
        table(
          ['entity', 'attribute', 'clear', 'format 1', 'format 2', 'DB-ESDK', 'not opened'],
          rows.map(({ entity, counts }) => [
            entity,
            counts.attribute,
            ...[counts.clear, counts.format1, counts.format2, counts.dbEsdk, failedOf(counts)].map(count),
          ]),
          [2, 3, 4, 5, 6],
        ),
      ),
      ...(reasons.length === 0
        ? []
        : [
            section(
              'What does not open',
              bars(
                'Fields that do not open',
                rows
                  .filter(({ counts }) => failedOf(counts) > 0)
                  .map(({ entity, counts }) => ({
                    name: nameOf(entity, counts.attribute),
                    parts: [{ name: 'not opened', value: failedOf(counts), colour: 'failed' }],
                  })),
              ),
              table(['entity', 'attribute', 'because', 'fields'], reasons, [3]),
            ),
          ]),
      ...(keys.length === 0
        ? []
        : [
            section(
              'Keys that data keys are encrypted under',
              table(
                ['key', 'provider', 'version', 'fields'],
                keys.map(({ name, provider, version, fields }) => [
                  name,
                  provider,
                  version ?? '',
                  count(fields),
                ]),
                [3],
              ),
            ),
          ]),
      section('Progress', curve(points)),
    ],
  )
}

function partsOf({ clear, format1, format2, dbEsdk }: AttributeCounts): Part[] {
  const parts: Part[] = [
    { name: 'clear', value: clear, colour: 'clear' },
    { name: 'format 1', value: format1, colour: 'format1' },
    { name: 'format 2', value: format2, colour: 'format2' },
    { name: 'DB-ESDK', value: dbEsdk, colour: 'item' },
  ]
  return parts.filter(({ value }) => value > 0)
}

function failedOf({ notOpened }: AttributeCounts): number {
  return Object.values(notOpened).reduce((sum, one) => sum + one, 0)
}
