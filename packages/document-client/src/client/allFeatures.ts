import { arrivals } from '../arriving/feature.js'
import { wholeItems } from '../changing/feature.js'
import { searchTokens } from '../search/feature.js'
import type { Features } from './features.js'
import { messages } from './messages.js'

/** Those of the main entry. */
export const ALL_FEATURES: readonly Features[] = [arrivals, messages, searchTokens, wholeItems]
