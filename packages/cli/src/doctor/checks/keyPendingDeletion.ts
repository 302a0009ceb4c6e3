import { aws } from '../aws.js'
import type { Check } from '../finding.js'
import { keyIdOf } from '../look/keyAccess.js'
import { replicas } from '../select.js'

export const keyPendingDeletion: Check = {
  code: 'key-pending-deletion',
  severity: 'error',
  finds: 'a replica waits for its deletion',
  run: seen =>
    replicas(seen)
      .filter(
        ({ description }) =>
          description?.state.startsWith('Pending') && description.state !== 'PendingImport',
      )
      .map(({ region, arn, description }) => {
        const day = description?.deletion?.toISOString().slice(0, 10)
        return {
          subject: arn,
          regions: [region],
          what: `The replica in ${region} will be deleted${day === undefined ? ', after the other replicas' : ` on ${day}`}, and cannot be used until then.`,
          why: 'A deleted replica can be made again while another one is there. When the last one is gone, everything that is sealed under the key is lost.',
          mend: [
            aws('kms cancel-key-deletion', region, { 'key-id': keyIdOf(arn) }),
            aws('kms enable-key', region, { 'key-id': keyIdOf(arn) }),
          ],
        }
      }),
}
