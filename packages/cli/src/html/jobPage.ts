import { formatPath } from '@dynaseal/document-client/mapper'
import type { JobReport } from '../engine/job.js'
import { factsOf, headOf, reasonOf } from '../engine/renderJob.js'
import { count } from '../output/numbers.js'
import { page, section, table } from './page.js'
import { bars, curve } from './plots.js'
import type { Point } from './timeline.js'

/** The report of a job as a page of HTML. It has keys of the items that were left, and no other values. */
export function jobPage(report: JobReport, points: readonly Point[]): string {
  const { items, changed, applied, leftItems } = report
  const reasons = Object.entries(report.left)
  return page(
    `${report.task} of table ${report.table} in ${report.region}`,
    headOf(report)
      .slice(1)
      .concat(applied ? [] : ['A dry run: nothing was written.']),
    [
      section(
        'What was done',
        bars('Items', [
          {
            name: 'items',
            parts: [
              { name: applied ? 'changed' : 'would change', value: changed, colour: 'format2' },
              { name: 'as they were', value: items - changed, colour: 'same' },
            ],
          },
        ]),
        table(['', ''], factsOf(report)),
      ),
      ...(reasons.length === 0
        ? []
        : [
            section(
              'What was left as it is',
              bars(
                'Left, by reason',
                reasons.map(([name, value]) => ({
                  name,
                  parts: [{ name: 'left', value, colour: 'failed' }],
                })),
              ),
              table(
                ['reason', 'times', 'why'],
                reasons.map(([reason, times]) => [reason, count(times), reasonOf(reason)]),
                [1],
              ),
              table(
                ['item', 'attribute', 'reason'],
                leftItems.map(({ key, path, reason }) => [
                  JSON.stringify(key),
                  path === undefined ? '' : formatPath(path),
                  reason,
                ]),
              ),
            ),
          ]),
      section('Progress', curve(points)),
    ],
  )
}
