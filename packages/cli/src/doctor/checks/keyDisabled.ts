import { aws } from '../aws.js'
import type { Check } from '../finding.js'
import { keyIdOf } from '../look/keyAccess.js'
import { replicas } from '../select.js'

export const keyDisabled: Check = {
  code: 'key-disabled',
  severity: 'error',
  finds: 'a replica is disabled',
  run: seen =>
    replicas(seen)
      .filter(({ description }) => description?.state === 'Disabled')
      .map(({ region, arn }) => ({
        subject: arn,
        regions: [region],
        what: `The replica in ${region} is disabled.`,
        why: 'Each replica is enabled by itself. The keyring goes on to other regions; when they are lost, nothing is left that decrypts.',
        mend: [aws('kms enable-key', region, { 'key-id': keyIdOf(arn) })],
      })),
}
