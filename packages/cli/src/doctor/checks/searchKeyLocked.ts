import { aws, CALLER } from '../aws.js'
import type { Check } from '../finding.js'
import { keyIdOf } from '../look/keyAccess.js'

export const searchKeyLocked: Check = {
  code: 'search-key-locked',
  severity: 'error',
  finds: 'a search key does not unwrap in a region',
  run: ({ searchKeys, keys }) =>
    searchKeys.flatMap(({ version, context, arn, region, failure }) => {
      if (arn === undefined || region === undefined || failure === undefined) return []
      const replica = keys.flatMap(key => key.replicas).find(one => one.arn === arn)
      // What is wrong with the replica itself is said of it.
      const works =
        replica === undefined ||
        [replica.failure, replica.foreign, ...replica.uses].every(one => one === undefined)
      const isUsable = replica?.description === undefined || replica.description.state === 'Enabled'
      if (!works || !isUsable) return []
      return {
        subject: `search key ${version}`,
        regions: [region],
        what: `Search key ${version} does not unwrap in ${region}: ${failure.reason}.`,
        why: 'Where this replica is the one that answers, no token can be written or searched for. Search keys have dynaseal:search in their context, in place of dynaseal:table: a condition has to allow both.',
        mend: [
          aws('kms create-grant', region, {
            'key-id': keyIdOf(arn),
            operations: 'Decrypt',
            'grantee-principal': CALLER,
            constraints: { EncryptionContextSubset: context },
          }),
        ],
      }
    }),
}
