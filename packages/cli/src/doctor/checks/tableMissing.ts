import { aws } from '../aws.js'
import type { Check } from '../finding.js'
import { described } from '../select.js'

export const tableMissing: Check = {
  code: 'table-missing',
  severity: 'error',
  finds: "DynamoDB has no such table in a client's region",
  run: seen =>
    seen.tables
      .filter(({ failure }) => failure?.kind === 'missing')
      .map(({ name, region }) => {
        const elsewhere = described(seen).find(table => table.name === name)
        const replicate = elsewhere && {
          'table-name': name,
          'replica-updates': [{ Create: { RegionName: region } }],
        }
        return {
          subject: name,
          regions: [region],
          what: `Table ${name} does not exist in ${region}${elsewhere === undefined ? '' : `; it does in ${elsewhere.region}`}.`,
          why: `Every command of the client for ${region} on it fails.`,
          mend: [
            replicate === undefined
              ? aws('dynamodb list-tables', region, {})
              : aws('dynamodb update-table', elsewhere!.region, replicate),
          ],
        }
      }),
}
