import { aws } from '../aws.js'
import type { Check } from '../finding.js'
import { described } from '../select.js'

/** Tables can be used while they are updated. */
const FINE = ['ACTIVE', 'UPDATING']

export const tableNotActive: Check = {
  code: 'table-not-active',
  severity: 'error',
  finds: 'the table, or a replica of it, is not active',
  run: seen =>
    described(seen).flatMap(({ name, region, description: { TableStatus = '', Replicas = [] } }) => {
      const own = FINE.includes(TableStatus) ? [] : [{ region, status: TableStatus }]
      const others = Replicas.filter(({ ReplicaStatus = '' }) => !FINE.includes(ReplicaStatus))
        // What a client of its own looks at says so itself.
        .filter(({ RegionName }) => !seen.clients.some(client => client.region === RegionName))
        .map(({ RegionName = '', ReplicaStatus = '' }) => ({ region: RegionName, status: ReplicaStatus }))
      return [...own, ...others].map(one => ({
        subject: name,
        regions: [one.region],
        what: `Table ${name} in ${one.region} is ${one.status}.`,
        why: 'It cannot be read or written there, or not reliably.',
        mend: [aws('dynamodb wait table-exists', one.region, { 'table-name': name })],
      }))
    }),
}
