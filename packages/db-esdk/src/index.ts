export type { BeaconKey, BeaconKeySource } from './beacons/beaconKeys.js'
export { Beacons, createBeacons } from './beacons/beacons.js'
export type { BeaconOptions, TableBeacons } from './beacons/options.js'
export { transforms } from './beacons/transforms.js'
export { contextAttributes } from './contextAttributes.js'
export { DbEsdkFormat, type DbEsdkFormatOptions, dbEsdkFormat } from './dbEsdkFormat.js'
export {
  type AttributeDescription,
  describeAttribute,
  describeAttributes,
  describeHeader,
  describeItem,
  ITEM_ATTRIBUTES,
  type ItemDescription,
} from './describe.js'
export type { AlgorithmSuite } from './header.js'
export {
  createItemEncryptor,
  type Item,
  ItemEncryptor,
  type ItemEncryptorOptions,
  type PlaintextOverride,
} from './itemEncryptor.js'
export type { Keyrings, KeyringsOfContext } from './keyrings.js'
export type { KeyOptions } from './sdkItems.js'
export type { AttributeOptions, CryptoAction, UnsignedOptions } from './table.js'
