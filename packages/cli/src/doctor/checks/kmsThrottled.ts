import { aws } from '../aws.js'
import type { Check } from '../finding.js'
import { failuresOf, replicas } from '../select.js'

export const kmsThrottled: Check = {
  code: 'kms-throttled',
  severity: 'warning',
  finds: 'KMS throttles this account in a region',
  run: seen =>
    replicas(seen).flatMap(replica => {
      const [failure] = failuresOf(replica, ['throttled'])
      const { region, arn } = replica
      if (failure === undefined) return []
      return {
        subject: arn,
        regions: [region],
        what: `KMS throttles ${failure.action} in ${region}: ${failure.reason}.`,
        why: 'The quota is one for all that an account does with KMS in a region. The keyring asks other regions meanwhile, whose quotas then have to bear it.',
        mend: [
          aws('service-quotas list-service-quotas', region, {
            'service-code': 'kms',
            query: "Quotas[?contains(QuotaName, 'symmetric')]",
          }),
        ],
      }
    }),
}
