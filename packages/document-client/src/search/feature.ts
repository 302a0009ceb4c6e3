import type { Features } from '../client/features.js'
import { checkKeys } from './checkKeys.js'
import { checkKeyTokens, checkTokens } from './checkTokens.js'
import { CommandTokens } from './commandTokens.js'
import { itemToken } from './itemToken.js'
import { batchWriteKeyed } from './keyedBatches.js'
import { batchGetKeyed, transactGetKeyed, withConsumed } from './keyedReads.js'
import { KeyedWrite, sendInTransaction } from './keyedWrites.js'
import { mayCreate } from './keyUpdates.js'
import { movedItem, moveItem } from './moveItem.js'
import { NO_CHOICE, rewrite } from './rewriting.js'
import { searchEndedBy } from './searchEndedBy.js'
import { SearchedKey } from './searchedKey.js'
import { searchesOf } from './searches.js'
import { searchRead } from './searchRead.js'
import { storeTokens } from './storedTokens.js'
import { takeTokens } from './takeTokens.js'
import { updateTokens } from './updatedTokens.js'

/** What commands, tables and responses need where attributes are search tokens. */
const search = {
  batchGetKeyed,
  batchWriteKeyed,
  checkKeys,
  checkKeyTokens,
  checkTokens,
  CommandTokens,
  itemToken,
  KeyedWrite,
  mayCreate,
  movedItem,
  moveItem,
  NO_CHOICE,
  rewrite,
  SearchedKey,
  searchEndedBy,
  searchesOf,
  searchRead,
  sendInTransaction,
  storeTokens,
  takeTokens,
  transactGetKeyed,
  updateTokens,
  withConsumed,
}
export type SearchFeature = typeof search

/** Token attributes, and searching by them. */
export const searchTokens: Features = { search }
