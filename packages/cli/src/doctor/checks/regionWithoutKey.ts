import { aws } from '../aws.js'
import type { Check } from '../finding.js'
import { eachOnce, regionsOf } from '../select.js'

export const regionWithoutKey: Check = {
  code: 'region-without-key',
  severity: 'warning',
  finds: 'the table is in a region in which its key has no replica',
  run: seen =>
    eachOnce(seen).flatMap(({ table }) => {
      const { name, of } = table
      const key = seen.keys.find(({ id }) => id === of.keyIds[0])
      if (key === undefined) return []
      const known = key.replicas.flatMap(({ region, description }) => [
        region,
        // That the keyring does not name one is said of the replica.
        ...(description?.replicas ?? []).map(one => one.region),
      ])
      const primary = key.replicas.find(one => one.description)?.description?.replicas[0]?.region
      return regionsOf(table)
        .filter(region => !known.includes(region))
        .map(region => ({
          subject: name,
          regions: [region],
          what: `Table ${name} is in ${region}, and its key ${key.id} has no replica there.`,
          why: 'Reading and writing there calls KMS in another region, and ends when that is lost.',
          mend: [
            aws('kms replicate-key', primary ?? 'PRIMARY_REGION', {
              'key-id': key.id,
              'replica-region': region,
            }),
            '# In the configuration: add it to keyArns of MrkKeyring',
          ],
        }))
    }),
}
