import { aws } from '../aws.js'
import type { Check } from '../finding.js'

export const keyStoreRegions: Check = {
  code: 'key-store-regions',
  severity: 'warning',
  finds: 'the table of the branch keys is not in the same regions as their KMS key, as the keyring has it',
  run: ({ clients, keys }) =>
    clients.flatMap(({ tables }) =>
      [...tables.values()].flatMap(({ keyStore, keyIds }) => {
        const replicas = keys.find(({ id }) => id === keyIds[0])?.replicas.map(({ region }) => region)
        if (keyStore === undefined || replicas === undefined) return []
        const { tableName, regions } = keyStore
        const missing = replicas.filter(region => !regions.includes(region))
        if (missing.length === 0) return []
        return {
          subject: tableName,
          regions: missing,
          what: `The keyring reads branch keys from table ${tableName} in ${regions.join(', ')}, and their KMS key has a replica in ${missing.join(', ')}, too.`,
          why: 'It takes a row of the table and the key to get a branch key: where one of them is not, the other is no way out.',
          mend: [
            ...missing.map(region =>
              aws('dynamodb update-table', regions[0] ?? 'REGION', {
                'table-name': tableName,
                'replica-updates': [{ Create: { RegionName: region } }],
              }),
            ),
            '# In the configuration: add them to keyStore.regions of BranchKeyring',
          ],
        }
      }),
    ),
}
