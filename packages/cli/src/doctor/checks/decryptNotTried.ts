import type { Check } from '../finding.js'
import { replicas } from '../select.js'

export const decryptNotTried: Check = {
  code: 'decrypt-not-tried',
  severity: 'note',
  finds: '`kms:Decrypt` was not tried, since the client only opens and nothing could be encrypted for a try',
  run: seen =>
    replicas(seen)
      .filter(({ unproven }) => unproven.length > 0)
      .map(({ region, arn, unproven }) => ({
        subject: arn,
        regions: [region],
        what: `Whether kms:Decrypt is allowed in ${region} for table ${unproven.join(', ')} was not tried: to make something to decrypt takes kms:GenerateDataKey.`,
        why: 'A client that only opens is as it should be without that. Opening an item tells.',
        mend: unproven.map(table => `dynaseal inspect ${table} KEY --check --region ${region}`),
      })),
}
