import { checkOptions } from '../checkOptions.js'
import { DynasealError, invalidOption } from '../errors.js'
import { type KeyringParts, PARTS } from '../parts.js'
import { type Keyring, sourceAsKeyring, sourceOf } from './keyring.js'
import { checkedKeyring } from './keyringOf.js'
import { isPermanent } from './refusals.js'

export interface CombinedKeyrings {
  /** Makes all new data keys, and is the first that is asked for old ones. */
  readonly sealWith: Keyring
  /** Asked, in this order, for data keys that the first does not decrypt. */
  readonly openWith: readonly Keyring[]
}

/**
 * A keyring that writes under one key and opens with several: to move to another KMS key, account or provider. What is
 * new is wrapped by `sealWith` alone, so the old key can end once everything has been written again.
 *
 * @throws {ConfigurationError} `invalid-option`
 * @example
 * const keyring = combineKeyrings({ sealWith: newKey, openWith: [oldKey] })
 */
export function combineKeyrings(keyrings: CombinedKeyrings): Keyring {
  checkOptions(undefined, keyrings, ['sealWith', 'openWith'])
  const sealWith = checkedKeyring('sealWith', keyrings.sealWith)
  if (!Array.isArray(keyrings.openWith))
    throw invalidOption('The option openWith must be a list of keyrings.')
  const openWith = keyrings.openWith.map(keyring => checkedKeyring('openWith', keyring))
  const combined = sourceAsKeyring({
    generateDataKey: async request => (await sourceOf(sealWith)).generateDataKey(request),
    decryptDataKey: async request => {
      const errors: unknown[] = []
      for (const keyring of [sealWith, ...openWith]) {
        try {
          return await (await sourceOf(keyring)).decryptDataKey(request)
        } catch (error) {
          request.signal?.throwIfAborted()
          errors.push(error)
        }
      }
      throw new NoKeyringOpensError(errors)
    },
  })
  return { ...combined, [PARTS]: { kind: 'combined', sealWith, openWith } satisfies KeyringParts } as Keyring
}

/** None of the keyrings of {@link combineKeyrings} decrypts a data key. `errors` has that of each, in their order. */
export class NoKeyringOpensError extends DynasealError {
  override readonly name = 'NoKeyringOpensError'
  readonly code = 'no-keyring-opens'
  /** Whether all of them refused for good. */
  readonly permanent: boolean

  constructor(readonly errors: readonly unknown[]) {
    const reasons = errors.map(error => (error instanceof Error ? error.message : String(error)))
    super(
      `None of the ${errors.length} keyrings decrypts the data key: ${reasons.join(' | ')}`,
      errors.length === 1 ? errors[0] : new AggregateError(errors),
    )
    this.permanent = errors.every(isPermanent)
  }
}
