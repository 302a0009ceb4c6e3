import { aws } from '../aws.js'
import type { Check } from '../finding.js'

export const ownRegionWithoutReplica: Check = {
  code: 'own-region-without-replica',
  severity: 'warning',
  finds: "a keyring's own region has no replica that it names",
  run: ({ clients, keys }) =>
    clients.flatMap(({ region, ownRegion, route, tables }) => {
      if (ownRegion === undefined || route.length === 0 || route.includes(ownRegion)) return []
      const [id] = [...tables.values()].flatMap(({ keyIds }) => keyIds)
      const facts = keys.find(key => key.id === id)?.replicas.find(one => one.description)?.description
      // Said of the replica that nobody names.
      if (facts?.replicas.some(one => one.region === ownRegion)) return []
      return {
        subject: id ?? region,
        regions: [ownRegion],
        what: `The keyring of the client for ${region} runs in ${ownRegion}, and has no replica there: it has ${route.join(', ')}.`,
        why: 'Every call of it crosses regions.',
        mend: [
          aws('kms replicate-key', facts?.replicas[0]?.region ?? 'PRIMARY_REGION', {
            'key-id': id ?? 'KEY',
            'replica-region': ownRegion,
          }),
          '# In the configuration: add it to keyArns of MrkKeyring',
        ],
      }
    }),
}
