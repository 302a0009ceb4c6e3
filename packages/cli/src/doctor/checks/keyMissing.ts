import { aws } from '../aws.js'
import type { Check } from '../finding.js'
import { keyIdOf } from '../look/keyAccess.js'
import { failuresOf } from '../select.js'

export const keyMissing: Check = {
  code: 'key-missing',
  severity: 'error',
  finds: 'KMS has no such replica in a region that a keyring names',
  run: ({ keys }) =>
    keys.flatMap(({ replicas }) => {
      const facts = replicas.find(({ description }) => description !== undefined)?.description
      const primary = facts?.replicas[0]?.region ?? 'PRIMARY_REGION'
      return replicas
        .filter(replica => failuresOf(replica, ['missing']).length > 0)
        .map(({ region, arn }) => ({
          subject: arn,
          regions: [region],
          what: `The keyring names a replica in ${region}, and KMS has none there.`,
          why: `Calls of ${region} go to another region and take longer; while that one is down, nothing there can be sealed or opened.`,
          mend: [aws('kms replicate-key', primary, { 'key-id': keyIdOf(arn), 'replica-region': region })],
        }))
    }),
}
