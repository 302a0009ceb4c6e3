import type { Check } from '../finding.js'
import { eachOnce, regionsOf } from '../select.js'

export const regionWithoutClient: Check = {
  code: 'region-without-client',
  severity: 'note',
  finds: 'a region that the table is in has no client in the configuration, and was not looked at',
  run: seen =>
    eachOnce(seen).flatMap(({ table }) => {
      const missing = regionsOf(table).filter(
        region => !seen.clients.some(client => client.region === region && client.tables.has(table.name)),
      )
      if (missing.length === 0) return []
      return {
        subject: table.name,
        regions: missing,
        what: `Table ${table.name} is in ${missing.join(', ')}, too, and no client of the configuration for there knows it.`,
        why: 'The table, and what the application declares of it there, was not checked.',
        mend: [
          `# In the configuration: clients: [..., ${missing.map(region => `client('${region}')`).join(', ')}]`,
        ],
      }
    }),
}
