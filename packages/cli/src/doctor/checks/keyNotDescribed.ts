import { allow } from '../aws.js'
import type { Check } from '../finding.js'
import { inAllRegions } from '../look/keyAccess.js'
import { replicas } from '../select.js'

export const keyNotDescribed: Check = {
  code: 'key-not-described',
  severity: 'note',
  finds: '`kms:DescribeKey` or `kms:ListAliases` is refused, so that state or aliases are not known',
  run: seen =>
    replicas(seen)
      .filter(({ notDescribed }) => notDescribed.length > 0)
      .map(({ region, arn, notDescribed }) => {
        const actions = notDescribed.map(({ action }) => action)
        return {
          subject: arn,
          regions: [region],
          what: `${actions.join(' and ')} ${actions.length > 1 ? 'are' : 'is'} refused in ${region}: what it would have told was not checked.`,
          why: 'The application needs neither, this command does.',
          // Aliases are listed for a whole account: kms:ListAliases takes no key.
          mend: [allow(actions, actions.includes('kms:ListAliases') ? '*' : inAllRegions(arn))],
        }
      }),
}
