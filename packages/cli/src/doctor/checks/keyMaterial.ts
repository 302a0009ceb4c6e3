import { aws } from '../aws.js'
import type { Check } from '../finding.js'
import { keyIdOf } from '../look/keyAccess.js'
import { failuresOf, replicas } from '../select.js'

export const keyMaterial: Check = {
  code: 'key-material',
  severity: 'error',
  finds: 'a replica does not decrypt what another one encrypted',
  run: seen =>
    replicas(seen)
      .filter(replica => replica.foreign !== undefined || failuresOf(replica, ['material']).length > 0)
      .map(({ region, arn, foreign }) => ({
        subject: arn,
        regions: [region],
        what: `What was encrypted in ${foreign?.from ?? region} does not decrypt in ${region} (${foreign?.failure.reason ?? 'not even there'}).`,
        why: 'It has the id of the key and other key material: items that were written in one region open in no other. Replicas of one key always agree; is an endpoint of a client that of somewhere else?',
        mend: [
          aws('kms describe-key', region, {
            'key-id': keyIdOf(arn),
            query: 'KeyMetadata.MultiRegionConfiguration',
          }),
        ],
      })),
}
