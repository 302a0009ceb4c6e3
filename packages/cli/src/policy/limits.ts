import { count } from '../output/numbers.js'
import type { PolicyDocument } from './document.js'
import { type Policies, ROLES, type Role } from './policies.js'
import { compact, MANAGED_POLICY, split } from './split.js'

/** Managed policies of a role; more on request (IAM user guide, "IAM and AWS STS quotas"). */
const POLICIES_OF_ROLE = 10
/** Characters of all inline policies of a role together, without white space (the same page). */
const INLINE_POLICIES = 10_240
/** Bytes of a key policy (KMS developer guide, "Resource quotas"). They are never raised. */
const KEY_POLICY = 32_768

/** What a policy may have: tab, line feed, carriage return, and U+0020 to U+00FF (both pages; KMS API reference, "PutKeyPolicy"). */
const ALLOWED = /^[\t\n\r\u0020-\u00ff]*$/

/**
 * What of policies AWS will not take, each with the way out; none where it takes all.
 *
 * @param whose only these are looked at
 */
export function policyWarnings({ roles, keys }: Policies, whose?: Role | 'keys'): string[] {
  return [
    ...ROLES.filter(role => whose === undefined || whose === role).flatMap(role => [
      ...ofSize(role, roles[role]),
      ...ofCharacters(`The policy of ${role}`, roles[role]),
    ]),
    ...(whose === undefined || whose === 'keys' ? keys : []).flatMap(({ id, policy }) => [
      ...ofKeySize(id, Buffer.byteLength(compact(policy))),
      ...ofCharacters(`The policy of key ${id}`, policy),
    ]),
  ]
}

function ofSize(role: string, policy: PolicyDocument): string[] {
  const size = compact(policy).length
  if (size <= MANAGED_POLICY) return []
  const parts = split(policy)
  const longest = Math.max(...parts.map(part => compact(part).length))
  const head = `The policy of ${role} has ${count(size)} characters, and a managed policy of IAM has ${count(MANAGED_POLICY)} at most.`
  if (longest > MANAGED_POLICY)
    return [
      `${head} Its longest statement alone makes ${count(longest)}, with names and values as long as they are: give the encryption context shorter ones.`,
    ]
  const inline =
    size > INLINE_POLICIES
      ? ''
      : ` Or it fits as an inline policy of a role, if all of these have ${count(INLINE_POLICIES)} together.`
  const many =
    parts.length > POLICIES_OF_ROLE
      ? ` A role has ${POLICIES_OF_ROLE}, and more on request; or print it for some of the tables (--table), for as many roles.`
      : ''
  return [
    `${head} It takes ${parts.length} of them, all attached: --part 1 to --part ${parts.length} print one each, and CDK and Terraform have them all.${many}${inline}`,
  ]
}

function ofKeySize(id: string, size: number): string[] {
  if (size <= KEY_POLICY) return []
  return [
    `The policy of key ${id} has ${count(size)} bytes without white space, and KMS takes ${count(KEY_POLICY)} at most. Seal some of the tables under another key.`,
  ]
}

function ofCharacters(what: string, policy: PolicyDocument): string[] {
  const strange = policy.Statement.find(
    statement => !ALLOWED.test(compact({ ...policy, Statement: [statement] })),
  )
  if (strange === undefined) return []
  return [
    `${what} has characters beyond U+00FF, in ${strange.Sid}, and AWS says that policies contain none. Try whether it is taken, and whether its condition holds; or give the value another name in the encryption context.`,
  ]
}
