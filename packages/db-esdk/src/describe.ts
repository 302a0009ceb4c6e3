import type { AttributeValue } from '@dynaseal/core'
import { asBuffer, type EncryptedDataKeyEntry } from '@dynaseal/core/formats'
import { type AlgorithmSuite, parseHeader } from './header.js'
import { WRAPPED_BYTES } from './intermediateKeys.js'
import { FOOTER, HEADER } from './names.js'

/** What the header of a stored item says of itself. Whoever wrote it wrote this: nothing of it has been authenticated. */
export interface ItemDescription {
  readonly version: 1 | 2
  readonly algorithmSuite: AlgorithmSuite
  /** How many attributes are encrypted. */
  readonly encrypted: number
  /** As the keyrings made them. */
  readonly encryptedDataKeys: readonly EncryptedDataKeyEntry[]
}

/** Names of the attributes that the format adds to items: header and footer. */
export const ITEM_ATTRIBUTES: readonly [string, string] = [HEADER, FOOTER]

/**
 * Takes the header of a stored item apart, without any key.
 *
 * @returns undefined for an item that has none
 * @throws {FieldError} `malformed-message`, `unsupported-version` or `unsupported-suite`
 */
export function describeItem(item: Readonly<Record<string, AttributeValue>>): ItemDescription | undefined {
  const { B } = ((Object.hasOwn(item, HEADER) ? item[HEADER] : undefined) ?? {}) as { B?: unknown }
  if (!(B instanceof Uint8Array)) return undefined
  const { version, suite, legend, encryptedDataKeys } = parseHeader(asBuffer(B))
  return {
    version,
    algorithmSuite: suite,
    encrypted: legend.replaceAll(/[^e]/g, '').length,
    encryptedDataKeys: encryptedDataKeys.map(entry => ({
      ...entry,
      encryptedDataKey: entry.encryptedDataKey.subarray(WRAPPED_BYTES),
    })),
  }
}
