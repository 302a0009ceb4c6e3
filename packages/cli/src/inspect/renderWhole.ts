import type { AttributeDescription, CryptoAction } from '@dynaseal/db-esdk'
import { counted } from '../output/numbers.js'
import type { InspectedHeader } from './describeWhole.js'

const SUITES: Readonly<Record<InspectedHeader['algorithmSuite'], string>> = {
  '0x6700': '0x6700, without a signature',
  '0x6701': '0x6701, with an ECDSA signature',
}

/** @param keys what is said of the keys of its data key */
export function headerFacts(header: InspectedHeader, keys: readonly [string, string][]): [string, string][] {
  const { version, algorithmSuite, bytes, footerBytes, own, context, messageId, commitment } = header
  return [
    ['version', String(version)],
    ['suite', SUITES[algorithmSuite]],
    [
      'size',
      `${counted(bytes, 'byte')}${footerBytes === undefined ? '' : `, and a footer of ${footerBytes}`}`,
    ],
    ...attributes(header),
    ...(own.length === 0 ? [] : [['beacons', own.join(', ')] as [string, string]]),
    ...keys,
    ['context', `stored of it: ${JSON.stringify(context)}`],
    ['message id', messageId],
    ['commitment', commitment],
  ]
}

const ACTIONS: readonly [CryptoAction, string][] = [
  ['ENCRYPT_AND_SIGN', 'encrypted'],
  ['SIGN_ONLY', 'signed'],
  ['SIGN_AND_INCLUDE_IN_ENCRYPTION_CONTEXT', 'in context'],
  ['DO_NOTHING', 'not signed'],
]

/** Their names; where these are not known, their numbers. */
function attributes({ attributes, legend, footerBytes }: InspectedHeader): [string, string][] {
  if (attributes !== undefined)
    return ACTIONS.flatMap(([action, what]): [string, string][] => {
      const names = Object.keys(attributes).filter(name => attributes[name] === action)
      return names.length === 0 ? [] : [[what, names.join(', ')]]
    })
  const count = (letter: string) => legend.split(letter).length - 1
  const numbers = `${count('e')} encrypted, ${count('s')} signed, ${count('c')} signed and in the encryption context`
  const why =
    footerBytes === undefined
      ? ''
      : '. The item has another number of attributes: some may be unsigned, or it was not read as a whole'
  return [['attributes', `${numbers}${why}`]]
}

/** @param isAlone whether its header is not there */
export function attributeFacts(
  { type, bytes, valueBytes }: AttributeDescription,
  isAlone: boolean,
): [string, string][] {
  return [
    ['size', `${counted(bytes, 'byte')}, of which the value takes ${valueBytes}`],
    ['type', `${type}, which stands in clear before the ciphertext`],
    ...(isAlone ? [['key', "in the item's header, aws_dbe_head"] as [string, string]] : []),
  ]
}
