// A keyring for Dynaseal alone, for bundles that have to be small. All else that the main entry exports can be imported from there: of it, a
// bundle has what is imported.
export { MrkKeyringConfigError, type MrkKeyringConfigErrorCode } from './configError.js'
export { MrkKeyringError, type MrkKeyringErrorCode } from './errors.js'
export type { MrkKeyringOptions } from './keyInRegions.js'
export type { RoutingOptions } from './options.js'
export { MrkKeyring } from './slimMrkKeyring.js'
