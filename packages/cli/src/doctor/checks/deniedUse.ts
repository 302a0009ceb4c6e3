import { aws, CALLER } from '../aws.js'
import type { Check, Found } from '../finding.js'
import { keyIdOf } from '../look/keyAccess.js'
import type { SeenReplica } from '../seen.js'
import { replicas, sorted } from '../select.js'

/** A check of one permission, in each region. */
export function deniedUse(code: string, operation: 'GenerateDataKey' | 'Decrypt'): Check {
  return {
    code,
    severity: 'error',
    finds: `\`kms:${operation}\` is refused, for the encryption context of a table`,
    run: seen => replicas(seen).flatMap(replica => denials(replica, operation)),
  }
}

const WHY = {
  GenerateDataKey: 'Nothing can be sealed with this replica: when the others are lost, every write fails.',
  Decrypt: 'Nothing can be opened with this replica: when the others are lost, every read fails.',
}

function denials({ region, arn, uses }: SeenReplica, operation: keyof typeof WHY): Found[] {
  const denied = uses.filter(
    ({ failure }) => failure.kind === 'denied' && failure.action === `kms:${operation}`,
  )
  if (denied.length === 0) return []
  const tables = denied.map(({ table }) => table).join(', ')
  const contexts = denied.map(({ context }) => sorted(context)).join('; ')
  return [
    {
      subject: arn,
      regions: [region],
      what: `kms:${operation} is refused in ${region} for table ${tables}, with the encryption context ${contexts}. ${denied[0]!.failure.reason}.`,
      why: `${WHY[operation]} Key policies, grants and conditions on the context are those of one region.`,
      mend: denied.map(({ context }) =>
        aws('kms create-grant', region, {
          'key-id': keyIdOf(arn),
          operations: operation,
          'grantee-principal': CALLER,
          constraints: { EncryptionContextSubset: context },
        }),
      ),
    },
  ]
}
