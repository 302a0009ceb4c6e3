// For packages that make tables known to a sealed client, as the plugin of a mapper does, and for the operator's command.
// Applications need none of it.

export { formatPath } from '@dynaseal/core/formats'
export type { Arrivals } from './arriving/arrivals.js'
export type { Wanted } from './arriving/change.js'
export { arriving } from './arriving/feature.js'
export { type Line, linesOf } from './arriving/lines.js'
export { oneRecord } from './arriving/opener.js'
export type { Features } from './client/features.js'
export { type ClientParts, type Mover, partsOf } from './client/partsOf.js'
export { type SealedParts, sealClient } from './client/sealClient.js'
export { translated } from './client/translated.js'
export { wasOpened } from './opening/opened.js'
export {
  type AttributePattern,
  anyIndex,
  anyKey,
  isContainer,
  overlap,
  PROTOTYPE,
  sameAs,
} from './paths/attributePattern.js'
export { PendingSeal } from './sealing/pendingSeal.js'
export { type ItemToken, type ItemTokenOptions, isToken, itemToken } from './search/itemToken.js'
export { Searched } from './search/searched.js'
export { type SlimOptions, splitFeatures } from './slim/options.js'
export type { Dialect } from './tables/dialect.js'
export type { ItemKind, TableDescription } from './tables/itemKind.js'
export type { KnownTable } from './tables/knownTable.js'
export { fromBase64 } from './values/base64.js'
export { isSealedText } from './values/sealedText.js'
