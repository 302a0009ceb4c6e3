import { FieldError } from '@dynaseal/core'
import {
  type CryptoAction,
  describeAttribute,
  describeAttributes,
  describeHeader,
  ITEM_ATTRIBUTES,
  type ItemDescription,
  type UnsignedOptions,
} from '@dynaseal/db-esdk'
import type { WireItem } from '../stored/wireItem.js'
import type { InspectedField } from './inspectItem.js'
import { IN_CLEAR_ITEM, lacks, problemOf } from './problems.js'
import { wrappingKey } from './wrappingKey.js'

const [HEADER, FOOTER] = ITEM_ATTRIBUTES
/** How the names of the format's own attributes begin. */
const OWN = 'aws_dbe_'
/** A pair of the encryption context with the value of an attribute, which may be one of the item's key. */
const ATTRIBUTE_PAIR = 'aws-crypto-attr.'

/** What stands in the header of an item of the AWS Database Encryption SDK. */
export interface InspectedHeader {
  readonly version: 1 | 2
  readonly algorithmSuite: ItemDescription['algorithmSuite']
  /** Of the header. */
  readonly bytes: number
  /** Of the footer, where there is one. */
  readonly footerBytes?: number
  /** The letter of each signed attribute: `e` encrypted, `s` signed, `c` signed and in the encryption context. */
  readonly legend: string
  /** What was done with each attribute. Undefined where it is not known which of them were signed. */
  readonly attributes?: Readonly<Record<string, CryptoAction>>
  /** Names of the attributes of the format's own besides header and footer: beacons, as a rule. */
  readonly own: readonly string[]
  /** The stored pairs of the encryption context, without the values of attributes. */
  readonly context: Readonly<Record<string, string>>
  /** In hex. */
  readonly messageId: string
  /** To the data key, in hex. */
  readonly commitment: string
}

/** The header of an item, and its encrypted attributes, as far as it is known which these are. Nothing is opened. */
export function describeWhole(item: WireItem, unsigned?: UnsignedOptions): InspectedField[] {
  const [header, footer] = ITEM_ATTRIBUTES.map(name => item[name]?.B)
  if (header === undefined) {
    const isInClear = ITEM_ATTRIBUTES.every(name => item[name] === undefined)
    const [state, problem] = isInClear
      ? (['clear', IN_CLEAR_ITEM] as const)
      : (['unreadable', lacks(HEADER)] as const)
    return [{ path: [HEADER], state, wrappingKeys: [], problem }]
  }
  try {
    const description = describeHeader(header)
    const actions = describeAttributes(item as never, description.legend, unsigned)
    const wrappingKeys = description.encryptedDataKeys.map(wrappingKey)
    const encrypted = [...(actions ?? [])].flatMap(([name, action]): InspectedField[] => {
      const { B } = item[name]!
      if (action !== 'ENCRYPT_AND_SIGN') return []
      const attribute = B && describeAttribute(B)
      if (attribute === undefined)
        return [{ path: [name], state: 'unreadable', wrappingKeys, problem: NO_CIPHERTEXT }]
      return [{ path: [name], state: 'sealed', attribute, wrappingKeys }]
    })
    const whole: InspectedField = {
      path: [HEADER],
      state: 'envelope',
      header: headerOf(description, item, actions),
      wrappingKeys,
      ...(footer === undefined ? { problem: lacks(FOOTER) } : {}),
    }
    return [whole, ...encrypted]
  } catch (error) {
    if (!(error instanceof FieldError)) throw error
    return [{ path: [HEADER], state: 'unreadable', wrappingKeys: [], problem: problemOf(error) }]
  }
}

const NO_CIPHERTEXT = {
  code: 'not-a-message',
  reason: 'the header of the item says that it is encrypted, and no bytes of that stand there.',
}

function headerOf(
  description: ItemDescription,
  item: WireItem,
  actions: ReadonlyMap<string, CryptoAction> | undefined,
): InspectedHeader {
  const { version, algorithmSuite, bytes, legend, context, messageId, commitment } = description
  const footer = item[FOOTER]?.B
  return {
    version,
    algorithmSuite,
    bytes,
    ...(footer === undefined ? {} : { footerBytes: footer.length }),
    legend,
    ...(actions === undefined ? {} : { attributes: Object.fromEntries(actions) }),
    own: Object.keys(item).filter(
      name => name.startsWith(OWN) && !(ITEM_ATTRIBUTES as readonly string[]).includes(name),
    ),
    context: Object.fromEntries(
      Object.entries(context).map(([name, value]) => [name, name.startsWith(ATTRIBUTE_PAIR) ? '…' : value]),
    ),
    messageId: Buffer.from(messageId).toString('hex'),
    commitment: Buffer.from(commitment).toString('hex'),
  }
}

/** Bytes of which nobody says where they stand: a header, or what may be an encrypted attribute. */
export function describeBytesOfWhole(bytes: Uint8Array): InspectedField | undefined {
  // Version and algorithm suite. An attribute of such a type has no such length.
  if ([1, 2].includes(bytes[0]!) && [0, 1].includes(bytes[1]!) && bytes.length > LEAST_HEADER_BYTES) {
    try {
      const description = describeHeader(bytes)
      const wrappingKeys = description.encryptedDataKeys.map(wrappingKey)
      const header = headerOf(description, {}, undefined)
      return { path: undefined, state: 'envelope', header, wrappingKeys }
    } catch (error) {
      if (!(error instanceof FieldError)) throw error
      // A set of numbers or binaries begins so as well.
      if (describeAttribute(bytes) === undefined)
        return { path: undefined, state: 'unreadable', wrappingKeys: [], problem: problemOf(error) }
    }
  }
  const attribute = describeAttribute(bytes)
  return attribute && { path: undefined, state: 'sealed', attribute, wrappingKeys: [] }
}

/** Version, suite, message id, a letter, no pairs, a key of nothing, commitment. */
const LEAST_HEADER_BYTES = 2 + 32 + 3 + 2 + 7 + 32
