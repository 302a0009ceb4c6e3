export { type FalsePositiveEvent, falsePositiveChannel } from './search/comparing.js'
export { searchTokens } from './search/feature.js'
export { type Search, type SearchedScalar, search } from './search/searched.js'
