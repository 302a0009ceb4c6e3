import type { PolicyDocument, Statement } from './document.js'
import type { KeyUse } from './keyUses.js'
import { merged, numbered } from './statements.js'

/** The policy of a multi-Region key. */
export interface KeyPolicy {
  /** `mrk-…` */
  readonly id: string
  /** Each has a policy of its own: `ReplicateKey` does not copy it. */
  readonly replicas: readonly { readonly region: string; readonly arn: string }[]
  readonly policy: PolicyDocument
}

/** All but what uses the key, which not even an administrator may do by other than Dynaseal's contexts. */
const ADMINISTRATION = [
  'kms:CancelKeyDeletion',
  'kms:CreateAlias',
  'kms:DeleteAlias',
  'kms:DescribeKey',
  'kms:DisableKey',
  'kms:DisableKeyRotation',
  'kms:EnableKey',
  'kms:EnableKeyRotation',
  'kms:GetKeyPolicy',
  'kms:GetKeyRotationStatus',
  'kms:ListGrants',
  'kms:ListKeyPolicies',
  'kms:ListKeyRotations',
  'kms:ListResourceTags',
  'kms:PutKeyPolicy',
  'kms:ReplicateKey',
  'kms:RevokeGrant',
  'kms:RotateKeyOnDemand',
  'kms:ScheduleKeyDeletion',
  'kms:TagResource',
  'kms:UntagResource',
  'kms:UpdateAlias',
  'kms:UpdateKeyDescription',
  'kms:UpdatePrimaryRegion',
]

/** What makes and rotates branch keys (aws-encryption-sdk-specification, framework/branch-key-store.md). */
const BRANCH_KEY_ADMINISTRATION = [
  'kms:GenerateDataKeyWithoutPlaintext',
  'kms:ReEncryptFrom',
  'kms:ReEncryptTo',
]

/**
 * For each key: the account administers it, and its IAM policies decide who uses it, but only for what Dynaseal does with
 * it. What is not allowed here, no IAM policy of the account can allow.
 */
export function keyPolicies(uses: readonly KeyUse[]): KeyPolicy[] {
  const keys = new Map<string, KeyUse[]>()
  for (const use of uses) {
    const { arn } = use.key.replicas[0]!
    const id = arn.slice(arn.lastIndexOf('/') + 1)
    keys.set(id, [...(keys.get(id) ?? []), use])
  }
  return [...keys].map(([id, ofKey]) => {
    const replicas = [
      ...new Map(ofKey.flatMap(({ key }) => key.replicas).map(one => [one.arn, one])).values(),
    ].map(({ region, arn }) => ({ region, arn }))
    const [, partition, , , account] = replicas[0]!.arn.split(':')
    const allow = (Sid: string, Action: readonly string[]): Statement => ({
      Sid,
      Effect: 'Allow',
      Principal: { AWS: `arn:${partition}:iam::${account}:root` },
      Action,
      // In a key policy, the key itself.
      Resource: ['*'],
    })
    const statements = ofKey.map(({ what, action, condition, ofKeyPolicy = condition }) => ({
      ...(what === 'open branch keys' || what === 'open beacon keys'
        ? allow('UseForBranchKeys', [action, ...BRANCH_KEY_ADMINISTRATION])
        : allow(action === 'kms:Decrypt' ? 'Decrypt' : 'GenerateDataKey', [action])),
      Condition: ofKeyPolicy,
    }))
    const Statement = numbered(merged([allow('Administer', ADMINISTRATION), ...statements]))
    return { id, replicas, policy: { Version: '2012-10-17', Statement } }
  })
}
