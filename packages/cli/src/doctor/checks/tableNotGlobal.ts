import { aws } from '../aws.js'
import type { Check } from '../finding.js'
import { described, regionsOf } from '../select.js'

export const tableNotGlobal: Check = {
  code: 'table-not-global',
  severity: 'note',
  finds: 'the key has replicas in more regions than the table',
  run: seen =>
    described(seen).flatMap(table => {
      const { name, region, of } = table
      const [id] = of.keyIds
      const there = regionsOf(table)
      const replicas = seen.keys.find(key => key.id === id)?.replicas ?? []
      // A region of a client says so itself.
      const looked = seen.clients.filter(({ tables }) => tables.has(name)).map(client => client.region)
      const missing = replicas
        .map(replica => replica.region)
        .filter(one => !there.includes(one) && !looked.includes(one))
      if (missing.length === 0 || looked[0] !== region) return []
      return {
        subject: name,
        regions: missing,
        what: `Table ${name} is in ${there.join(', ')}, and its key has a replica in ${missing.join(', ')}, too.`,
        why: 'When the regions of the table are lost, the key that is left opens nothing. As a way out for KMS alone, it is fine.',
        mend: missing.map(one =>
          aws('dynamodb update-table', region, {
            'table-name': name,
            'replica-updates': [{ Create: { RegionName: one } }],
          }),
        ),
      }
    }),
}
