import { AwsError } from '../../aws.js'
import type { KmsCall, KmsOperations } from './types.js'

/** A key has one policy, of this name. Policies are kept and shown, and not enforced: see the fault `deny`. */
const POLICY_NAME = 'default'

export const policies: KmsOperations = {
  GetKeyPolicy(call) {
    const key = call.key()
    requirePolicyName(call)
    return { Policy: key.policy, PolicyName: POLICY_NAME }
  },

  PutKeyPolicy(call) {
    const key = call.key()
    requirePolicyName(call)
    const policy = call.parameters.string('Policy')
    requirePolicyDocument(policy)
    key.policy = policy
    return undefined
  },

  ListKeyPolicies(call) {
    call.key()
    return { PolicyNames: [POLICY_NAME], Truncated: false }
  },
}

/** Throws MalformedPolicyDocumentException for what is not a JSON object. */
export function requirePolicyDocument(policy: string): void {
  if (!policy.trimStart().startsWith('{')) throw malformed()
  try {
    JSON.parse(policy)
  } catch {
    throw malformed()
  }
}

function malformed(): AwsError {
  return new AwsError('MalformedPolicyDocumentException', 'The policy is not a JSON object.')
}

function requirePolicyName({ parameters }: KmsCall): void {
  const name = parameters.optionalString('PolicyName') ?? POLICY_NAME
  if (name !== POLICY_NAME) throw new AwsError('NotFoundException', 'No such policy exists')
}
