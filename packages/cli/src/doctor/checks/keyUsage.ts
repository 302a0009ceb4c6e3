import { aws } from '../aws.js'
import type { Check } from '../finding.js'
import { failuresOf, replicas } from '../select.js'

export const keyUsage: Check = {
  code: 'key-usage',
  severity: 'error',
  finds: 'the key is none for symmetric encryption',
  run: seen =>
    replicas(seen)
      .filter(
        replica =>
          (replica.description !== undefined && replica.description.usage !== 'ENCRYPT_DECRYPT') ||
          failuresOf(replica, ['usage']).length > 0,
      )
      .map(({ region, arn, description }) => ({
        subject: arn,
        regions: [region],
        what: `The key is one for ${description?.usage ?? 'something else'} (${description?.spec ?? 'of unknown spec'}), and makes no data keys.`,
        why: 'Nothing can be sealed under it. What a key is for cannot be changed.',
        mend: [
          aws('kms create-key', region, { 'multi-region': true }),
          '# In the configuration: keyArns with the ARN of that key and of its replicas',
        ],
      })),
}
