import { invalidOption } from '@dynaseal/core/formats'
import type { Features } from '../client/features.js'
import type { SealOptions } from '../client/sealOptions.js'

/** The options of a client that has no other features than it is given. */
export type SlimOptions<TTL extends string = string> = SealOptions<TTL> & {
  /** What it does besides commands on encrypted attributes, each from an entry of its own. Default: nothing. */
  readonly features?: readonly Features[]
}

/**
 * The features, and the other options.
 *
 * @throws {ConfigurationError} `invalid-option`
 */
export function splitFeatures<TTL extends string>(
  given: SlimOptions<TTL>,
): { features: readonly Features[]; options: SealOptions<TTL> } {
  // As for a client of the main entry, which says what is wrong.
  if (typeof given !== 'object' || given === null) return { features: [], options: given }
  const { features = [], ...options } = given
  if (!Array.isArray(features) || features.some(feature => typeof feature !== 'object' || feature === null))
    throw invalidOption('The option features must be a list of what the entries of features export.')
  return { features, options: options as SealOptions<TTL> }
}
