export {
  type FalsePositiveEvent,
  falsePositiveChannel,
  type Search,
  type SearchedScalar,
  search,
  searchTokens,
} from '@dynaseal/document-client/search'
export { type Token, type TokenMeta, type TokenOptions, token } from './token.js'
