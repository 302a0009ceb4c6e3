import { MrkKeyringConfigError } from './configError.js'
import { arnIn, EXAMPLE, isSameKey, type KeyArn, parseKeyArn } from './keyArn.js'
import { checkRegions } from './options.js'

/** One replica (or the primary) of a multi-Region key. */
export interface Replica {
  readonly region: string
  readonly arn: string
}

/**
 * The replicas that `keyArns` name, or that one ARN and `regions` span, in the order given.
 *
 * @throws MrkKeyringConfigError when they cannot be the replicas of one multi-Region key
 */
export function resolveReplicas(keyArns: readonly string[], regions?: readonly string[]): Replica[] {
  if (keyArns !== undefined && !Array.isArray(keyArns))
    throw new MrkKeyringConfigError(
      'BAD_OPTION',
      `keyArns is ${keyArns === null ? 'null' : `a ${typeof keyArns}`}: give an array, also for a single ARN: keyArns: ['${EXAMPLE}']`,
    )
  if (keyArns === undefined || keyArns.length === 0)
    throw new MrkKeyringConfigError(
      'NO_KEY',
      `keyArns is ${keyArns === undefined ? 'not given' : 'empty'}: give the ARN of every replica, or one ARN together with regions, such as ${EXAMPLE}`,
    )
  // Not map, which leaves out the holes of an array.
  const parsed = Array.from(keyArns, (arn, i) => parseKeyArn(arn, `keyArns[${i}]`))
  const first = parsed[0]!
  for (const [i, key] of parsed.entries())
    if (!isSameKey(first, key))
      throw new MrkKeyringConfigError(
        'DIFFERENT_KEYS',
        `${keyArns[0]} and ${keyArns[i]} are not replicas of the same key: give the replicas of one multi-Region key, ` +
          'and make a keyring for each further key (a MultiKeyringNode combines them)',
      )
  if (regions === undefined) return unique(parsed.map(({ region }, i) => ({ region, arn: keyArns[i]! })))
  checkRegions(regions)
  if (keyArns.length > 1)
    throw new MrkKeyringConfigError(
      'BAD_OPTION',
      'regions goes with a single ARN: leave it out where keyArns already names every replica',
    )
  return unique(regions.map(region => ({ region, arn: arnIn(first, region) })))
}

/** Whether an encrypted data key's provider info names this key, in whichever region. */
export function isReplicaOf({ arn }: Replica, providerInfo: string): boolean {
  let named: KeyArn
  try {
    named = parseKeyArn(providerInfo, 'provider information')
  } catch {
    // A malformed provider info is somebody else's data key. The stock keyring gives up on the whole
    // message instead, so that one broken entry hides the ones that work.
    return false
  }
  return isSameKey(parseKeyArn(arn, 'keyArns'), named)
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
