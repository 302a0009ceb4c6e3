import { aws } from '../aws.js'
import type { Check } from '../finding.js'
import { isBroken } from '../select.js'

export const beaconKeyLocked: Check = {
  code: 'beacon-key-locked',
  severity: 'error',
  finds: 'the beacon key of a branch key is not there, or does not unwrap, in a region',
  run: seen =>
    seen.beaconKeys.flatMap(({ branchKeyId, region, reason }) => {
      // What is wrong with the region itself is said of it.
      if (reason === undefined || isBroken(seen, region)) return []
      const stores = seen.clients.flatMap(({ tables }) =>
        [...tables.values()].flatMap(one => one.keyStore ?? []),
      )
      const [store] = stores
      return {
        subject: `beacon key of ${branchKeyId}`,
        regions: [region],
        what: `The beacon key of branch key ${branchKeyId} does not unwrap in ${region}: ${reason}`,
        why: 'Where this region is the one that answers, nothing is found by beacons, and no item that has some is written. It is a row of its own beside the branch key, with a type of its own in the context of KMS.',
        mend: [keyStoreRow(store?.tableName, region, branchKeyId, 'beacon:ACTIVE')],
      }
    }),
}

/** What shows a row of a table of branch keys, whose names the AWS Encryption SDK's specification has. */
export function keyStoreRow(
  tableName: string | undefined,
  region: string,
  branchKeyId: string | undefined,
  type: string,
): string {
  return aws('dynamodb get-item', region, {
    'table-name': tableName ?? 'KEY_STORE',
    key: { 'branch-key-id': { S: branchKeyId ?? 'BRANCH_KEY_ID' }, type: { S: type } },
  })
}
