import { aws } from '../aws.js'
import type { Check } from '../finding.js'
import { described, regionsOf } from '../select.js'

export const separateTables: Check = {
  code: 'separate-tables',
  severity: 'error',
  finds: 'tables of one name in several regions are no global table',
  run: seen =>
    described(seen).flatMap(table => {
      const first = described(seen).find(one => one.name === table.name)!
      if (first === table || regionsOf(first).includes(table.region)) return []
      const { name, region } = table
      return {
        subject: name,
        regions: [first.region, region],
        what: `Table ${name} of ${first.region} and table ${name} of ${region} are not replicas of one another.`,
        why: 'Items that are written in one region are not there in the other, and clients take both for one table.',
        mend: [
          `# Only when nothing of the table in ${region} is needed:`,
          aws('dynamodb delete-table', region, { 'table-name': name }),
          aws('dynamodb update-table', first.region, {
            'table-name': name,
            'replica-updates': [{ Create: { RegionName: region } }],
          }),
        ],
      }
    }),
}
