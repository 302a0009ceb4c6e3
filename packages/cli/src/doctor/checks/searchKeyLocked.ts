import { aws, CALLER } from '../aws.js'
import type { Check } from '../finding.js'
import { keyIdOf } from '../look/keyAccess.js'
import { isBroken } from '../select.js'

export const searchKeyLocked: Check = {
  code: 'search-key-locked',
  severity: 'error',
  finds: 'a search key does not unwrap in a region',
  run: seen =>
    seen.searchKeys.flatMap(({ version, context, arn, region, reason }) => {
      // What is wrong with the region itself is said of it.
      if (region === undefined || reason === undefined || isBroken(seen, region, arn)) return []
      const grant = (of: string) =>
        aws('kms create-grant', region, {
          'key-id': keyIdOf(of),
          operations: 'Decrypt',
          'grantee-principal': CALLER,
          constraints: { EncryptionContextSubset: context },
        })
      return {
        subject: `search key ${version}`,
        regions: [region],
        what: `Search key ${version} does not unwrap in ${region}: ${reason}.`,
        why: 'Where this replica is the one that answers, no token can be written or searched for. Search keys have dynaseal:search in their context, in place of dynaseal:table: a condition has to allow both.',
        mend: [arn === undefined ? `dynaseal search-key list --region ${region}` : grant(arn)],
      }
    }),
}
