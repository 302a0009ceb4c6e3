import type { Keyring, KeyringOfContext } from '@dynaseal/core'
import { combineKeyrings } from '@dynaseal/core'
import { sourceAsKeyring } from '@dynaseal/core/formats'
import {
  type AnyItemKeyrings,
  type ItemKeyrings,
  type KeyringParts,
  keyringParts,
} from '@dynaseal/core/parts'
import { CliError } from '../errors.js'

/** A multi-Region key that a keyring uses, of itself or under branch keys. */
export interface UsedKey {
  readonly key: Exclude<KeyringParts, { readonly kind: 'combined' }>
  /** Whether new data keys are made under it; otherwise it only opens old ones. */
  readonly seals: boolean
}

/**
 * The keys of a keyring.
 *
 * @throws {CliError} `unsupported` for keyrings that tell nothing of them
 */
export function keysOf(keyring: Keyring, seals = true): UsedKey[] {
  const parts = keyringParts(keyring)
  if (parts === undefined) {
    throw new CliError(
      'unsupported',
      'A keyring of the configuration does not tell which keys it has. Those of @dynaseal/mrk-keyring and @dynaseal/branch-keyring do, also in combineKeyrings().',
    )
  }
  if (parts.kind !== 'combined') return [{ key: parts, seals }]
  return [...keysOf(parts.sealWith, seals), ...parts.openWith.flatMap(one => keysOf(one, false))]
}

/** In no order that matters. */
export function regionsOf(keys: readonly UsedKey[]): string[] {
  return [...new Set(keys.flatMap(({ key }) => key.replicas.map(({ region }) => region)))]
}

/** The keyring for an encryption context, where it depends on that. */
export async function keyringFor(
  keyring: Keyring | KeyringOfContext,
  context: Readonly<Record<string, string>>,
): Promise<Keyring> {
  return typeof keyring === 'function' ? keyring(context) : keyring
}

/** Those of the recipients of an item, where they depend on its encryption context. */
export async function itemKeyringsFor(
  keyrings: AnyItemKeyrings,
  context: Readonly<Record<string, string>>,
): Promise<readonly Keyring[]> {
  return listOf(typeof keyrings === 'function' ? await keyrings(context) : keyrings)
}

function listOf(keyrings: ItemKeyrings): readonly Keyring[] {
  return Array.isArray(keyrings) ? keyrings : [keyrings as Keyring]
}

/** {@link aloneIn} of each recipient of an item: what one of them opens, opens. */
export function allAloneIn(region: string, keyrings: AnyItemKeyrings): AnyItemKeyrings {
  const alone = (given: ItemKeyrings) => listOf(given).map(one => keyringIn(region, one))
  return typeof keyrings === 'function' ? async context => alone(await keyrings(context)) : alone(keyrings)
}

/**
 * The same keyring over the replicas of one region alone. Where a key has none there, whatever is asked of it is refused.
 *
 * @throws {CliError} `unsupported`, or rejects with it where a function gives the keyring
 */
export function aloneIn(region: string, keyring: Keyring | KeyringOfContext): Keyring | KeyringOfContext {
  if (typeof keyring === 'function') return async context => keyringIn(region, await keyring(context))
  return keyringIn(region, keyring)
}

function keyringIn(region: string, keyring: Keyring): Keyring {
  const parts = keyringParts(keyring)
  if (parts?.kind === 'combined') {
    const { sealWith, openWith } = parts
    return combineKeyrings({
      sealWith: keyringIn(region, sealWith),
      openWith: openWith.map(one => keyringIn(region, one)),
    })
  }
  const [{ key }] = keysOf(keyring) as [UsedKey]
  try {
    return key.alone(region)
  } catch {
    return refusing(noReplica(region, key))
  }
}

function noReplica(region: string, key: UsedKey['key']): CliError {
  const lacksTable = key.kind === 'branch-keys' && !key.keyStore.regions.includes(region)
  const what = lacksTable
    ? `The table of branch keys, ${key.keyStore.tableName},`
    : `Key ${key.replicas[0]!.arn.split('/').at(-1)}`
  return new CliError('failed', `${what} has no replica in ${region}, as the configuration has it.`)
}

function refusing(error: Error): Keyring {
  const refuse = () => Promise.reject(error)
  return sourceAsKeyring({ generateDataKey: refuse, decryptDataKey: refuse })
}
