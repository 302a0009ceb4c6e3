import { createRequire } from 'node:module'
import { ConfigurationError } from '../errors.js'

export type AwsMaterials = typeof import('@aws-crypto/material-management')

let bundled: (() => Promise<AwsMaterials>) | undefined

/** Where they are to be taken from, in a bundle. */
export function provideAwsMaterials(load: () => Promise<AwsMaterials>): void {
  bundled = load
}

/**
 * The AWS Encryption SDK's materials, for a keyring that speaks nothing else.
 *
 * @throws {ConfigurationError} `invalid-option` in a bundle that does not have them
 */
export async function loadAwsMaterials(): Promise<AwsMaterials> {
  try {
    if (bundled !== undefined) return await bundled()
    // No bundler sees that: most applications need none of it, and it is as large as all of ours that they do need.
    return createRequire(import.meta.url)('@aws-crypto/material-management') as AwsMaterials
  } catch (cause) {
    throw new ConfigurationError(
      'invalid-option',
      "The keyring speaks the AWS Encryption SDK's materials alone, and @aws-crypto/material-management could not be loaded. In a bundle, take it in: import '@dynaseal/core/materials'.",
      cause,
    )
  }
}
