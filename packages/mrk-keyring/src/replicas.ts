import {
  constructArnInOtherRegion,
  isMultiRegionAwsKmsArn,
  mrkAwareAwsKmsKeyIdCompare,
  parseAwsKmsKeyArn,
} from '@aws-crypto/kms-keyring'
import { MrkKeyringConfigError } from './configError.js'

/** One replica (or the primary) of a multi-Region key. */
export interface Replica {
  readonly region: string
  readonly arn: string
}

type ParsedArn = Exclude<ReturnType<typeof parseAwsKmsKeyArn>, false>

const EXAMPLE = 'arn:aws:kms:us-east-1:111122223333:key/mrk-1234abcd12ab34cd56ef1234567890ab'

/**
 * The replicas that `keyArns` name, or that one ARN and `regions` span, in the order given.
 *
 * @throws MrkKeyringConfigError when they cannot be the replicas of one multi-Region key
 */
export function resolveReplicas(keyArns: readonly string[], regions?: readonly string[]): Replica[] {
  if (!Array.isArray(keyArns) || keyArns.length === 0)
    throw new MrkKeyringConfigError(
      'NO_KEY',
      `keyArns is empty: give the ARN of every replica, or one ARN together with regions, such as ${EXAMPLE}`,
    )
  const parsed = keyArns.map(parseMultiRegionArn)
  const first = keyArns[0]!
  for (const arn of keyArns)
    if (!mrkAwareAwsKmsKeyIdCompare(first, arn))
      throw new MrkKeyringConfigError(
        'DIFFERENT_KEYS',
        `${first} and ${arn} are not replicas of the same key: give the replicas of one multi-Region key, ` +
          'and make a keyring for each further key (a MultiKeyringNode combines them)',
      )
  if (regions === undefined) return unique(keyArns.map((arn, i) => ({ region: parsed[i]!.Region, arn })))
  if (keyArns.length > 1)
    throw new MrkKeyringConfigError(
      'BAD_OPTION',
      'regions goes with a single ARN: leave it out where keyArns already names every replica',
    )
  if (regions.length === 0)
    throw new MrkKeyringConfigError(
      'BAD_OPTION',
      'regions is empty: name the regions that hold a replica, or leave it out',
    )
  return unique(regions.map(region => replicaIn(first, region)))
}

/** The replica of the key `arn` in `region`. */
export function replicaIn(arn: string, region: string): Replica {
  return { region, arn: constructArnInOtherRegion(parseMultiRegionArn(arn), region) }
}

/** Whether an encrypted data key's provider info names this key, in whichever region. */
export function isSameKey(arn: string, providerInfo: string): boolean {
  try {
    return mrkAwareAwsKmsKeyIdCompare(arn, providerInfo)
  } catch {
    // A malformed provider info is somebody else's data key. The stock keyring gives up on the whole
    // message instead, so that one broken entry hides the ones that work.
    return false
  }
}

function parseMultiRegionArn(arn: string): ParsedArn {
  const parsed = parseArn(arn)
  if (parsed.ResourceType === 'alias')
    throw new MrkKeyringConfigError(
      'NOT_A_KEY_ARN',
      `${arn} is an alias, and an encrypted data key names the key itself, so that it could never be decrypted: ` +
        'give the key ARN that the alias points to, or let MrkKeyring.discover({ keyId }) find it',
    )
  if (!isMultiRegionAwsKmsArn(parsed))
    throw new MrkKeyringConfigError(
      'NOT_MULTI_REGION',
      `${arn} is a single-Region key, which no other region can decrypt with: give a multi-Region key ` +
        '(its id starts with mrk-), or use the stock KmsKeyringNode',
    )
  return parsed
}

function parseArn(arn: string): ParsedArn {
  let parsed: ReturnType<typeof parseAwsKmsKeyArn>
  try {
    parsed = parseAwsKmsKeyArn(arn)
  } catch {
    throw malformed(arn)
  }
  if (parsed === false)
    throw new MrkKeyringConfigError(
      'NOT_A_KEY_ARN',
      `${arn} is ${arn.startsWith('alias/') ? 'an alias' : 'a key id'} where a key ARN is needed: give the whole ARN, ` +
        `such as ${EXAMPLE}, or let MrkKeyring.discover({ keyId }) find it`,
    )
  // The parser ignores what follows a seventh colon.
  if (arn.split(':').length !== 6) throw malformed(arn)
  return parsed
}

function malformed(arn: string): MrkKeyringConfigError {
  return new MrkKeyringConfigError(
    'MALFORMED_ARN',
    `${JSON.stringify(arn)} is not the ARN of a KMS key: it should look like ${EXAMPLE}`,
  )
}

function unique(replicas: Replica[]): Replica[] {
  const seen = new Set<string>()
  for (const { region } of replicas) {
    if (seen.has(region))
      throw new MrkKeyringConfigError(
        'DUPLICATE_REGION',
        `${region} is named twice: a multi-Region key has one replica in a region`,
      )
    seen.add(region)
  }
  return replicas
}
