import { aws } from '../aws.js'
import type { Check } from '../finding.js'
import { keyIdOf } from '../look/keyAccess.js'
import { failuresOf, replicas } from '../select.js'

const OTHERS = ['Enabled', 'Updating', 'Disabled', 'PendingDeletion', 'PendingReplicaDeletion']

export const keyNotReady: Check = {
  code: 'key-not-ready',
  severity: 'error',
  finds:
    'a replica is in another state in which it cannot be used: `Creating`, `PendingImport`, `Unavailable`',
  run: seen =>
    replicas(seen)
      .filter(
        replica =>
          !OTHERS.includes(replica.description?.state ?? 'Enabled') ||
          failuresOf(replica, ['state']).length > 0,
      )
      .map(({ region, arn, description }) => ({
        subject: arn,
        regions: [region],
        what: `The replica in ${region} is in state ${description?.state ?? 'unknown'}, and cannot be used.`,
        why: 'The keyring goes on to other regions until it can.',
        mend: [aws('kms describe-key', region, { 'key-id': keyIdOf(arn), query: 'KeyMetadata.KeyState' })],
      })),
}
