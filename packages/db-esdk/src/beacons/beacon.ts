import type { AttributePath, TokenUse } from '@dynaseal/core'
import { formatPath } from '@dynaseal/core/formats'
import { BEACON_PREFIX } from '../names.js'
import { MAX_LENGTH } from './hash.js'

/** How one beacon is computed. */
export interface Beacon {
  /** The name that its key is derived with: its own, or that of the beacon which it is shared with. */
  readonly keyName: string
  /** In bits. */
  readonly length: number
  /** Partitions that an item may be in. */
  readonly most: number
  /** Partitions that the beacon tells apart. */
  readonly partitions: number
}

/** The name of the beacon that is stored in an attribute; undefined for another one. */
export function beaconName(attribute: AttributePath | undefined): string | undefined {
  const [name, ...rest] = attribute ?? []
  if (typeof name !== 'string' || rest.length > 0 || !name.startsWith(BEACON_PREFIX)) return undefined
  return name.slice(BEACON_PREFIX.length) || undefined
}

/**
 * Why a token attribute cannot be a beacon, as the end of a sentence; undefined where it can.
 *
 * @param shared the beacons that have the key of another one
 * @param keyFieldName of a multi key store
 */
export function beaconFault(
  { attribute, definition, tenant, encrypted }: TokenUse,
  others: readonly TokenUse[],
  shared: Readonly<Record<string, string>>,
  keyFieldName: string | undefined,
): string | undefined {
  const name = beaconName(attribute)
  const { paths, bits } = definition
  if (name === undefined)
    return `a beacon of the AWS Database Encryption SDK is an attribute of the item itself, and is stored as ${BEACON_PREFIX} and its name`
  if (bits > MAX_LENGTH)
    return `bits, the length of the beacon, has to be said, and be an integer from 1 to ${MAX_LENGTH}`
  if (keyFieldName === undefined && tenant !== undefined)
    return 'it is bound to a tenant, and all beacons have the key of one branch key. Give createBeacons() the option keyFieldName in place of branchKeyId'
  if (keyFieldName !== undefined && !(tenant?.length === 1 && tenant[0] === keyFieldName))
    return `its tenant has to be the attribute ${keyFieldName}, which has the id of its branch key`
  if (encrypted.length > 0 && !encrypted.includes(true))
    return `${paths.map(formatPath).join(', ')} is stored in clear, and a beacon is of what is encrypted. Search for it as it is`
  for (const other of others) {
    const isSamePlace = sameList(other.definition.paths, paths)
    const isSameName = beaconName(other.attribute) === name
    if (isSameName && !(isSamePlace && other.definition.bits === bits))
      return `there are two beacons called ${name}, of other attributes or lengths`
    if (!isSameName && isSamePlace)
      return `'${formatPath(other.attribute)}' is of the same, and the SDK has one beacon of one place`
  }
  if (!Object.hasOwn(shared, name)) return undefined
  const otherName = shared[name]!
  const other = others.find(each => beaconName(each.attribute) === otherName)
  if (other === undefined)
    return `it is shared with ${otherName}, and nothing is known of that. Make it known first: '${BEACON_PREFIX}${otherName}'`
  if (other.definition.bits !== bits)
    return `it is shared with ${otherName}, which has ${other.definition.bits} bits and not ${bits}`
  return undefined
}

function sameList(one: readonly AttributePath[], other: readonly AttributePath[]): boolean {
  return JSON.stringify(one) === JSON.stringify(other)
}
