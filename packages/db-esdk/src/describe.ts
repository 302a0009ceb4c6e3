import type { AttributeValue } from '@dynaseal/core'
import { asBuffer, type EncryptedDataKeyEntry, TypeId } from '@dynaseal/core/formats'
import { TAG_BYTES } from './gcm.js'
import { type AlgorithmSuite, parseHeader } from './header.js'
import { WRAPPED_BYTES } from './intermediateKeys.js'
import { comparePaths, FOOTER, HEADER, RESERVED_PREFIX } from './names.js'
import { type CryptoAction, signedBy, type UnsignedOptions } from './table.js'

/** What the header of a stored item says of itself. Whoever wrote it wrote this: nothing of it has been authenticated. */
export interface ItemDescription {
  /** 2 where an attribute is in the encryption context. */
  readonly version: 1 | 2
  readonly algorithmSuite: AlgorithmSuite
  /** How many attributes are encrypted. */
  readonly encrypted: number
  /** The letter of each signed attribute, in the order of their canonical paths: `e`, `s` or `c`. */
  readonly legend: string
  /** The stored part of the encryption context. */
  readonly context: Readonly<Record<string, string>>
  /** As the keyrings made them. */
  readonly encryptedDataKeys: readonly EncryptedDataKeyEntry[]
  /** 32 bytes. */
  readonly messageId: Uint8Array
  /** To the data key, 32 bytes. */
  readonly commitment: Uint8Array
  /** Of the header. */
  readonly bytes: number
}

/** Names of the attributes that the format adds to items: header and footer. */
export const ITEM_ATTRIBUTES: readonly [string, string] = [HEADER, FOOTER]

type Item = Readonly<Record<string, AttributeValue>>

/**
 * Takes the header of a stored item apart, without any key.
 *
 * @returns undefined for an item that has none
 * @throws {FieldError} `malformed-message`, `unsupported-version` or `unsupported-suite`
 */
export function describeItem(item: Item): ItemDescription | undefined {
  const { B } = ((Object.hasOwn(item, HEADER) ? item[HEADER] : undefined) ?? {}) as { B?: unknown }
  return B instanceof Uint8Array ? describeHeader(B) : undefined
}

/**
 * The same of a header alone: what stands in `aws_dbe_head`.
 *
 * @throws {FieldError} `malformed-message`, `unsupported-version` or `unsupported-suite`
 */
export function describeHeader(header: Uint8Array): ItemDescription {
  const { version, suite, legend, pairs, encryptedDataKeys, messageId, commitment } = parseHeader(
    asBuffer(header),
  )
  return {
    version,
    algorithmSuite: suite,
    encrypted: legend.replaceAll(/[^e]/g, '').length,
    legend,
    context: pairs,
    encryptedDataKeys: encryptedDataKeys.map(entry => ({
      ...entry,
      encryptedDataKey: entry.encryptedDataKey.subarray(WRAPPED_BYTES),
    })),
    messageId,
    commitment,
    bytes: header.length,
  }
}

const ACTIONS: Readonly<Record<string, CryptoAction>> = {
  e: 'ENCRYPT_AND_SIGN',
  s: 'SIGN_ONLY',
  c: 'SIGN_AND_INCLUDE_IN_ENCRYPTION_CONTEXT',
}

/**
 * What was done with each attribute of a stored item, as the legend of its header has it: without header, footer and whatever
 * else begins with `aws_dbe_`. The legend has no names, so it takes all attributes of the item, and what of them may be unsigned.
 *
 * @param options those that the item was written with. Default: all attributes are signed
 * @returns undefined where attributes that have to be signed are more or less than the legend has letters
 */
export function describeAttributes(
  item: Item,
  legend: string,
  options: UnsignedOptions = {},
): ReadonlyMap<string, CryptoAction> | undefined {
  const own = Object.keys(item).filter(name => !name.startsWith(RESERVED_PREFIX))
  const signed = own.filter(signedBy(options)).sort(comparePaths)
  if (signed.length !== legend.length) return undefined
  const actions = new Map(signed.map((name, index) => [name, ACTIONS[legend[index]!]!]))
  return new Map(own.sort().map(name => [name, actions.get(name) ?? 'DO_NOTHING']))
}

/** What an encrypted attribute says of itself. */
export interface AttributeDescription {
  /** Of the value: it stands in clear before the ciphertext. */
  readonly type: keyof typeof TypeId
  /** All of them. */
  readonly bytes: number
  /** Bytes of the serialized value, without its type id. */
  readonly valueBytes: number
}

const TYPE_ID_BYTES = 2
const TYPES = new Map(Object.entries(TypeId).map(([type, id]) => [id as number, type as keyof typeof TypeId]))

/**
 * What stored bytes are, if they are an encrypted attribute: they have no mark of their own, so that other bytes may look so.
 *
 * @returns undefined for what is none
 */
export function describeAttribute(stored: Uint8Array): AttributeDescription | undefined {
  const valueBytes = stored.length - TYPE_ID_BYTES - TAG_BYTES
  const type = valueBytes < 0 ? undefined : TYPES.get(asBuffer(stored).readUInt16BE(0))
  return type === undefined ? undefined : { type, bytes: stored.length, valueBytes }
}
