import { aws } from '../aws.js'
import type { Check } from '../finding.js'
import { keyIdOf } from '../look/keyAccess.js'
import { failuresOf, replicas } from '../select.js'

export const kmsUnreachable: Check = {
  code: 'kms-unreachable',
  severity: 'error',
  finds: 'KMS does not answer in a region, or fails there',
  run: seen =>
    replicas(seen).flatMap(replica => {
      const [failure] = failuresOf(replica, ['unreachable', 'other'])
      const { region, arn } = replica
      if (failure === undefined) return []
      return {
        subject: arn,
        regions: [region],
        what: `KMS in ${region} gives no answer of use to ${failure.action}: ${failure.reason}.`,
        why: 'Each process waits for it until its breaker opens, and then goes on to the next region. From a private network, KMS takes a VPC endpoint in, or a way to, each region.',
        mend: [aws('kms describe-key', region, { 'key-id': keyIdOf(arn), debug: true })],
      }
    }),
}
